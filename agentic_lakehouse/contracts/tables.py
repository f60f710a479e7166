"""The shape of every table that the lakehouse keeps, in the standard's own type words.

`lake` turns these into Iceberg schemas and `engines` into Parquet files, so that both agree without
knowing each other.

Types: `string`, `long`, `double`, `boolean`, `date`, `timestamp` (microseconds, UTC), `decimal(p,s)`.
"""

from __future__ import annotations

from agentic_lakehouse.contracts.base import Contract
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec
from agentic_lakehouse.contracts.standard import ProductStandard


class TableColumn(Contract):
    """One column of a kept table; all are optional in Iceberg, *required* is a check."""

    name: str
    type: str
    doc: str = ""


class TableSchema(Contract):
    """A kept table: its full name, columns, and identity partitions."""

    name: str
    """`<namespace>.<table>`."""
    columns: tuple[TableColumn, ...]
    partition_by: tuple[str, ...]

    @property
    def types(self) -> dict[str, str]:
        """Column name to type, in order."""
        return {c.name: c.type for c in self.columns}


RULES_SHA256 = "_rules_sha256"
BRONZE_LINEAGE = (
    TableColumn(name="_delivery_id", type="string", doc="Delivery that brought the row."),
    TableColumn(name="_row_number", type="long", doc="Record number in its file, from 1."),
    TableColumn(name="_spec_sha256", type="string", doc="Spec under which the row was typed."),
    TableColumn(name="_run_id", type="string", doc="Run that wrote the row."),
    TableColumn(name="_ingested_at", type="timestamp", doc="When the row was written."),
    TableColumn(name="ingestion_date", type="date", doc="UTC day on which the delivery was first seen."),
    TableColumn(name="vendor_name", type="string", doc="Vendor that sent the row."),
)
CORE_LINEAGE = (
    TableColumn(name="_delivery_id", type="string", doc="Delivery that brought the row."),
    TableColumn(name="_row_number", type="long", doc="Record number in its file, from 1."),
    TableColumn(name="_mapping_sha256", type="string", doc="Mapping that made the row."),
    TableColumn(
        name=RULES_SHA256,
        type="string",
        doc="Version of the rule sets that the row was conformed under, as `governance.policies` has it; "
        "null where none was in force on the day of its delivery.",
    ),
    TableColumn(name="_run_id", type="string", doc="Run that wrote the row."),
)
SLICE = ("vendor_name", "source_table")
"""Partition columns of the error tables: a feed's rows stand in files of their own."""


def column_type(column: ColumnSpec) -> str:
    """Return the table type of a spec's column; JSON is kept as text."""
    words = {"integer": "long", "decimal": f"decimal({column.precision},{column.scale})", "json": "string"}
    return words.get(column.type, column.type)


def bronze_name(standard: ProductStandard, spec: FeedSpec) -> str:
    """Return the full name of a feed's bronze table."""
    return f"{standard.raw_namespace}.{spec.feed.table}"


def bronze_table(standard: ProductStandard, spec: FeedSpec) -> TableSchema:
    """Return a feed's bronze table: the spec's columns, then lineage and partitions."""
    vendor = tuple(TableColumn(name=c.name, type=column_type(c), doc=c.description) for c in spec.columns)
    return TableSchema(
        name=bronze_name(standard, spec),
        columns=vendor + BRONZE_LINEAGE,
        partition_by=("ingestion_date", "vendor_name"),
    )


def core_table(standard: ProductStandard) -> TableSchema:
    """Return the canonical table: the standard's columns, then lineage."""
    columns = tuple(TableColumn(name=c.name, type=c.physical_type, doc=c.definition) for c in standard.columns)
    return TableSchema(name=standard.name, columns=columns + CORE_LINEAGE, partition_by=standard.partition_columns)


def ingest_errors_table(standard: ProductStandard) -> TableSchema:
    """Return the quarantine of rows that do not fit their spec, whole and verbatim."""
    return TableSchema(
        name=f"{standard.raw_namespace}.ingest_errors",
        columns=(
            TableColumn(name="vendor_name", type="string"),
            TableColumn(name="source_table", type="string", doc="Bronze table, `<vendor>__<feed>`."),
            TableColumn(name="ingestion_date", type="date"),
            TableColumn(name="_delivery_id", type="string"),
            TableColumn(name="_row_number", type="long", doc="Record number in its file, from 1."),
            TableColumn(name="file", type="string", doc="Path below the landing zone."),
            TableColumn(name="line", type="long", doc="First line of the record in its file, from 1."),
            TableColumn(name="column", type="string", doc="Vendor's header of the first bad cell."),
            TableColumn(name="code", type="string", doc="Kind of fault, such as `not_a_decimal`."),
            TableColumn(name="message", type="string"),
            TableColumn(name="raw", type="string", doc="The record, verbatim."),
            TableColumn(
                name="cells",
                type="string",
                doc="Its cells as JSON, as written, by the vendor's header, filled down where the spec says so; "
                "null where they cannot be told apart.",
            ),
            TableColumn(
                name="typed",
                type="string",
                doc='What the spec read of them as JSON, by bronze column: the value as text, or `{"fault": code}`.',
            ),
            TableColumn(name="spec_sha256", type="string"),
            TableColumn(name="status", type="string", doc="`open`, or `replayed` once it fits."),
            TableColumn(name="_run_id", type="string"),
            TableColumn(name="_ingested_at", type="timestamp"),
        ),
        partition_by=SLICE,
    )


def mapping_errors_table(standard: ProductStandard) -> TableSchema:
    """Return the quarantine of rows and cells that break a rule of the standard."""
    return TableSchema(
        name=f"{standard.core_namespace}.mapping_errors",
        columns=(
            TableColumn(name="vendor_name", type="string"),
            TableColumn(name="source_table", type="string", doc="Bronze table, `<vendor>__<feed>`."),
            TableColumn(name="ingestion_date", type="date"),
            TableColumn(name="_delivery_id", type="string"),
            TableColumn(name="_row_number", type="long", doc="Record number in its file, from 1."),
            TableColumn(name="rule", type="string", doc="Name of the broken rule."),
            TableColumn(name="column", type="string", doc="Target column, where the rule has one."),
            TableColumn(name="cost", type="string", doc="`reject_row` or `null_cell`."),
            TableColumn(name="value", type="string", doc="The mapped value that breaks the rule."),
            TableColumn(name="message", type="string"),
            TableColumn(name="raw", type="string", doc="The bronze row as JSON."),
            TableColumn(name="mapping_sha256", type="string"),
            TableColumn(name="status", type="string", doc="`open`; what breaks no rule any longer is not here."),
            TableColumn(name="_run_id", type="string"),
        ),
        partition_by=SLICE,
    )
