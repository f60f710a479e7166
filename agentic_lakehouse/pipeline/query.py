"""Read-only SQL over the lake, at any branch or commit, and over `governance.*`."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.lake.export import NAMES
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import relation
from agentic_lakehouse.sql.compiler import compile_select, tables_read

_TYPES = {
    "bool": "boolean",
    "int64": "long",
    "double": "double",
    "date32[day]": "date",
    "timestamp[us, tz=UTC]": "timestamp",
}
"""Arrow types of governance tables as table types; the rest is text."""


def query(
    sql: str, *, view: View, governance: Governance, engine: Engine, staging: Path, limit: int | None = None
) -> pa.Table:
    """Run one `SELECT`; only the tables that it names are staged out.

    Raises:
        GuardRefused: it is more than one read-only query over tables of the lake.
        EngineFailed: it does not bind or run.
    """
    known = [*view.tables(), *NAMES]
    read = tables_read(sql, tables=known)
    governed = governance.as_arrow(read)
    relations = {
        name: _staged(governed[name], staging / f"{name}.parquet")
        if name in governed
        else relation(view, name, staging)
        for name in read
    }
    return engine.query(compile_select(sql, tables=known), relations, limit=limit)


def _staged(table: pa.Table, path: Path) -> Relation:
    pq.write_table(table, path)
    return Relation(files=[path], types={f.name: _TYPES.get(str(f.type), "string") for f in table.schema})
