"""Numbers as text: the notations that vendors use, and the Polars expressions that read them.

Profiling counts with these expressions and loading reads with them, so that both agree on every cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import polars as pl

INTEGER = r"^[+-]?[0-9]+$"
PLAIN = "1234.56"
_FORMAT = re.compile(r"[0-9](?P<group>[^0-9]?)[0-9]{3}(?:(?P<mark>[^0-9])[0-9]+)?")
_GROUPS = {"": "", ",": ",", ".": "[.]", " ": "[ \u00a0\u202f]", "'": "['\u2019]", "_": "_"}
_MARKS = {".": "[.]", ",": ","}


@dataclass(frozen=True)
class DecimalNotation:
    """How a vendor writes decimals, named by the number 1234.56 written so (`1.234,56`)."""

    format: str
    group: str
    """Mark between groups of three digits, which may be left out; empty where there is none."""
    mark: str
    """Decimal mark."""

    @cached_property
    def pattern(self) -> str:
        """Regular expression, for Rust and Python, of the texts that are numbers in this notation."""
        group, mark = _GROUPS[self.group], _MARKS[self.mark]
        grouped = f"[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+|" if group else ""
        return f"^[+-]?(?:(?:{grouped}[0-9]+)(?:{mark}[0-9]+)?|{mark}[0-9]+)$"

    def plain(self, text: pl.Expr) -> pl.Expr:
        """Return trimmed `text` as a plain number with a point; null where it is no number in this notation."""
        number = text
        if self.group:
            number = number.str.replace_all(_GROUPS[self.group], "")
        if self.mark != ".":
            number = number.str.replace(self.mark, ".", literal=True)
        return pl.when(text.str.contains(self.pattern)).then(number)


def decimal_notation(fmt: str | None) -> DecimalNotation | None:
    """Return the notation that a `ColumnSpec.format` names (none is `1234.56`); `None` where it names none."""
    found = _FORMAT.fullmatch(fmt or PLAIN)
    if found is None:
        return None
    group, mark = found["group"], found["mark"] or ("," if found["group"] == "." else ".")
    if group not in _GROUPS or mark not in _MARKS or group == mark:
        return None
    return DecimalNotation(fmt or PLAIN, group, mark)


NOTATIONS = tuple(
    DecimalNotation(fmt, group, mark)
    for fmt, group, mark in (
        (PLAIN, "", "."),
        ("1234,56", "", ","),
        ("1,234.56", ",", "."),
        ("1.234,56", ".", ","),
        ("1 234,56", " ", ","),
        ("1'234.56", "'", "."),
        ("1 234.56", " ", "."),
        ("1'234,56", "'", ","),
    )
)
"""Notations that profiling tries, those without grouping first. After CLDR's number patterns."""


def whole_digits(plain: pl.Expr) -> pl.Expr:
    """Return how many digits a plain number has before the point, leading zeros aside; at least 1."""
    digits = plain.str.extract(r"^[+-]?0*([0-9]*)", 1).str.len_chars()
    return pl.max_horizontal(digits, pl.lit(1, pl.UInt32))


def fraction_digits(plain: pl.Expr) -> pl.Expr:
    """Return how many digits a plain number has behind the point."""
    return plain.str.extract(r"[.]([0-9]+)$", 1).str.len_chars().fill_null(0)
