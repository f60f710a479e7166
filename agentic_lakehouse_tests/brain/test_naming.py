"""Any header becomes a usable, unique bronze name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_lakehouse.brain.naming import bronze_names, snake_case
from agentic_lakehouse.contracts.feed_spec import RESERVED_NAMES


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Größe", "groesse"),
        ("Straße", "strasse"),
        ("Référence", "reference"),
        ("Qté en stock", "qte_en_stock"),
        ("VK-Preis (brutto)", "vk_preis_brutto"),
        ("ArtikelNr", "artikel_nr"),
        ("GTINCode", "gtin_code"),
        ("MwSt-Satz", "mwst_satz"),
        ("Rabatt %", "rabatt_percent"),
        ("Preis €", "preis_eur"),
        ("Цена", "tsena"),
        ("Τιμή", "timi"),
        ("Ürün Adı", "ueruen_adi"),
        ("ﬁeld", "field"),
        ("a.b.c", "a_b_c"),
        ("", ""),
        ("価格", ""),
    ],
)
def test_headers_are_written_in_lower_snake_case(header, name) -> None:
    assert snake_case(header) == name


def test_names_met_again_get_a_number() -> None:
    assert bronze_names(["Preis", "preis", "PREIS "]) == ("preis", "preis_2", "preis_3")


def test_a_number_does_not_collide_with_a_name_that_has_one() -> None:
    assert bronze_names(["a", "a_2", "A"]) == ("a", "a_2", "a_3")


def test_what_cannot_be_written_is_named_by_its_place() -> None:
    assert bronze_names(["価格", "#2", "2024"]) == ("column_1", "column_2", "col_2024")


def test_reserved_names_are_a_sources_own() -> None:
    assert bronze_names(["ingestion_date", "Vendor Name", "_row_number"]) == (
        "src_ingestion_date",
        "src_vendor_name",
        "src_row_number",
    )


@given(st.lists(st.text(max_size=80), max_size=12))
def test_whatever_a_vendor_writes_is_named(headers: list[str]) -> None:
    names = bronze_names(headers)

    assert len(names) == len(set(names)) == len(headers)
    for name in names:
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name)
        assert name not in RESERVED_NAMES
