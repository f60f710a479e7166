"""Numbers and dates in any notation: what is written is read, and the fast typing never differs from the careful."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed_spec import ColumnSpec
from agentic_lakehouse.engines.cells import require_readable, type_column
from agentic_lakehouse.engines.certain import text_of, value_of
from agentic_lakehouse.feeds.instants import DATES
from agentic_lakehouse.feeds.months import LONG_MONTHS, SHORT_MONTHS
from agentic_lakehouse.feeds.numerals import NOTATIONS, DecimalNotation, Minus, decimal_notation

DRESSES: tuple[tuple[str, str, Minus], ...] = (
    ("", "", ""), ("", "€", ""), ("$", "", ""), ("EUR", "", ""), ("", "CHF", "-"), ("", "%", ""), ("", "kg", ""),
    ("", "m²", ""), ("", "", "-"), ("", "", "()"), ("$", "", "()"), ("R$", "", ""), ("", "zł", ""), ("", "°C", ""),
)  # fmt: skip
WRITTEN = [
    notation.dressed(*dress, spaced=spaced) for notation in NOTATIONS for dress in DRESSES for spaced in (False, True)
]
SPECS = [
    ColumnSpec(source_name="x", name="x", type="integer"),
    *(
        ColumnSpec(source_name="x", name="x", type="decimal", format=notation.format, precision=12, scale=4)
        for notation in WRITTEN
    ),
    *(ColumnSpec(source_name="x", name="x", type="date", format=fmt) for fmt in DATES),
    ColumnSpec(source_name="x", name="x", type="boolean", format="✓|✗"),
]
NOISE = st.text(st.sampled_from("0012345679.,'’ _·-+()€$%kgEURCHF²eE\u00a0\u2009"), max_size=12)


def grouped(digits: str, notation: DecimalNotation) -> str:
    """Write a whole number with group marks."""
    head, tail = digits[:-3], digits[-3:]
    width = 2 if notation.indian else 3
    groups = [head[max(0, end - width) : end] for end in range(len(head), 0, -width)][::-1]
    return notation.group.join([*groups, tail])


def write(number: Decimal, notation: DecimalNotation, *, spaced: bool) -> str:
    whole, _, fraction = f"{abs(number):.4f}".partition(".")
    text = f"{grouped(whole, notation) if notation.group else whole}{notation.mark}{fraction}"
    gap = " " if spaced else ""
    dressed = f"{notation.before}{gap if notation.before else ''}{text}"
    tail = f"{gap if notation.after else ''}{notation.after}"
    if number >= 0 or not notation.minus:
        return f"{'-' if number < 0 else ''}{dressed}{tail}"
    return f"({dressed}{tail})" if notation.minus == "()" else f"{dressed}-{tail}"


@settings(max_examples=200, deadline=None)
@given(number=st.decimals(-(10**12), 10**12, places=4), notation=st.sampled_from(WRITTEN), spaced=st.booleans())
def test_a_number_written_in_any_notation_is_read_exactly(
    number: Decimal, notation: DecimalNotation, *, spaced: bool
) -> None:
    column = ColumnSpec(source_name="x", name="x", type="decimal", format=notation.format, precision=20, scale=4)
    require_readable(column)

    typed = type_column(column, pl.Series([write(number, notation, spaced=spaced)]))

    assert typed.values.to_list() == [number]


def test_a_format_names_its_own_notation() -> None:
    assert [decimal_notation(notation.format) for notation in WRITTEN] == WRITTEN


@settings(max_examples=300, deadline=None)
@given(
    column=st.sampled_from(SPECS),
    cells=st.lists(
        st.one_of(NOISE, st.integers().map(str), st.dates().map(str), st.sampled_from("✓✗"), st.text(max_size=6))
    ),
    number=st.decimals(-(10**7), 10**7, places=4),
    spaced=st.booleans(),
)
def test_what_is_certain_is_what_care_finds(
    column: ColumnSpec, cells: list[str], number: Decimal, *, spaced: bool
) -> None:
    written = [write(number, notation, spaced=spaced) for notation in WRITTEN[:: len(DRESSES) + 1]]
    texts = pl.Series("cell", [*cells, *written], dtype=pl.String)
    careful = type_column(column, texts)

    certain = (
        pl.DataFrame([texts]).select(value_of(column, text_of(column, pl.col("cell")), pl.col("cell"))).to_series()
    )

    for fast, value, code in zip(certain, careful.values, careful.codes, strict=True):
        assert fast is None or (fast, None) == (value, code)


@pytest.mark.parametrize("kind", ["integer", "decimal"])
@pytest.mark.parametrize("cell", ["007", "-007", "+00", "00123"])
def test_digits_that_would_lose_a_zero_are_no_number_either_way(kind: str, cell: str) -> None:
    column = ColumnSpec.model_validate({"source_name": "x", "name": "x", "type": kind})

    typed = type_column(column, pl.Series([cell]))
    certain = pl.DataFrame({"x": [cell]}).select(value_of(column, pl.col("x"), pl.col("x"))).item()

    assert (typed.values.to_list(), certain) == ([None], None)
    assert typed.codes.to_list() == [f"not_a{'n' if kind == 'integer' else ''}_{kind}"]


@pytest.mark.parametrize(("cell", "value"), [("007.50", "7.5"), ("0", "0"), ("-0.5", "-0.5"), ("00.25", "0.25")])
def test_zeros_before_a_decimal_mark_are_padding(cell: str, value: str) -> None:
    column = ColumnSpec(source_name="x", name="x", type="decimal")

    assert type_column(column, pl.Series([cell])).values.to_list() == [Decimal(value)]


@pytest.mark.parametrize(("names", "fmt"), [(SHORT_MONTHS, "%d. %b %Y"), (LONG_MONTHS, "%d %B %Y")])
def test_a_month_is_read_by_its_name_in_every_language(names: dict[str, str], fmt: str) -> None:
    column = ColumnSpec(source_name="x", name="x", type="date", format=fmt)
    texts = [fmt.replace("%d", "5").replace("%Y", "2024").replace(fmt[-5:-3], name.title()) for name in names]

    assert type_column(column, pl.Series(texts)).values.to_list() == [
        dt.date(2024, int(month), 5) for month in names.values()
    ]
