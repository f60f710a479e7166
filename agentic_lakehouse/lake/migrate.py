"""The only way in which shared tables change their columns: on main, in one commit, for all feeds at once.

A branch that is open meanwhile is not in the way: its files are put onto the migrated table, where the
columns that they lack read as null.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.lake.amend import Amendment, amend
from agentic_lakehouse.lake.catalog import Pointers
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.schemas import words_of
from agentic_lakehouse.lake.scratch import Scratch
from agentic_lakehouse.lake.tables import evolve, missing
from agentic_lakehouse.lake.warehouse import Warehouse


class TableMigration(Record):
    """What one shared table lacks of its contract, and what it has beyond it."""

    table: str
    added: dict[str, str]
    """Columns to add, with their types."""
    widened: dict[str, str]
    """Columns whose decimals get more digits, with their new types."""
    beyond: tuple[str, ...]
    """Columns that the contract has no longer. They stay, for history's sake, and new rows have no value there."""


def plan(warehouse: Warehouse, main: Pointers, tables: Sequence[TableSchema]) -> list[TableMigration]:
    """Compare the shared tables that stand on main with what contracts say.

    Returns:
        A line for each table that differs.

    Raises:
        UsageInvalid: a column would change its type, or a table its partitions.
    """
    found = []
    for schema in tables:
        if schema.name in main:
            table = warehouse.table_at(main[schema.name])
            added, widened = missing(table, schema)
            beyond = tuple(name for name in words_of(table.schema()) if name not in schema.types)
            found.append(TableMigration(table=schema.name, added=added, widened=widened, beyond=beyond))
    return [line for line in found if line.added or line.widened or line.beyond]


def create_absent(database: Database, warehouse: Warehouse, tables: Sequence[TableSchema]) -> str | None:
    """Let shared tables stand on main, empty, where they do not; what stands there is not touched.

    Returns:
        The commit's id; `None` where all stand.
    """

    def prepare(main: Pointers, scratch: Scratch) -> Amendment:
        landing = {schema.name: scratch.create(schema) for schema in tables if schema.name not in main}
        return Amendment("create", "lakehouse", f"create {', '.join(sorted(landing))}", landing)

    return amend(database, warehouse, prepare)


def migrate(database: Database, warehouse: Warehouse, tables: Sequence[TableSchema], *, author: str) -> str | None:
    """Give shared tables on main the columns and digits that their contracts have and they lack.

    Returns:
        The commit's id; `None` where nothing was lacking.

    Raises:
        UsageInvalid: a column would change its type, or a table its partitions.
    """
    schemas = {schema.name: schema for schema in tables}

    def prepare(main: Pointers, scratch: Scratch) -> Amendment:
        lacking = [line for line in plan(warehouse, main, tables) if line.added or line.widened]
        landing: dict[str, str | None] = {
            line.table: scratch.edit(line.table, main[line.table], partial(evolve, schema=schemas[line.table]))
            for line in lacking
        }
        told = "; ".join(f"{x.table}: {', '.join([*x.added, *x.widened])}" for x in lacking)
        return Amendment("migrate", author, f"migrate {told}", landing)

    return amend(database, warehouse, prepare)
