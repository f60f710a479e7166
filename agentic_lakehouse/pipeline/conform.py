"""Fifth step: bronze rows become rows of the standard, on the branch.

Core is a function of bronze, mapping, standard, policy and vendor facts alone. Where only deliveries
are new, they are folded into the slice as it stands; where anything else changed, the slice is folded
anew from all of bronze, with the same result for what did not change.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from pathlib import Path
from typing import Literal

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.policy import OnUnseen
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import TableSchema, core_table, ingest_errors_table, mapping_errors_table
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.base import Engine, Relation, StagedFile
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.files import PartitionValue
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.fold import Sources, fold
from agentic_lakehouse.pipeline.fold_sql import Deliveries
from agentic_lakehouse.pipeline.outcomes import Conformed


def slice_of(feed: Feed) -> dict[str, str]:
    """Return the partition values of a feed's rows in core and in the error tables."""
    return {"vendor_name": feed.vendor, "source_table": feed.table}


def run_facts(feed: Feed, facts: VendorFacts) -> dict[str, str | None]:
    """Return what derived and fallback expressions may know of the run."""
    return {
        "_vendor_name": feed.vendor,
        "_source_table": feed.table,
        "_vendor_currency": facts.currency,
        "_vendor_country": facts.country,
        "_vendor_locale": facts.locale,
    }


def relation(view: View, table: str, staging: Path, **partition: PartitionValue) -> Relation:
    """Return a lake table (or one slice of it) as an engine reads it."""
    return Relation(files=view.local_files(table, staging, **partition), types=view.schema(table), table=table)


def conform(
    feed: Feed,
    mapping: Mapping,
    bronze: str,
    *,
    deliveries: Deliveries,
    standard: ProductStandard,
    facts: VendorFacts,
    unseen: OnUnseen,
    engine: Engine,
    branch: Branch,
    run_id: str,
    staging: Path,
) -> Conformed:
    """Judge bronze rows, fold the good ones into the feed's slice, and keep every fault in `mapping_errors`.

    Args:
        feed: whose slice it is.
        mapping: approved mapping.
        bronze: full name of the feed's bronze table.
        deliveries: which rows to fold, and which deliveries take away what they lack.
        standard: target table and rules.
        facts: what we know of the vendor.
        unseen: what a word costs that the mapping does not know.
        engine: runs the SQL.
        branch: holds bronze and takes the slice.
        run_id: lineage.
        staging: empty scratch folder.
    """
    core, faults, bad = core_table(standard).name, mapping_errors_table(standard), ingest_errors_table(standard).name
    mine = slice_of(feed)
    sources = Sources(
        bronze=relation(branch, bronze, staging),
        # Folding anew does not look at the slice as it stands: that also heals a damaged one.
        current=relation(branch, core, staging, **mine) if deliveries.new is not None else None,
        bad=relation(branch, bad, staging, **mine) if deliveries.full else None,
    )
    with engine.session(sources.relations, staging) as session:
        folded = fold(
            deliveries,
            sources,
            mapping=mapping,
            standard=standard,
            facts=run_facts(feed, facts),
            unseen=unseen,
            run_id=run_id,
            engine=session,
            staging=staging,
        )
        broken = _broken_rules(folded.errors, faults, session)
    branch.replace_slice(core, mine, [folded.core.path])
    if deliveries.new is None:
        branch.replace_slice(faults.name, mine, [folded.errors.path])
    else:
        branch.append(faults.name, [folded.errors.path])
    mode: Literal["incremental", "rebuild"] = "rebuild" if deliveries.new is None else "incremental"
    return Conformed(
        table=core,
        mode=mode,
        rows_in=folded.rows_in,
        core_rows=folded.rows_in - folded.rejected,
        rejected_rows=folded.rejected,
        nulled_cells=sum(count for (_, cost), count in broken.items() if cost == "null_cell"),
        slice_rows=folded.core.rows,
        broken_rules={rule: count for (rule, _), count in broken.items()},
    )


def _broken_rules(found: StagedFile, schema: TableSchema, engine: Engine) -> Map[tuple[str, str], int]:
    sql = "SELECT rule, cost, count(*) AS n FROM found GROUP BY ALL ORDER BY n DESC, rule"
    rows = engine.query(sql, {"found": Relation(files=[found.path], types=schema.types)}).to_pylist()
    return {(row["rule"], row["cost"]): row["n"] for row in rows}
