from __future__ import annotations

import polars as pl
import pytest

from agentic_lakehouse.feeds.numerals import decimal_notation, fraction_digits, whole_digits


def plain(text: str, fmt: str | None) -> str | None:
    notation = decimal_notation(fmt)
    assert notation is not None
    found: str | None = pl.DataFrame({"text": [text]}).select(notation.plain(pl.col("text"))).item()
    return found


@pytest.mark.parametrize(
    ("text", "fmt", "expected"),
    [
        ("1234.56", "1234.56", "1234.56"),
        ("-0,5", "1234,56", "-0.5"),
        ("+12", "1234,56", "+12"),
        (".5", "1234.56", ".5"),
        ("1.234,56", "1.234,56", "1234.56"),
        ("1234,56", "1.234,56", "1234.56"),
        ("1.234.567", "1.234,56", "1234567"),
        ("1,234.56", "1,234.56", "1234.56"),
        ("1 234,56", "1 234,56", "1234.56"),
        ("1\u202f234,56", "1 234,56", "1234.56"),
        ("1'234.56", "1'234.56", "1234.56"),
        ("1’234.56", "1'234.56", "1234.56"),
        ("12.50", None, "12.50"),
        ("1.23,45", "1.234,56", None),
        ("0.123", "1.234,56", None),
        ("1.2345,6", "1.234,56", None),
        ("1,234", "1234.56", None),
        ("12.", "1234.56", None),
        ("12.50 €", "1234.56", None),
        ("69.71 gbp", "1234.56", None),
        ("$12.50", "1234.56", None),
        ("1e5", "1234.56", None),
        ("--5", "1234.56", None),
        ("", "1234.56", None),
        ("١٢", "1234.56", None),
    ],
)
def test_a_number_is_read_in_its_own_notation_alone(text: str, fmt: str | None, expected: str | None) -> None:
    assert plain(text, fmt) == expected


@pytest.mark.parametrize(
    "fmt", ["1.234,56", "1 234,56", "1'234.56", "1234", "1.234", "1234.5678", "9.999,99", "1.234 €"]
)
def test_a_format_is_a_number_as_the_vendor_writes_it(fmt: str) -> None:
    assert decimal_notation(fmt) is not None


@pytest.mark.parametrize("fmt", ["%d", "#.##0,00", "1.234.56", "1,234,56", "decimal", "12", "1x234.56"])
def test_other_formats_name_no_notation(fmt: str) -> None:
    assert decimal_notation(fmt) is None


def test_digits_are_counted_without_leading_zeros() -> None:
    frame = pl.DataFrame({"n": ["-0012.340", "0.5", "7", ".25"]})

    assert frame.select(whole_digits(pl.col("n"))).to_series().to_list() == [2, 1, 1, 1]
    assert frame.select(fraction_digits(pl.col("n"))).to_series().to_list() == [3, 1, 0, 2]
