"""Headers as words, in any of several languages."""

from __future__ import annotations

import pytest

from agentic_lakehouse.brain.planner.tokens import Splitter, lexicon, words
from agentic_lakehouse.brain.planner.units import header_unit, unit_named


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Google Shopping / MPN", ("google", "shopping", "mpn")),
        ("VKPreisBrutto", ("vk", "preis", "brutto")),
        ("Option1 Value", ("option", "1", "value")),
        ("Meta: _wpcom_is_markdown", ("meta", "wpcom", "is", "markdown")),
        ("pricing.sale_price", ("pricing", "sale", "price")),
        ("価格", ("価格",)),
        ("???", ()),
    ],
)
def test_words_are_split_at_separators_case_and_digits(header, found) -> None:
    assert words(header) == found


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("herstellerartikelnummer", ("hersteller", "artikel", "nummer")),
        ("gewichtseinheit", ("gewicht", "einheit")),
        ("productname", ("product", "name")),
        ("imageurl", ("image", "url")),
        ("artikelnr", ("artikel", "nr")),
        ("manufacturer", ("manufacturer",)),
        ("beschreibung", ("beschreibung",)),
        ("casino", ("casino",)),
    ],
)
def test_closed_compounds_are_taken_apart(word, parts) -> None:
    assert Splitter(()).split([word]) == parts


@pytest.mark.parametrize(
    ("one", "other", "least"),
    [("price", "preis", 0.9), ("qty", "menge", 0.9), ("prices", "price", 0.9), ("desc", "description", 0.9),
     ("manuf", "manufacturer", 0.7), ("colour", "color", 0.9), ("bruttogewicht", "gewicht", 0.5)],
)  # fmt: skip
def test_words_of_one_meaning_are_alike(one, other, least) -> None:
    assert lexicon().similarity(one, other) >= least


@pytest.mark.parametrize(("one", "other"), [("width", "weight"), ("length", "height"), ("sale", "scale"), ("13", "14")])
def test_words_that_only_look_alike_are_not(one, other) -> None:
    assert lexicon().similarity(one, other) < 0.5


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Weight (kg)", "kg"), ("Gewicht [g]", "g"), ("width_mm", "mm"), ("Weight in grams", "g"),
        ("Length (in)", "in"), ("height_in", "in"), ("Variant Grams", "g"), ("price_cents", "cent"),
        ("Poids net (kilogrammes)", "kg"),
        ("Made in Germany", None), ("T", None), ("Gewicht", None), ("M", None), ("Size (EU)", None),
    ],
)  # fmt: skip
def test_units_in_headers(header, unit) -> None:
    assert header_unit(header) == unit


def test_a_unit_alone() -> None:
    assert [unit_named(t) for t in ("KG", "lbs", " g ", "12 g", "", None)] == ["kg", "lb", "g", None, None, None]
