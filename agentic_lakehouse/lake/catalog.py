"""pyiceberg's catalog under one name, and the pointers that make that name a whole lake.

`main` and every branch are names in the same `iceberg_tables` table: a name has one row a table, which
says where the table's metadata is. To branch is to copy rows, to merge is to write some of them back.
"""

from __future__ import annotations

import sqlalchemy as sa
from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.sql import SqlCatalog, SqlCatalogBaseTable

from agentic_lakehouse.lake.warehouse import Warehouse

MAIN = "main"
"""The catalog name that readers see."""

_TABLES = SqlCatalogBaseTable.metadata.tables["iceberg_tables"]
_NAMESPACES = SqlCatalogBaseTable.metadata.tables["iceberg_namespace_properties"]

Pointers = dict[str, str]
"""`<namespace>.<table>` to the location of the table's metadata."""


class NamedCatalog(SqlCatalog):
    """pyiceberg's SQL catalog over an engine that is open already, with its tables in place."""

    def __init__(self, name: str, engine: sa.Engine, warehouse: Warehouse) -> None:
        # SqlCatalog's own __init__ would open a second pool and probe the schema each time.
        MetastoreCatalog.__init__(self, name, **warehouse.properties)
        self.engine = engine
        self._schema_version = "v1"


def pointers(connection: sa.Connection, name: str) -> Pointers:
    """Return where each table of a catalog stands."""
    t = _TABLES.c
    query = sa.select(t.table_namespace, t.table_name, t.metadata_location).where(t.catalog_name == name)
    return {f"{namespace}.{table}": location for namespace, table, location in connection.execute(query)}


def names(connection: sa.Connection) -> list[str]:
    """Return the names of all catalogs that have a table or a namespace, sorted."""
    named = sa.union(sa.select(_TABLES.c.catalog_name), sa.select(_NAMESPACES.c.catalog_name))
    return sorted(connection.scalars(named))


def copy(connection: sa.Connection, source: str, target: str) -> None:
    """Give `target` every pointer and namespace of `source`; no data is copied."""
    for table in (_TABLES, _NAMESPACES):
        others = [c for c in table.columns if c.name != "catalog_name"]
        rows = sa.select(sa.literal(target), *others).where(table.c.catalog_name == source)
        connection.execute(table.insert().from_select(["catalog_name", *(c.name for c in others)], rows))


def rename(connection: sa.Connection, old: str, new: str) -> None:
    """Call a catalog by another name; whoever still uses the old one finds nothing and can change nothing."""
    for table in (_TABLES, _NAMESPACES):
        connection.execute(table.update().where(table.c.catalog_name == old).values(catalog_name=new))


def drop(connection: sa.Connection, prefix: str) -> None:
    """Forget every catalog whose name begins with `prefix`; files stay."""
    for table in (_TABLES, _NAMESPACES):
        connection.execute(table.delete().where(table.c.catalog_name.startswith(prefix, autoescape=True)))


def point(connection: sa.Connection, name: str, table: str, *, old: str | None, new: str) -> bool:
    """Let `table` stand at `new`, if it still stands at `old` (`None`: if there is no such table)."""
    t = _TABLES.c
    namespace, _, short = table.rpartition(".")
    here = (t.catalog_name == name, t.table_namespace == namespace, t.table_name == short)
    if old is not None:
        moved = _TABLES.update().where(*here, t.metadata_location == old)
        values = {"metadata_location": new, "previous_metadata_location": old}
        return connection.execute(moved.values(values)).rowcount == 1
    if connection.execute(sa.select(t.table_name).where(*here)).first():
        return False
    row = {"catalog_name": name, "table_namespace": namespace, "table_name": short, "metadata_location": new}
    connection.execute(_TABLES.insert().values(row | {"iceberg_type": "TABLE"}))
    return True


def put(connection: sa.Connection, name: str, table: str, location: str | None) -> None:
    """Let `table` stand at `location`, wherever it stood; `None` takes it out of the catalog."""
    namespace, _, short = table.rpartition(".")
    t = _TABLES.c
    here = (t.catalog_name == name, t.table_namespace == namespace, t.table_name == short)
    old = connection.scalar(sa.select(t.metadata_location).where(*here))
    if location is None:
        connection.execute(_TABLES.delete().where(*here))
    elif old != location:
        point(connection, name, table, old=old, new=location)


def reset(connection: sa.Connection, name: str, wanted: Pointers) -> bool:
    """Let a catalog hold exactly the tables of `wanted`; return whether it held anything else."""
    there = pointers(connection, name)
    differing = [table for table in {*there, *wanted} if there.get(table) != wanted.get(table)]
    for table in differing:
        put(connection, name, table, wanted.get(table))
    return bool(differing)


def add_namespaces(connection: sa.Connection, source: str, target: str) -> None:
    """Give `target` the namespaces of `source` that it lacks."""
    n = _NAMESPACES.c
    known = set(connection.scalars(sa.select(n.namespace).where(n.catalog_name == target)))
    for namespace in set(connection.scalars(sa.select(n.namespace).where(n.catalog_name == source))) - known:
        row = {"catalog_name": target, "namespace": namespace, "property_key": "exists", "property_value": "true"}
        connection.execute(_NAMESPACES.insert().values(row))
