"""Numbers as text: the notations that vendors use, and the Polars expressions that read them.

Profiling counts with these expressions and loading reads with them, so that both agree on every cell. Digits that
begin with a zero and have no decimal mark (`00123`) are no number: they name something, and a number would lose them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal

import polars as pl

from agentic_lakehouse.feeds.affixes import AFFIX

INTEGER = r"^[+-]?(?:0|[1-9][0-9]*)$"
PLAIN = "1234.56"
INDIAN = "12,34,567.89"
_FORMAT = re.compile(
    rf"(?P<opened>\()?(?P<before>{AFFIX})?\s?"
    r"(?:(?P<indian>12,34,567\.89)|[0-9](?P<group>[^0-9]?)[0-9]{3}(?:(?P<mark>[^0-9])[0-9]+)?)"
    rf"(?P<behind>-)?\s?(?P<after>{AFFIX})?(?P<closed>\))?"
)
SPACES = " \u00a0\u2007\u2009\u202f"
"""Spaces that stand between groups of digits: plain, no-break, figure, thin, narrow no-break."""
GROUPS = {"": "", ",": ",", ".": "[.]", " ": f"[{SPACES}]", "'": "['\u2019]", "_": "_", "·": "·"}
"""Group mark to the regular expression of what is written for it."""
_MARKS = {".": "[.]", ",": ","}
Minus = Literal["", "-", "()"]


@dataclass(frozen=True)
class DecimalNotation:
    """How a vendor writes decimals, named by the number 1234.56 written so (`1.234,56`, `$1,234.56`)."""

    format: str
    group: str
    """Mark between groups of three digits, which may be left out; empty where there is none."""
    mark: str
    """Decimal mark."""
    before: str = ""
    after: str = ""
    """What every number carries before or behind it, with or without a space: a currency, `%`, a unit."""
    minus: Minus = ""
    """How a negative number may be written besides with a sign in front: sign behind, or in brackets."""
    indian: bool = False
    """Whether groups are of two digits, but for the last: `12,34,567`."""

    def _unsigned(self, scale: int | None = None) -> str:
        group, mark = GROUPS[self.group], _MARKS[self.mark]
        digits = "[0-9]+" if scale is None else f"[0-9]{{1,{scale}}}"
        fraction = "" if scale == 0 else f"(?:{mark}{digits})?"
        ungrouped = "|".join([*([] if scale == 0 else [f"[0-9]*{mark}{digits}"]), "0|[1-9][0-9]*"])
        if not group:
            return ungrouped
        first = f"[1-9][0-9]?(?:{group}[0-9]{{2}})*{group}[0-9]{{3}}" if self.indian else None
        return f"{first or f'[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}})+'}{fraction}|{ungrouped}"

    @cached_property
    def pattern(self) -> str:
        """Regular expression, for Rust and Python, of the texts that are numbers in this notation."""
        return self._pattern()

    def _pattern(self, scale: int | None = None) -> str:
        number, before, after = f"(?:{self._unsigned(scale)})", re.escape(self.before), re.escape(self.after)
        lead = rf"(?:[+-]?\s*{before}\s*|{before}\s*[+-]?\s*)" if before else "[+-]?"
        bare, tail = rf"{before}\s*" if before else "", rf"\s*{after}" if after else ""
        forms = [f"{lead}{number}{tail}"]
        if self.minus == "-":
            forms += [f"{bare}{number}-{tail}", *([f"{bare}{number}{tail}-"] if tail else [])]
        elif self.minus == "()":
            forms += [rf"\({bare}{number}{tail}\)", *([rf"{bare}\({number}\){tail}"] if bare or tail else [])]
        return f"^(?:{'|'.join(forms)})$"

    @property
    def is_dressed(self) -> bool:
        """Whether more than digits, marks and a sign in front may stand in a number."""
        return bool(self.before or self.after or self.minus)

    def plain(self, text: pl.Expr, scale: int | None = None) -> pl.Expr:
        """Return trimmed `text` as a plain number with a point; null where it is no number in this notation.

        Args:
            text: cells.
            scale: most digits behind the point; any number of them where not given.
        """
        number = text.str.extract(f"({self._unsigned()})", 1) if self.is_dressed else text
        if self.group:
            is_one = self.group not in {" ", "'"}  # a text is replaced in half the time that a pattern takes
            number = number.str.replace_all(self.group if is_one else GROUPS[self.group], "", literal=is_one)
        if self.mark != ".":
            number = number.str.replace(self.mark, ".", literal=True)
        if self.is_dressed:
            number = pl.when(text.str.contains("[-(]")).then(pl.concat_str(pl.lit("-"), number)).otherwise(number)
        return pl.when(text.str.contains(self._pattern(scale))).then(number)

    def dressed(self, before: str, after: str, minus: Minus, *, spaced: bool = False) -> DecimalNotation:
        """Return this notation with something around its numbers; `spaced` is only how its format shows it."""
        gap = " " if spaced else ""
        number = f"{before}{gap if before else ''}{self.format}{'-' * (minus == '-')}{gap if after else ''}{after}"
        shown = f"({number})" if minus == "()" else number
        return replace(self, format=shown, before=before, after=after, minus=minus)


@lru_cache(maxsize=512)
def decimal_notation(fmt: str | None) -> DecimalNotation | None:
    """Return the notation that a `ColumnSpec.format` names (none is `1234.56`); `None` where it names none."""
    found = _FORMAT.fullmatch(fmt or PLAIN)
    if found is None or bool(found["opened"]) != bool(found["closed"]) or (found["opened"] and found["behind"]):
        return None
    group = "," if found["indian"] else found["group"]
    mark = "." if found["indian"] else found["mark"] or ("," if group == "." else ".")
    if group not in GROUPS or mark not in _MARKS or group == mark:
        return None
    minus: Minus = "()" if found["opened"] else "-" if found["behind"] else ""
    return DecimalNotation(
        fmt or PLAIN,
        group,
        mark,
        before=found["before"] or "",
        after=found["after"] or "",
        minus=minus,
        indian=bool(found["indian"]),
    )


NOTATIONS = (
    *(
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
            ("1_234.56", "_", "."),
            ("1·234,56", "·", ","),
        )
    ),
    DecimalNotation(INDIAN, ",", ".", indian=True),
)
"""Notations that profiling tries, those without grouping first. After CLDR's number patterns."""


def begins_whole(text: pl.Expr) -> pl.Expr:
    """Whether `text` cannot be digits that begin with a zero, which a number would lose: told by byte order."""
    return (text >= "1") | text.is_between(pl.lit("-1"), pl.lit("-9~")) | (text.str.len_bytes() == 1)


def whole_digits(plain: pl.Expr) -> pl.Expr:
    """Return how many digits a plain number has before the point, leading zeros aside; at least 1."""
    digits = plain.str.extract(r"^[+-]?0*([0-9]*)", 1).str.len_chars()
    return pl.max_horizontal(digits, pl.lit(1, pl.UInt32))


def fraction_digits(plain: pl.Expr) -> pl.Expr:
    """Return how many digits a plain number has behind the point."""
    return plain.str.extract(r"[.]([0-9]+)$", 1).str.len_chars().fill_null(0)
