"""Metadata that is prepared under a catalog name of its own, before one transaction lets main point at it.

pyiceberg commits to a catalog. What is to be merged is first committed to a copy of the table there, which
nobody reads; files are written without any other writer waiting, and a merge that does not happen leaves
nothing on main.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import sqlalchemy as sa
from pyiceberg.table import Table

from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.lake import catalog
from agentic_lakehouse.lake.catalog import NamedCatalog
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.tables import create
from agentic_lakehouse.lake.warehouse import Warehouse

PREFIX = "scratch@"
"""Feed ids hold no `@`, and branch names begin with `feed/`: no other catalog is called so."""


class Scratch:
    """A catalog name for one merge.

    Attributes:
        name: of the catalog; says in it when it was made, so that what a dead process left is known.
    """

    def __init__(self, database: Database, warehouse: Warehouse, *, name: str = "") -> None:
        self.name = name or f"{PREFIX}{int(time.time())}-{uuid.uuid4().hex}"
        self._database = database
        self._warehouse = warehouse

    def edit(self, table: str, head: str, change: Callable[[Table], None]) -> str:
        """Change a copy of a table that stands at `head`.

        Returns:
            The location of the metadata that the copy then has.

        Raises:
            pyiceberg.exceptions.NoSuchTableError: somebody dropped the scratch catalog meanwhile.
        """
        with self._database.write() as connection:
            catalog.put(connection, self.name, table, head)
        with self._database.told(), self._warehouse.told(head):
            copy = self._catalog().load_table(table)
            change(copy)
        return copy.metadata_location

    def create(self, schema: TableSchema) -> str:
        """Make an empty shared table.

        Returns:
            The location of its metadata.
        """
        with self._database.told(), self._warehouse.told(self._warehouse.root):
            return create(self._catalog(), schema, self._warehouse, shared=True).metadata_location

    def drop(self, connection: sa.Connection) -> None:
        """Forget the name; metadata files stay, for whoever points at them."""
        catalog.drop(connection, self.name)

    def _catalog(self) -> NamedCatalog:
        return NamedCatalog(self.name, self._database.engine, self._warehouse)


def abandoned(connection: sa.Connection, *, before: float) -> list[str]:
    """Return the scratch catalogs that were made before the epoch second `before`: nobody works on them any more."""
    return [n for n in catalog.names(connection) if n.startswith(PREFIX) and _made(n) < before]


def _made(name: str) -> int:
    return int(name.removeprefix(PREFIX).partition("-")[0])
