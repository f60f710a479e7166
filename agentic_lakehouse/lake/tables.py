"""Tables come into being, and gain columns; they never lose, rename, narrow or re-use one."""

from __future__ import annotations

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.files import partition_columns
from agentic_lakehouse.lake.schemas import fits, iceberg_schema, iceberg_type, partition_spec, words_of
from agentic_lakehouse.lake.warehouse import Warehouse

SHARED = "lakehouse.shared"
"""Table property of tables that stand on main from the start, and of which every feed writes its slice."""


def properties_of(schema: TableSchema, *, shared: bool) -> dict[str, str]:
    """Return the properties of a new table.

    A name mapping lets files without field ids be read. Commits are not retried: a branch has one
    writer, so a commit that fails tells that the lease is lost. No commit deletes old metadata files:
    other branches and history point at them.
    """
    return {
        "format-version": "2",
        "schema.name-mapping.default": iceberg_schema(schema).name_mapping.model_dump_json(),
        "commit.retry.num-retries": "0",
        "commit.manifest-merge.enabled": "true",
        "commit.manifest.min-count-to-merge": "2",
        "write.metadata.delete-after-commit.enabled": "false",
        "write.metadata.previous-versions-max": "5",
        SHARED: "true" if shared else "false",
    }


def is_shared(table: Table) -> bool:
    """Whether every feed writes its slice of this table."""
    return table.properties.get(SHARED) == "true"


def create(catalog: SqlCatalog, schema: TableSchema, warehouse: Warehouse, *, shared: bool) -> Table:
    """Create an empty table in a catalog."""
    catalog.create_namespace_if_not_exists(schema.name.rpartition(".")[0])
    return catalog.create_table(
        schema.name,
        iceberg_schema(schema),
        location=warehouse.table_location(schema.name),
        partition_spec=partition_spec(schema),
        properties=properties_of(schema, shared=shared),
    )


def evolve(table: Table, schema: TableSchema) -> None:
    """Give a table the columns of `schema` that it lacks, and digits where its decimals are too short.

    Raises:
        UsageInvalid: a column has another type, or the partitions differ.
    """
    added, widened = missing(table, schema)
    if not added and not widened:
        return
    docs = {column.name: column.doc or None for column in schema.columns}
    with table.update_schema() as update:
        for name, word in added.items():
            update.add_column(name, iceberg_type(word), doc=docs[name])
        for name, word in widened.items():
            update.update_column(name, iceberg_type(word))


def require_whole(table: Table, schema: TableSchema) -> None:
    """Refuse where a shared table lacks something of its contract.

    Raises:
        UsageInvalid: names what it lacks, or what cannot be brought together at all.
    """
    added, widened = missing(table, schema)
    if added or widened:
        raise UsageInvalid(
            f"{schema.name} stands without {', '.join(sorted(added | widened))}, which its contract has.",
            hint="See what would change with `lakehouse migrate --dry-run`, then `lakehouse migrate`.",
            table=schema.name,
        )


def missing(table: Table, schema: TableSchema) -> tuple[dict[str, str], dict[str, str]]:
    """Return what `schema` has and the table has not: columns to add, and columns to widen, with their types.

    Raises:
        UsageInvalid: they cannot be brought together.
    """
    if partition_columns(table) != schema.partition_by:
        raise UsageInvalid(
            f"{schema.name} is partitioned by {', '.join(partition_columns(table))}, "
            f"not by {', '.join(schema.partition_by)}.",
            hint="Partitions of a table never change: give the new table another name.",
            table=schema.name,
        )
    found = words_of(table.schema())
    added = {name: word for name, word in schema.types.items() if name not in found}
    others = {name: word for name, word in schema.types.items() if name in found and not fits(word, found[name])}
    for name, word in others.items():
        if not fits(found[name], word):
            raise UsageInvalid(
                f"{schema.name} has {name} as {found[name]}; it cannot become {word}.",
                hint=f"A retyped column gets a new name, such as {name}__{word.partition('(')[0]}.",
                table=schema.name,
                column=name,
            )
    return added, others
