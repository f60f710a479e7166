from __future__ import annotations

import pytest

from agentic_lakehouse.brain.renames import ALIKE_NAMES, ALIKE_VALUES, like_names, like_values, renamings
from agentic_lakehouse.contracts.profile import ColumnProfile, TypeEvidence


def prices(header: str, *, low: str = "1,05", high: str = "98,95", pattern: str = "9+,9+") -> ColumnProfile:
    return ColumnProfile(
        source_name=header,
        position=0,
        rows=60,
        nulls=0,
        distinct=58,
        min_length=4,
        max_length=5,
        minimum=low,
        maximum=high,
        evidence=(TypeEvidence(type="decimal", format="1.234,56", matches=60, max_scale=2, max_digits=2),),
        patterns={pattern: 60},
    )


def texts(header: str) -> ColumnProfile:
    return ColumnProfile(
        source_name=header,
        position=1,
        rows=60,
        nulls=0,
        distinct=60,
        min_length=12,
        max_length=40,
        patterns={"Aa+ A9": 40, "Aa+": 20},
    )


def words(header: str, *said: str) -> ColumnProfile:
    counts = {word: 60 // len(said) for word in said}
    return texts(header).model_copy(update={"distinct": len(said), "top_values": counts})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Preis", "VK-Preis"),
        ("Preis", "Verkaufspreis"),
        ("PREIS ", "preis"),
        ("qty", "quantity"),
        ("Lagerbestand", "Bestand"),
        ("Artikelnummer", "Art.-Nr."),
        ("price", "unit_price"),
    ],
)
def test_headers_that_say_the_same_are_alike(before: str, after: str) -> None:
    assert like_names(before, after) >= ALIKE_NAMES


@pytest.mark.parametrize(
    ("before", "after"), [("Preis", "Zuschlag"), ("Farbe", "Gewicht"), ("List Price", "Sale Price")]
)
def test_headers_that_say_something_else_are_not(before: str, after: str) -> None:
    assert like_names(before, after) < ALIKE_NAMES


def test_values_are_alike_in_type_pattern_and_magnitude() -> None:
    assert like_values(prices("Preis"), prices("anything", low="1,10", high="97,95")) >= 0.95
    assert like_values(prices("Preis"), prices("Preis", low="1050", high="98950", pattern="9+")) < ALIKE_VALUES
    assert like_values(prices("Preis"), texts("Preis")) < ALIKE_VALUES


def test_words_are_alike_where_they_are_the_same() -> None:
    assert like_values(words("Farbe", "rot", "blau"), words("Farbton", "blau", "rot")) >= 0.95
    assert like_values(words("Farbe", "rot", "blau"), words("Farbe", "ja", "nein")) < 0.8


def test_name_and_values_together_are_a_renaming() -> None:
    found = renamings([prices("Preis")], [prices("VK-Preis"), texts("Hinweis")])

    assert {after: r.before for after, r in found.items()} == {"VK-Preis": "Preis"}
    assert found["VK-Preis"].told == "by name 0.67 and values 1.00"


def test_a_name_alone_is_not() -> None:
    assert renamings([prices("Preis")], [texts("VK-Preis")]) == {}


def test_values_alone_are_not() -> None:
    assert renamings([prices("Preis")], [prices("Zuschlag")]) == {}


def test_two_that_are_as_like_are_none() -> None:
    assert renamings([prices("Preis")], [prices("VK-Preis"), prices("EK-Preis")]) == {}


def test_an_empty_column_says_nothing() -> None:
    empty = prices("VK-Preis").model_copy(update={"nulls": 60, "evidence": (), "distinct": 0})

    assert like_values(prices("Preis"), empty) == 0.0
