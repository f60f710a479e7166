from __future__ import annotations

import random
from pathlib import Path

import pytest

from agentic_lakehouse_tests.feeds.scene import measured, readings


@pytest.mark.parametrize(
    "words",
    [
        "true|false",
        "yes|no",
        "ja|nein",
        "oui|non",
        "wahr|falsch",
        "vrai|faux",
        "si|no",
        "y|n",
        "t|f",
        "on|off",
        "1|0",
        "tak|nie",
        "kyllä|ei",
        "igen|nem",
        "ναι|όχι",
        "是|否",
        "✓|✗",
    ],
)
def test_a_pair_of_words_for_true_and_false_is_known(tmp_path: Path, words: str) -> None:
    true, false = words.split("|")

    assert readings(measured(tmp_path, [true.upper(), false, true, false.title()]), "boolean") == [(words, 4)]


def test_words_of_two_languages_are_not_one_pair(tmp_path: Path) -> None:
    assert readings(measured(tmp_path, ["yes", "non", "maybe", "perhaps"]), "boolean") == []


def test_noughts_and_ones_are_integers_first(tmp_path: Path) -> None:
    assert [e.type for e in measured(tmp_path, ["1", "0", "1"]).evidence] == ["integer", "boolean", "decimal"]


def test_null_words_are_found_as_written_and_only_where_they_stand(tmp_path: Path) -> None:
    column = measured(tmp_path, ["Stuhl", "n/a", "k.A.", "N/A", "n/a", "", "-", "NULL", "Tisch"])

    assert set(column.null_tokens) == {"n/a", "N/A", "k.A.", "-", "NULL"}
    assert column.null_tokens[0] == "n/a"
    assert (column.rows, column.nulls, column.distinct) == (9, 7, 2)


def test_null_words_do_not_hide_the_type(tmp_path: Path) -> None:
    column = measured(tmp_path, ["12,50", "none", "NaN", "3,00", "tbd"])

    assert readings(column, "decimal")[0] == ("1234,56", 2)
    assert set(column.null_tokens) == {"none", "NaN", "tbd"}
    assert column.nulls == 3


@pytest.mark.parametrize("values", [["taxable", "none", "shipping"], ["DE", "NA", "FR", "ZA"]])
def test_a_word_that_is_one_more_category_is_a_value(tmp_path: Path, values: list[str]) -> None:
    column = measured(tmp_path, values * 5)

    assert column.null_tokens == ()
    assert (column.nulls, column.distinct) == (0, len(values))
    assert set(column.top_values) == set(values)


def test_the_same_word_among_many_texts_is_no_value(tmp_path: Path) -> None:
    column = measured(tmp_path, [f"Hersteller {i}" for i in range(80)] + ["none", "unknown"])

    assert set(column.null_tokens) == {"none", "unknown"}


def test_space_around_a_cell_does_not_count(tmp_path: Path) -> None:
    column = measured(tmp_path, [" 12 ", "12", "   ", " n/a "])

    assert (column.nulls, column.distinct, column.max_length) == (2, 1, 2)


@pytest.mark.parametrize(
    ("meaning", "values"),
    [
        ("url", ["https://example.com/a?b=c", "http://example.com"]),
        ("image_url", ["https://example.com/a.jpg", "https://cdn.example.com/x.webp?w=100"]),
        ("url_list", ["https://e.com/a.jpg, https://e.com/b.jpg", "https://e.com/a|https://e.com/b"]),
        ("email", ["info@example.com", "a.b+c@mail.example.co.uk"]),
        ("html", ["<p>Nice</p>", "red<br/>blue", "A &amp; B"]),
        ("isbn", ["978-3-16-148410-0", "0-306-40615-2"]),
        ("currency", ["EUR", "usd"]),
        ("country", ["DE", "France", "Deutschland"]),
        ("path", ["Home > Garden > Tools", "Women/Shoes/Boots"]),
        ("unit:kg", ["1.5 kg", "20kg", "1,5 KG"]),
        ("unit:cm", ["12 cm", "12,5cm"]),
        ("unit:%", ["19%", "7 %"]),
    ],
)
def test_what_values_mean_is_counted(tmp_path: Path, meaning: str, values: list[str]) -> None:
    assert measured(tmp_path, values).semantics[meaning] == len(values)


@pytest.mark.parametrize(
    ("meaning", "values"),
    [
        ("gtin", ["4006381333932", "0000000000000", "123", "96385075"]),
        ("url", ["example", "see https://example.com"]),
        ("image_url", ["https://example.com/a.html"]),
        ("email", ["a@b", "@example.com"]),
        ("path", ["12/24/2024", "and more", "1/2", "https://e.com/a/b"]),
        ("country", ["de", "XX"]),
        ("isbn", ["978-3-16-148410-1"]),
    ],
)
def test_what_only_looks_alike_is_not_counted(tmp_path: Path, meaning: str, values: list[str]) -> None:
    assert meaning not in measured(tmp_path, values).semantics


def test_arrays_and_objects_are_json(tmp_path: Path) -> None:
    column = measured(tmp_path, ["[1,2]", "{}", "[broken", "{nope}", "[NaN]"])

    assert readings(column, "json") == [(None, 2)]


def test_shapes_values_and_samples_show_the_column(tmp_path: Path) -> None:
    column = measured(tmp_path, ["AB-12", "CD-34", "E-5", "AB-12"])

    assert column.patterns == {"A+-9+": 3, "A-9": 1}
    assert column.top_values == {"AB-12": 2, "CD-34": 1, "E-5": 1}
    assert column.samples == ("AB-12", "CD-34", "E-5")
    assert (column.min_length, column.max_length) == (3, 5)
    assert (column.minimum, column.maximum) == ("AB-12", "E-5")


def test_long_values_are_shown_cut(tmp_path: Path) -> None:
    chance = random.Random(2)
    column = measured(tmp_path, ["".join(chance.choices("abc ", k=500)).strip() or "a" for _ in range(30)])

    assert len(column.samples) == 8
    assert all(len(text) <= 80 for text in (*column.samples, *column.top_values))
    assert column.max_length > 400


def test_an_empty_column_has_no_facts(tmp_path: Path) -> None:
    column = measured(tmp_path, ["", " ", ""])

    assert (column.rows, column.nulls, column.distinct) == (3, 3, 0)
    assert (column.evidence, column.minimum, column.samples) == ((), None, ())


@pytest.mark.parametrize(
    ("values", "units"),
    [
        (["6 ft", "7 ft", "5 FT"], {"unit:ft": 3}),
        (["600 Ft", "750 Ft"], {"unit:huf": 2}),
        (["6 Kč", "7 kč", "12 EUR", "3 eur"], {"unit:czk": 2, "unit:eur": 2}),
    ],
)
def test_feet_are_no_forints(tmp_path: Path, values: list[str], units: dict[str, int]) -> None:
    found = measured(tmp_path, values).semantics

    assert {kind: count for kind, count in found.items() if kind.startswith("unit:")} == units
