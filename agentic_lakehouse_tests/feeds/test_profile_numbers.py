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
        (["12,34,567.89", "1,234.50"], "12,34,567.89"),
        (["1\u2009234,56", "12,50"], "1 234,56"),
        (["1_234.56", "2_000_000"], "1_234.56"),
        (["1·234,56", "12,50"], "1·234,56"),
        (["1.234", "12.345.678"], "1.234,56"),
        (["1,234", "12,345,678"], "1,234.56"),
        (["5,00-", "6,00", "1.234,50"], "1.234,56-"),
        (["(5.00)", "6.00", "1,234.50"], "(1,234.56)"),
        (["007,50", "1,25"], "1234,56"),
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


@pytest.mark.parametrize(("locale", "count"), [("de_DE", 0), ("en_US", 0), (None, 1), ("xx_YY", 1)])
def test_a_lone_point_before_three_digits_that_nothing_settles_is_told(
    tmp_path: Path, locale: str | None, count: int
) -> None:
    column = measured(tmp_path, ["1.234", "15.300"], locale=locale)

    assert len(column.warnings) == count
    assert all("'15.300'" in warning and "1234.56" in warning for warning in column.warnings)


def test_a_lone_comma_that_nothing_settles_is_told_as_it_is_read(tmp_path: Path) -> None:
    column = measured(tmp_path, ["1,234", "15,300"])

    assert best(column).format == "1,234.56"
    assert "1,234.56" in column.warnings[0]


@pytest.mark.parametrize("values", [["1.234", "0.5"], ["0.750", "1.250"], ["1.234", "12.345.678"], ["1", "2"]])
def test_a_mark_that_the_column_settles_is_no_news(tmp_path: Path, values: list[str]) -> None:
    assert measured(tmp_path, values).warnings == ()


def test_a_lone_point_before_three_digits_is_settled_by_another_column(write: Write) -> None:
    path = write("a.tsv", "id\tstock\tprice\na\t1.234\t12,50\nb\t15.300\t1.399,00\n")

    assert best(column_of(path, "stock")).format == "1.234,56"


@pytest.mark.parametrize(
    ("values", "fmt", "unit"),
    [
        (["1.234,56 €", "12,50 €", "-3,00€"], "1.234,56 €", "EUR"),
        (["EUR 12.50", "EUR 3"], "EUR 1234.56", "EUR"),
        (["$1,299.00", "$5", "-$7.50", "$-1.00"], "$1,234.56", "$"),
        (["CHF 1'234.50", "CHF 5.00"], "CHF 1'234.56", "CHF"),
        (["12,50 zł", "3,00 zł"], "1234,56 zł", "PLN"),
        (["₹12,34,567.89", "₹5.00"], "₹12,34,567.89", "INR"),
        (["19 %", "7 %"], "1234.56 %", "%"),
        (["19%", "12,5%"], "1234,56%", "%"),
        (["1,5 kg", "20,25 kg"], "1234,56 kg", "kg"),
        (["12 m²", "7 m²"], "1234.56 m²", "m²"),
        (["($5.00)", "$6.00", "$1,200.00"], "($1,234.56)", "$"),
        (["5 ft", "6 ft"], "1234.56 ft", "ft"),
        (["5 Ft", "6 Ft"], "1234.56 Ft", "HUF"),
    ],
)
def test_what_every_number_carries_is_part_of_the_notation(
    tmp_path: Path, values: list[str], fmt: str, unit: str
) -> None:
    evidence = best(measured(tmp_path, values))

    assert (evidence.type, evidence.format, evidence.matches, evidence.unit) == ("decimal", fmt, len(values), unit)


def test_one_stray_number_among_hundreds_is_for_loading_to_refuse(tmp_path: Path) -> None:
    assert best(measured(tmp_path, ["12,50 €"] * 199 + ["3,00"])).matches == 199
    assert readings(measured(tmp_path, ["12,50 €"] * 19 + ["3,00"]), "decimal")[0] == ("1234,56", 1)


@pytest.mark.parametrize(
    "values",
    [
        ["12.50 €", "5.00 $"],
        ["$12.50 USD", "$5.00 USD"],
        ["5 try", "6 try"],
        ["5 M", "6 M"],
        ['5"', '6"'],
        ["(1)", "(2)"],
        ["(5)", "6-", "7-"],
        ["A4", "B5"],
        ["5 x", "6 x"],
    ],
)
def test_what_stands_beside_a_number_and_may_mean_two_things_leaves_text(tmp_path: Path, values: list[str]) -> None:
    assert readings(measured(tmp_path, values), "decimal") == []


def test_an_amount_with_its_currency_tells_the_decimal_mark_of_the_file(write: Write) -> None:
    path = write("a.tsv", "id\tstock\tprice\na\t1.234\t12,50 €\nb\t15.300\t1.399,00 €\n")

    assert best(column_of(path, "stock")).format == "1.234,56"


def test_numbers_in_several_units_are_told(tmp_path: Path) -> None:
    [warning] = measured(tmp_path, ["12 €", "13 €", "14 $", "15"]).warnings

    assert "EUR 2" in warning
    assert "no unit 1" in warning


def test_amounts_in_several_currencies_are_no_decimals(tmp_path: Path) -> None:
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
    assert readings(numbers, "integer") == [(None, 1)]
    assert readings(numbers, "decimal") == [("1234.56", 1)]


def test_a_number_of_more_than_64_bits_is_no_integer(tmp_path: Path) -> None:
    column = measured(tmp_path, ["9223372036854775807", "9223372036854775808"])

    assert readings(column, "integer") == [(None, 1)]
    assert readings(column, "decimal") == [("1234.56", 2)]


def test_scientific_notation_is_flagged(tmp_path: Path) -> None:
    column = measured(tmp_path, ["4,00638E+12", "4.00638e+12"])

    assert column.evidence == ()
    assert column.semantics["scientific"] == 2
    [warning] = column.warnings
    assert "scientific notation" in warning
    assert "4,00638E+12" in warning


def test_small_measurements_in_scientific_notation_have_lost_nothing(tmp_path: Path) -> None:
    assert measured(tmp_path, ["1.5e-3", "2E-04"]).warnings == ()
