"""Fifth step: bronze rows become rows of the standard, on the branch.

Core is a function of bronze, mapping, standard, policy and vendor facts alone. Where only deliveries
are new, they are folded into the slice as it stands; where anything else changed, the slice is folded
anew from all of bronze, with the same result for what did not change.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import TableSchema, core_table, mapping_errors_table
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.base import Engine, Relation, StagedFile
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.files import PartitionValue
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline import fold
from agentic_lakehouse.pipeline.judgement import Judgement, judge
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
    deliveries: Sequence[str] | None,
    standard: ProductStandard,
    facts: VendorFacts,
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
        deliveries: fold these alone into the slice as it stands; `None` folds all of bronze anew.
        standard: target table and rules.
        facts: what we know of the vendor.
        engine: runs the SQL.
        branch: holds bronze and takes the slice.
        run_id: lineage.
        staging: empty scratch folder.
    """
    core, faults = core_table(standard), mapping_errors_table(standard)
    bronze_rows = relation(branch, bronze, staging)
    judgement = judge(
        mapping,
        standard=standard,
        bronze_types=bronze_rows.types,
        facts=run_facts(feed, facts),
        deliveries=deliveries,
    )
    ranked = rank(judgement, bronze_rows, standard=standard, engine=engine, staging=staging)
    # Folding anew does not look at the slice as it stands: that also heals a damaged one.
    current = {} if deliveries is None else {"current": relation(branch, core.name, staging, **slice_of(feed))}
    lineage = {"mapping_sha256": mapping.sha256, "run_id": run_id}
    new_slice = engine.transform(
        fold.accepted(standard, core, onto_current=deliveries is not None, **lineage),
        {"ranked_rows": ranked, **current},
        staging / "core.parquet",
        types=core.types,
    )
    found = engine.transform(
        fold.errors(judgement, vendor_name=feed.vendor, source_table=feed.table, **lineage),
        {"ranked_rows": ranked, "bronze": bronze_rows},
        staging / "mapping_errors.parquet",
        types=faults.types,
    )
    counts = engine.query(fold.COUNTS, {"ranked_rows": ranked}).to_pylist()[0]
    broken = _broken_rules(found, faults, engine)
    branch.replace_slice(core.name, slice_of(feed), [new_slice.path])
    if deliveries is None:
        branch.replace_slice(faults.name, slice_of(feed), [found.path])
    else:
        branch.append(faults.name, [found.path])
    mode: Literal["incremental", "rebuild"] = "rebuild" if deliveries is None else "incremental"
    return Conformed(
        table=core.name,
        mode=mode,
        rows_in=counts["rows_in"],
        core_rows=counts["accepted"],
        rejected_rows=counts["rejected"],
        nulled_cells=sum(count for (_, cost), count in broken.items() if cost == "null_cell"),
        slice_rows=new_slice.rows,
        broken_rules={rule: count for (rule, _), count in broken.items()},
    )


def rank(
    judgement: Judgement, bronze: Relation, *, standard: ProductStandard, engine: Engine, staging: Path
) -> Relation:
    """Run a judgement over bronze and rank its rows by key, as the relation that `fold` reads."""
    sql, types = fold.ranked(judgement, standard)
    ranked = engine.transform(sql, {"bronze": bronze}, staging / "ranked.parquet", types=types)
    return Relation(files=[ranked.path], types=types)


def _broken_rules(found: StagedFile, schema: TableSchema, engine: Engine) -> Map[tuple[str, str], int]:
    sql = "SELECT rule, cost, count(*) AS n FROM found GROUP BY ALL ORDER BY n DESC, rule"
    rows = engine.query(sql, {"found": Relation(files=[found.path], types=schema.types)}).to_pylist()
    return {(row["rule"], row["cost"]): row["n"] for row in rows}
