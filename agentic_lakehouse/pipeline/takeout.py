"""Before a delivery is loaded again, its rows go from bronze and from `ingest_errors`, on the branch.

Files of other deliveries are not touched, but where maintenance put several deliveries into one file, the
partition that it is of is written anew without these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.engines.base import Engine
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.files import PartitionValue
from agentic_lakehouse.pipeline.conform import relation, slice_of
from agentic_lakehouse.sql.types import literal


def take_out(
    deliveries: Sequence[Delivery],
    feed: Feed,
    *,
    bronze: str,
    bad: TableSchema,
    engine: Engine,
    branch: Branch,
    staging: Path,
) -> None:
    """Remove every row of these deliveries from the feed's bronze table and from its slice of the error table."""
    ids = [d.delivery_id for d in deliveries]
    for day in sorted({d.ingestion_date for d in deliveries}):
        partition: dict[str, PartitionValue] = {"ingestion_date": day, "vendor_name": feed.vendor}
        _without(ids, bronze, partition, engine=engine, branch=branch, out=staging / f"bronze-{day}.parquet")
    _without(ids, bad.name, slice_of(feed), engine=engine, branch=branch, out=staging / "kept_errors.parquet")


def _without(
    ids: Sequence[str],
    table: str,
    partition: Mapping[str, PartitionValue],
    *,
    engine: Engine,
    branch: Branch,
    out: Path,
) -> None:
    rows = relation(branch, table, out.parent, **partition)
    if not rows.files:
        return
    listed = ", ".join(literal(i) for i in ids)
    kept = engine.transform(
        f"SELECT * FROM rows WHERE _delivery_id NOT IN ({listed}) ORDER BY _delivery_id, _row_number",
        {"rows": rows},
        out,
        types=rows.types,
    )
    if kept.rows < branch.row_count(table, **partition):
        branch.replace_slice(table, partition, [kept.path])
