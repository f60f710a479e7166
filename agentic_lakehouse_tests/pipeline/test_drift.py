from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.drift import Change
from agentic_lakehouse.contracts.policy import DriftPolicy
from agentic_lakehouse.pipeline.drift import Measures, Use, compare, compare_values, reordered
from agentic_lakehouse_tests.pipeline.drift_scene import (
    COLUMNS,
    Cells,
    changed,
    described,
    drift,
    measured,
    renamed,
    respec,
    written,
)

USE = Use({"sku": ["Artikelnummer"], "title": ["Bezeichnung"], "price": ["Preis"]}, {"Artikelnummer"})


def cents(n: int) -> str:
    return str(n * 31 + 4)


def point(n: int) -> str:
    return COLUMNS["Preis"](n).replace(",", ".")


def on_request(n: int) -> str:
    return ("auf Anfrage", "telefonisch")[n % 2]


def hint(n: int) -> str:
    return f"siehe Seite {n} im Katalog"


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (changed(Marke=lambda _: "Leitz"), [("info", "column 'Marke' is new")]),
        (changed(Farbe=None), [("info", "column 'Farbe' is gone")]),
        (changed(Preis=None), [("review", "price: column 'Preis' is gone")]),
        (renamed("Farbe", "Farben"), [("info", "'Farbe' is now 'Farben'")]),
        (renamed("Preis", "VK-Preis"), [("review", "price: 'Preis' is now 'VK-Preis'")]),
        (renamed("Artikelnummer", "Art.-Nr."), [("review", "sku: 'Artikelnummer' is now 'Art.-Nr.'")]),
        (changed(Lagerbestand=on_request), [("info", "'Lagerbestand' is string now, was integer")]),
        (changed(Preis=on_request), [("review", "price: 'Preis' is string now, was decimal")]),
        (
            changed(Preis=lambda n: f"{COLUMNS['Preis'](n)} €"),
            [("review", "price: 'Preis' is decimal in EUR now, was decimal")],
        ),
        (changed(Preis=point), [("info", "'Preis' is written 1234.56, was 1234,56")]),
    ],
    ids=lambda value: value[0][1] if isinstance(value, list) else "",
)
def test_severity_comes_from_use(tmp_path: Path, columns: dict[str, Cells], told: list[tuple[str, str]]) -> None:
    found = drift(tmp_path, written(columns), use=USE)

    assert [(change.severity, change.told) for change in found] == told


def test_a_name_alone_is_no_renaming(tmp_path: Path) -> None:
    found = drift(tmp_path, written(renamed("Preis", "Preis neu", changed(Preis=hint))), use=USE)

    assert [c.kind for c in found] == ["column_removed", "column_added"]


def test_values_alone_are_no_renaming(tmp_path: Path) -> None:
    found = drift(tmp_path, written(renamed("Preis", "Zuschlag")), use=USE)

    assert [c.kind for c in found] == ["column_removed", "column_added"]


def test_another_dialect_informs(tmp_path: Path) -> None:
    [change] = drift(tmp_path, written(COLUMNS, delimiter="|"), use=USE)

    assert (change.severity, change.told) == ("info", "the file is delimiter '|', was delimiter ';'")


def test_the_key_that_is_gone_is_replaced_and_waits(tmp_path: Path) -> None:
    before, now = measured(tmp_path, written(COLUMNS)), measured(tmp_path, written(changed(Artikelnummer=None)))
    base = described(before)

    found = compare(base, respec(base, before, now), USE)

    assert {c.kind: c.severity for c in found} == {"column_removed": "review", "key_changed": "review"}


def test_what_stands_is_kept_word_for_word(tmp_path: Path) -> None:
    before = measured(tmp_path, written(COLUMNS))
    base = described(before)
    now = measured(tmp_path, written(renamed("Preis", "VK-Preis", changed(Marke=lambda _: "Leitz", Farbe=None))))

    spec = respec(base, before, now)

    kept = [c for c in spec.columns if base.column(c.source_name)]
    assert kept == [c for c in base.columns if c.source_name not in {"Preis", "Farbe"}]
    price = spec.column("VK-Preis")
    assert price is not None
    assert price.name == "preis"
    assert spec.primary_key == base.primary_key


def test_a_new_column_never_takes_the_bronze_name_of_one_that_is_gone(tmp_path: Path) -> None:
    before = measured(tmp_path, written(COLUMNS))
    base = described(before)
    now = measured(tmp_path, written(renamed("Preis", "PREIS", changed(Preis=hint))))

    column = respec(base, before, now).column("PREIS")

    assert column is not None
    assert column.name == "preis_2"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(list(COLUMNS)))
def test_no_order_of_columns_stops_a_feed(tmp_path: Path, order: list[str]) -> None:
    base = described(measured(tmp_path, written(COLUMNS)))

    found = drift(tmp_path, written({name: COLUMNS[name] for name in order}), use=USE)
    told = reordered(base, order)

    assert found == []
    assert (told is None) == (order == list(COLUMNS))
    assert told is None or told.severity == "info"


NAMES = {"preis": "Preis", "farbe": "Farbe"}


def values(before: Measures, now: Measures) -> list[Change]:
    return compare_values(before, now, NAMES, key=["Artikelnummer"], use=USE, policy=DriftPolicy(), max_repeats=0.05)


BEFORE = Measures(
    100, filled={"preis": 100, "farbe": 100}, medians={"preis": 20.0}, values={"farbe": frozenset({"rot"})}
)
"""A hundred rows, all filled."""


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (Measures(100, filled={"preis": 81, "farbe": 100}), []),
        (
            Measures(100, filled={"preis": 60, "farbe": 100}),
            [("review", "price: 'Preis' is empty in about 40 % of the rows, was in none")],
        ),
        (
            Measures(100, filled={"preis": 100, "farbe": 12}),
            [("info", "'Farbe' is empty in about 90 % of the rows, was in none")],
        ),
        (Measures(20, filled={"preis": 0, "farbe": 0}), []),
        (
            Measures(100, filled=BEFORE.filled, medians={"preis": 45.0}),
            [("info", "price: the median of 'Preis' is about 2 times what it was")],
        ),
        (
            Measures(100, filled=BEFORE.filled, medians={"preis": 2000.0}),
            [("review", "price: the median of 'Preis' is about 100 times what it was")],
        ),
        (
            Measures(100, filled=BEFORE.filled, shown={"farbe": frozenset({"rot", "blau"})}),
            [("info", "'Farbe' holds values it never did: 'blau'")],
        ),
        (
            Measures(100, repeats=3, filled=BEFORE.filled),
            [("info", "sku: the key 'Artikelnummer' repeats in 3 % of the rows")],
        ),
        (
            Measures(100, repeats=30, filled=BEFORE.filled),
            [("review", "sku: the key 'Artikelnummer' repeats in 30 % of the rows")],
        ),
    ],
)
def test_values_are_held_against_the_bounds(now: Measures, told: list[tuple[str, str]]) -> None:
    assert [(change.severity, change.told) for change in values(BEFORE, now)] == told
