from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat, FillDown


def spec(*columns: ColumnSpec, **changes: Any) -> FeedSpec:
    facts = {"vendor_name": "acme", "table_name": "prices", "format": FileFormat(kind="csv"), "columns": columns}
    return FeedSpec(**{**facts, **changes})


SKU = ColumnSpec(source_name="Artikel-Nr", name="artikel_nr", type="string", nullable=False)
PRICE = ColumnSpec(source_name="Preis", name="preis", type="decimal", format="1.234,56")


def test_a_column_is_found_by_the_vendors_header() -> None:
    assert spec(SKU, PRICE).column("Preis") == PRICE
    assert spec(SKU, PRICE).column("preis") is None


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ((SKU, SKU), "column name 'artikel_nr' stands twice"),
        ((SKU, SKU.model_copy(update={"name": "other"})), "source column 'Artikel-Nr' stands twice"),
        ((SKU.model_copy(update={"name": "vendor_name"}),), "call it 'src_vendor_name'"),
        ((SKU.model_copy(update={"name": "_x"}),), "call it 'src_x'"),
        ((), "at least 1 item"),
    ],
)
def test_columns_that_could_not_become_a_table_are_refused(columns: tuple[ColumnSpec, ...], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        spec(*columns)


@pytest.mark.parametrize(
    "key", [{"primary_key": ("ean",)}, {"natural_keys": (("ean",),)}, {"partition_candidates": ("ean",)}]
)
def test_a_key_of_unknown_columns_is_refused(key: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="key column 'ean' is not among the columns"):
        spec(SKU, **key)


@pytest.mark.parametrize("name", ["Preis", "9x", "a-b", "", "x" * 64])
def test_a_bronze_name_is_lower_snake_case(name: str) -> None:
    with pytest.raises(ValidationError):
        ColumnSpec(source_name="Preis", name=name, type="string")


def test_the_shape_does_not_depend_on_prose_dialect_or_the_order_of_columns() -> None:
    told = PRICE.model_copy(update={"description": "What it costs.", "null_tokens": ("n/a",), "format": "1,234.56"})

    same = spec(told, SKU, format=FileFormat(kind="xlsx"), primary_key=("artikel_nr",))

    assert same.shape_sha256 == spec(SKU, PRICE).shape_sha256
    assert same.sha256 != spec(SKU, PRICE).sha256


@pytest.mark.parametrize("change", [{"type": "string"}, {"unit": "EUR"}, {"name": "price"}, {"source_name": "Price"}])
def test_the_shape_depends_on_names_types_and_units(change: dict[str, str]) -> None:
    assert spec(SKU, PRICE.model_copy(update=change)).shape_sha256 != spec(SKU, PRICE).shape_sha256


@pytest.mark.parametrize(
    ("group", "columns", "complaint"),
    [
        ("Modell", ("Preis",), "'Modell', which is not among the source columns"),
        ("Artikel-Nr", ("preis",), "'preis', which is not among the source columns"),
        ("Artikel-Nr", ("Preis", "Artikel-Nr"), "cannot fill 'Artikel-Nr', which makes the groups"),
        ("Artikel-Nr", ("Preis", "Preis"), "names 'Preis' twice"),
        ("Artikel-Nr", (), "at least 1 item"),
    ],
)
def test_filling_down_what_is_not_there_is_refused(group: str, columns: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        spec(SKU, PRICE, fill_down={"group": group, "columns": columns})


def test_filling_down_is_part_of_the_spec_and_of_its_shape() -> None:
    plain, filling = spec(SKU, PRICE), spec(SKU, PRICE, fill_down=FillDown(group="Artikel-Nr", columns=("Preis",)))

    assert plain.sha256 != filling.sha256
    assert plain.shape_sha256 != filling.shape_sha256
    assert FeedSpec.model_validate_json(filling.canonical_json()) == filling
