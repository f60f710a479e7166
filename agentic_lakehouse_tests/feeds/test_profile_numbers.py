from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import best, column_of, measured, readings


@pytest.mark.parametrize(
    ("values", "fmt"),
    [
        (["1234.56", "0.5", "12"], "1234.56"),
        (["1234,56", "0,5", "12"], "1234,56"),
        (["1.234,56", "12,50"], "1.234,56"),
        (["1,234.56", "12.50"], "1,234.56"),
        (["1 234,56", "12,50"], "1 234,56"),
        (["1'234.56", "12.50"], "1'234.56"),
        (["12,50", "3,00"], "1234,56"),
        (["0.750", "1.250"], "1234.56"),
    ],
)
def test_the_notation_that_reads_every_value_comes_first(tmp_path: Path, values: list[str], fmt: str) -> None:
    evidence = best(measured(tmp_path, values))

    assert (evidence.type, evidence.format, evidence.matches) == ("decimal", fmt, len(values))


def test_digits_before_and_behind_the_mark_are_measured(tmp_path: Path) -> None:
    evidence = best(measured(tmp_path, ["1.234,5", "7,125", "0012,5"]))

    assert (evidence.max_digits, evidence.max_scale) == (4, 3)


def test_whole_numbers_are_integers_first_and_plain_decimals_too(tmp_path: Path) -> None:
    column = measured(tmp_path, ["1", "20", "-3"])

    assert [(e.type, e.format) for e in column.evidence] == [("integer", None), ("decimal", "1234.56")]
    assert (column.minimum, column.maximum) == ("-3", "20")


@pytest.mark.parametrize(
    ("locale", "fmt"), [("de_DE", "1.234,56"), ("en_US", "1234.56"), (None, "1234.56"), ("xx_YY", "1234.56")]
)
def test_a_lone_point_before_three_digits_is_settled_by_locale(tmp_path: Path, locale: str | None, fmt: str) -> None:
    assert best(measured(tmp_path, ["1.234", "15.300"], locale=locale)).format == fmt


def test_a_lone_point_before_three_digits_is_settled_by_another_column(write: Write) -> None:
    path = write("a.tsv", "id\tstock\tprice\na\t1.234\t12,50\nb\t15.300\t1.399,00\n")

    assert best(column_of(path, "stock")).format == "1.234,56"


def test_amounts_with_a_currency_are_no_decimals(tmp_path: Path) -> None:
    column = measured(tmp_path, ["38.99", "69.71 gbp", "12.00 GBP", "$5.00", "€ 7"])

    assert readings(column, "decimal")[0] == ("1234.56", 1)
    assert column.semantics["unit:gbp"] == 2
    assert column.semantics["unit:$"] == 1
    assert column.semantics["unit:eur"] == 1


def test_least_and_greatest_follow_the_numbers_not_the_text(tmp_path: Path) -> None:
    column = measured(tmp_path, ["9,50", "10,00", "1.000,00"])

    assert (column.minimum, column.maximum) == ("9,50", "1.000,00")


def test_identifiers_list_integer_but_say_what_they_are(tmp_path: Path) -> None:
    gtins = measured(tmp_path, ["4006381333931", "4006381333948", "96385074", "4006381333932"])
    numbers = measured(tmp_path, ["00123", "00456", "789"])

    assert readings(gtins, "integer") == [(None, 4)]
    assert gtins.semantics["gtin"] == 3
    assert numbers.semantics["leading_zero"] == 2


def test_a_number_of_more_than_64_bits_is_no_integer(tmp_path: Path) -> None:
    column = measured(tmp_path, ["9223372036854775807", "9223372036854775808"])

    assert readings(column, "integer") == [(None, 1)]
    assert readings(column, "decimal") == [("1234.56", 2)]


def test_scientific_notation_is_flagged(tmp_path: Path) -> None:
    column = measured(tmp_path, ["4,00638E+12", "4.00638e+12"])

    assert column.evidence == ()
    assert column.semantics["scientific"] == 2
