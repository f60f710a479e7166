"""Values of cells that need no close look: the fast half of reading a plain file.

An expression here may be shy, never wrong: where it gives a value, `cells.type_column` gives the same one. What it is
shy of is read again by that, and judged there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from agentic_lakehouse.contracts.feed_spec import ColumnSpec
from agentic_lakehouse.feeds.formats import boolean_words
from agentic_lakehouse.feeds.instants import ISO_DATE, ISO_TIMESTAMPS, read_date, read_timestamp
from agentic_lakehouse.feeds.numerals import begins_whole, decimal_notation

SPACED = (("\x80", "\xa1"), ("\u1680", "\u1681"), ("\u2000", "\u2060"), ("\u3000", "\u3001"))
"""Ranges of characters that hold all white space beyond ASCII, and few others."""


def may_be_padded(column: ColumnSpec, cells: Iterable[str | None]) -> bool:
    """Whether cells of a column may have space around them, as some of the file's first have.

    Where not, none is looked for: a cell that has it all the same is not certain.
    """
    if column.type == "string" and column.null_tokens:
        return True
    return any(cell and (cell != cell.strip() or any(a <= cell[0] < b for a, b in SPACED)) for cell in cells)


def text_of(column: ColumnSpec, cell: pl.Expr, *, padded: bool = True) -> pl.Expr:
    """Return what a cell holds, trimmed; null where it is blank or holds a null word.

    Args:
        column: claim to apply.
        cell: the cell as it stands in the file.
        padded: as `may_be_padded` says; without it nothing is trimmed.
    """
    trimmed = cell.str.strip_chars() if padded else cell
    is_value = trimmed != "" if padded else pl.lit(value=True)
    if column.null_tokens:
        is_value &= ~trimmed.is_in(list(column.null_tokens))
    return pl.when(is_value).then(trimmed) if padded or column.null_tokens else cell


def number_of(column: ColumnSpec, text: pl.Expr) -> pl.Expr:
    """Return a decimal's text as a plain number whose digits all fit, as the cast would round others silently.

    It is null where the text is none, and for columns of other types.
    """
    notation = decimal_notation(column.format) if column.type == "decimal" else None
    return notation.plain(text, column.scale) if notation else pl.lit(None, pl.String)


def value_of(
    column: ColumnSpec, text: pl.Expr, cell: pl.Expr, number: pl.Expr | None = None, *, padded: bool = True
) -> pl.Expr:
    """Return a cell's value where it is certain, else null.

    Args:
        column: claim to apply.
        text: the cell as `text_of` gives it.
        cell: the cell as it stands in the file.
        number: the text as `number_of` gives it. Text and number are best columns by now: an expression is worked out
            wherever it stands.
        padded: as `text_of` was told.
    """
    if column.type in {"string", "json"}:
        return pl.when(text.is_not_null() if padded else _begins_in_print(cell)).then(cell)
    if column.type == "decimal":
        plain = number_of(column, text) if number is None else number
        return plain.cast(pl.Decimal(column.precision, column.scale), strict=False)
    return _READERS[column.type](column, text)


def _begins_in_print(cell: pl.Expr) -> pl.Expr:
    """Whether a cell does not begin with white space: told by byte order, which UTF-8 shares with code points."""
    spaced = ((cell >= first) & (cell < last) for first, last in SPACED)
    return (cell >= "!") & ~pl.any_horizontal(*spaced)


def _integer(_: ColumnSpec, text: pl.Expr) -> pl.Expr:
    return pl.when(begins_whole(text)).then(text.cast(pl.Int64, strict=False))


def _boolean(column: ColumnSpec, text: pl.Expr) -> pl.Expr:
    true, false = boolean_words(column.format) or ("", "")
    word = text.str.to_lowercase()
    return pl.when(word == true).then(statement=True).when(word == false).then(statement=False)


def _date(column: ColumnSpec, text: pl.Expr) -> pl.Expr:
    return read_date(text, column.format or ISO_DATE)


def _timestamp(column: ColumnSpec, text: pl.Expr) -> pl.Expr:
    formats = (column.format,) if column.format else (*ISO_TIMESTAMPS, ISO_DATE)
    return pl.coalesce(read_timestamp(text, fmt) for fmt in formats)


_READERS: dict[str, Callable[[ColumnSpec, pl.Expr], pl.Expr]] = {
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
}
