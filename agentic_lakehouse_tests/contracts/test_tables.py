from __future__ import annotations

from collections.abc import Callable

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import (
    bronze_table,
    core_table,
    ingest_errors_table,
    mapping_errors_table,
)

SPEC = FeedSpec(
    vendor_name="acme",
    table_name="prices",
    format=FileFormat(kind="csv"),
    columns=(
        ColumnSpec(source_name="Nr", name="nr", type="integer"),
        ColumnSpec(source_name="Preis", name="preis", type="decimal", precision=10, scale=2),
        ColumnSpec(source_name="Mehr", name="mehr", type="json"),
    ),
)


def test_namespaces_come_from_the_domain(standard_of: Callable[..., ProductStandard]) -> None:
    standard = standard_of()

    assert bronze_table(standard, SPEC).name == "parts_raw.acme__prices"
    assert core_table(standard).name == "parts_core.part"
    assert ingest_errors_table(standard).name == "parts_raw.ingest_errors"
    assert mapping_errors_table(standard).name == "parts_core.mapping_errors"


def test_a_bronze_table_has_the_specs_columns_and_then_their_lineage(
    standard_of: Callable[..., ProductStandard],
) -> None:
    table = bronze_table(standard_of(), SPEC)

    assert list(table.types.items())[:4] == [
        ("nr", "long"),
        ("preis", "decimal(10,2)"),
        ("mehr", "string"),
        ("_delivery_id", "string"),
    ]
    assert table.partition_by == ("ingestion_date", "vendor_name")


def test_every_table_is_partitioned_by_columns_that_it_has(standard_of: Callable[..., ProductStandard]) -> None:
    standard = standard_of()
    tables = [bronze_table(standard, SPEC), core_table(standard), ingest_errors_table(standard)]

    for table in (*tables, mapping_errors_table(standard)):
        assert set(table.partition_by) <= set(table.types), table.name
