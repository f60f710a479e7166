"""The graph: vendor_files → feed_spec → bronze → mapping → staged → core, one partition a feed.

The assets are thin: a step of the lakehouse does the work, the asset tells the story. An asset that has
nothing to do yields nothing, and Dagster skips what depends on it, with the run green.
"""

from collections.abc import Iterator

import dagster as dg

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import bronze_table, core_table
from agentic_lakehouse.orchestration import metadata as md
from agentic_lakehouse.orchestration.failures import told_clearly
from agentic_lakehouse.orchestration.keys import Keys
from agentic_lakehouse.orchestration.partitions import feeds
from agentic_lakehouse.orchestration.resources import LakehouseResource

Results = Iterator[dg.MaterializeResult[None]]


def build_assets(standard: ProductStandard, keys: Keys) -> list[dg.AssetsDefinition]:
    """Return the six assets of the graph for one standard."""
    return [*_raw_assets(keys, standard), *_core_assets(keys, standard)]


def _raw_assets(keys: Keys, standard: ProductStandard) -> list[dg.AssetsDefinition]:
    @dg.asset(key=keys.vendor_files, partitions_def=feeds, kinds={"file"}, group_name=standard.domain)
    def vendor_files(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> dg.MaterializeResult[None]:
        """Files as the vendor dropped them; each new one is kept byte by byte and entered in the ledger."""
        feed = Feed.parse(context.partition_key)
        with told_clearly():
            received = lakehouse.lakehouse.receive(feed, context.run.run_id)
        return dg.MaterializeResult(
            metadata={
                "deliveries": len(received.pending),
                "bytes": sum(d.byte_size for d in received.pending),
                "files": dg.MetadataValue.json({d.path: d.sha256 for d in received.pending}),
                "rebuild": received.rebuild,
                "branch": feed.branch,
            }
        )

    @dg.asset(
        key=keys.feed_spec,
        deps=[keys.vendor_files],
        partitions_def=feeds,
        kinds={"llm"},
        group_name=standard.domain,
        output_required=False,
    )
    def feed_spec(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> Results:
        """What the files are: format, typed columns and keys, proposed by a model and re-tested on every row."""
        feed = Feed.parse(context.partition_key)
        with told_clearly():
            house = lakehouse.lakehouse
            if not house.has_work(feed):
                context.log.info("%s has nothing new.", feed)
                return
            described = house.describe(feed, context.run.run_id)
        yield dg.MaterializeResult(
            metadata={
                **md.llm(described.calls),
                "dagster/column_schema": md.column_schema(bronze_table(standard, described.spec)),
                "spec": dg.MetadataValue.json(described.spec.model_dump(mode="json")),
                "spec_sha256": described.spec.sha256,
                "warnings": dg.MetadataValue.json(list(described.warnings)),
            },
            data_version=dg.DataVersion(described.spec.sha256),
        )

    @dg.asset(
        key=keys.bronze,
        deps=[keys.feed_spec],
        partitions_def=feeds,
        kinds={"iceberg", "polars"},
        group_name=standard.domain,
        output_required=False,
    )
    def bronze(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> Results:
        """Vendor rows as delivered, typed by their spec; bad rows wait in `ingest_errors`."""
        with told_clearly():
            done = lakehouse.lakehouse.ingest(Feed.parse(context.partition_key), context.run.run_id)
        yield dg.MaterializeResult(
            metadata={
                "dagster/table_name": done.table,
                "dagster/partition_row_count": done.bronze_rows,
                "rows_in": done.rows_in,
                "error_rows": done.error_rows,
                "error_codes": md.counts(done.error_codes),
            }
        )

    return [vendor_files, feed_spec, bronze]


def _core_assets(keys: Keys, standard: ProductStandard) -> list[dg.AssetsDefinition]:
    core = core_table(standard)
    required = frozenset(c.name for c in standard.columns if c.required)
    core_schema = md.column_schema(core, required)

    @dg.asset(
        key=keys.mapping,
        deps=[keys.bronze],
        partitions_def=feeds,
        kinds={"llm"},
        group_name=standard.domain,
        output_required=False,
    )
    def mapping(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> Results:
        """How bronze columns become the standard's: one guarded SQL expression a target."""
        with told_clearly():
            mapped = lakehouse.lakehouse.map(Feed.parse(context.partition_key), context.run.run_id)
        yield dg.MaterializeResult(
            metadata={
                **md.llm(mapped.calls),
                **md.settled(mapped.settled, mapped.mapping),
                "mapping": md.mapping_table(mapped.mapping, standard),
                "mapping_sha256": mapped.mapping.sha256,
                "proposal": mapped.proposal_id,
                "status": mapped.status,
                "unmapped_sources": ", ".join(mapped.mapping.unmapped_sources),
                "unmapped_targets": ", ".join(mapped.mapping.unmapped_targets),
                "dagster/column_lineage": md.column_lineage(mapped.mapping, mapped.spec, standard, keys.bronze),
            },
            data_version=dg.DataVersion(mapped.mapping.sha256),
        )

    @dg.asset(
        key=keys.staged,
        deps=[keys.mapping, keys.bronze],
        partitions_def=feeds,
        kinds={"iceberg", "duckdb"},
        group_name=standard.domain,
        output_required=False,
    )
    def staged(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> Results:
        """The feed's slice of the core table, on the feed's branch; faulty rows wait in `mapping_errors`."""
        feed = Feed.parse(context.partition_key)
        with told_clearly():
            house = lakehouse.lakehouse
            done = house.conform(feed, context.run.run_id)
            if done is None:
                context.log.warning("The mapping of %s waits for a person: `lakehouse review list`.", feed)
                return
            mapped = house.mapping_line(feed)
        yield dg.MaterializeResult(
            metadata={
                "dagster/table_name": done.table,
                "dagster/partition_row_count": done.slice_rows,
                "dagster/column_schema": core_schema,
                "dagster/column_lineage": md.column_lineage(*mapped, standard, keys.bronze),
                "mode": done.mode,
                "rows_in": done.rows_in,
                "core_rows": done.core_rows,
                "rejected_rows": done.rejected_rows,
                "nulled_cells": done.nulled_cells,
                "broken_rules": md.counts(done.broken_rules),
                "unseen_words": done.unseen_words,
                **md.rule_sets(done.rule_sets),
                "branch": feed.branch,
            }
        )

    @dg.asset(
        key=keys.core,
        deps=[keys.staged, keys.mapping],
        partitions_def=feeds,
        kinds={"iceberg"},
        group_name=standard.domain,
        output_required=False,
    )
    def published(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> Results:
        """The canonical table on main: published by one atomic merge, or not at all."""
        feed = Feed.parse(context.partition_key)
        with told_clearly():
            house = lakehouse.lakehouse
            if (waits := house.undecided_impact(feed)) is not None:
                context.log.warning("%s waits for a person: `lakehouse review show %s`.", feed, waits.id)
                return
            done = house.publish(feed, context.run.run_id)
            slice_rows, mapped = house.slice_rows(feed), house.mapping_line(feed)
        yield dg.MaterializeResult(
            metadata={
                "dagster/table_name": standard.name,
                "dagster/partition_row_count": slice_rows,
                "dagster/column_schema": core_schema,
                "dagster/column_lineage": md.column_lineage(*mapped, standard, keys.bronze),
                "commit": done.commit_id,
                "deliveries": len(done.deliveries),
            },
            data_version=dg.DataVersion(done.commit_id),
        )

    return [mapping, staged, published]
