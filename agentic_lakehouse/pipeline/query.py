"""Read-only SQL over the lake, at any branch or commit, and over `governance.*`."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import relation
from agentic_lakehouse.sql.guard import guard_select, tables_of
from agentic_lakehouse.sql.types import table_type


def query(
    sql: str, *, view: View, governance: Governance, engine: Engine, staging: Path, limit: int | None = None
) -> pa.Table:
    """Run one `SELECT`; only the tables that it names are staged out.

    Raises:
        GuardRefused: it is more than one read-only query over tables of the lake.
        EngineFailed: it does not bind or run.
    """
    tree = guard_select(sql, tables=[*view.tables(), *governance.TABLES])
    relations = {}
    for name in tables_of(tree):
        if name in governance.TABLES:
            relations[name] = _staged(governance.as_arrow(name), staging / f"{name}.parquet")
        else:
            relations[name] = relation(view, name, staging)
    return engine.query(tree.sql(dialect="duckdb"), relations, limit=limit)


def _staged(table: pa.Table, path: Path) -> Relation:
    pq.write_table(table, path)
    return Relation(files=[path], types={f.name: table_type(f.type) for f in table.schema})
