"""Numbers that are dressed alike, with a currency, `%`, unit or sign of minus around them, counted by notation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from agentic_lakehouse.feeds.numerals import (
    GROUPS,
    NOTATIONS,
    SPACES,
    DecimalNotation,
    Minus,
    fraction_digits,
    whole_digits,
)
from agentic_lakehouse.feeds.tally import Tally

MARKS = f"[.,'\u2019_·{SPACES}]"
"""Regular expression of a mark between digits."""


class Dress(NamedTuple):
    """What stands around a number."""

    before: str
    after: str
    minus: Minus


NAKED = Dress("", "", "")
"""A bare number."""


@dataclass
class Written:
    """Numbers in one dress, by notation."""

    digits: Tally = field(default_factory=Tally)
    """Those without any mark, which every notation reads."""
    notations: dict[str, Tally] = field(default_factory=lambda: {n.format: Tally() for n in NOTATIONS})
    """By the format of the undressed notation; those without marks count everywhere."""

    def add(self, numbers: pl.DataFrame, dress: Dress) -> None:
        """Take in columns `value`, `core` (without the dress) and `n`."""
        has_marks = pl.col("core").str.contains(MARKS)
        bare = Tally()
        bare.add(_read(numbers.filter(~has_marks), _dressed(NOTATIONS[0], dress)))
        self.digits.merge(bare)
        marked = numbers.filter(has_marks)
        present = {group: marked["core"].str.contains(sign).any() for group, sign in GROUPS.items() if group}
        ungrouped: dict[str, pl.DataFrame] = {}
        for notation in NOTATIONS:
            tally = self.notations[notation.format]
            tally.merge(bare)
            if marked.is_empty():
                continue
            if not notation.group:
                ungrouped[notation.mark] = _read(marked, _dressed(notation, dress))
            # Without its group mark a notation reads what the one without groups does.
            is_needed = notation.group and present[notation.group]
            tally.add(_read(marked, _dressed(notation, dress)) if is_needed else ungrouped[notation.mark])

    def merge(self, other: Written) -> None:
        """Take in what another one counted."""
        self.digits.merge(other.digits)
        for fmt, tally in other.notations.items():
            self.notations[fmt].merge(tally)

    @property
    def most(self) -> int:
        """How many values the best notation reads."""
        return max(self.best("."), self.best(","))

    def best(self, mark: str) -> int:
        """How many values the best notation with a decimal mark reads."""
        return max(self.notations[n.format].matches for n in NOTATIONS if n.mark == mark)

    def fitting(self, mark: str) -> list[DecimalNotation]:
        """Return the undressed notations that read more than bare digits, best first; the plain one where none does.

        Groups that are rarely written are named only where they are needed.
        """
        matches = {n.format: self.notations[n.format].matches for n in NOTATIONS}
        usual = {n.mark: matches[n.format] for n in NOTATIONS if n.group in {",", "."} and not n.indian}
        found = [
            n
            for n in NOTATIONS
            if matches[n.format] > self.digits.matches
            and ((n.group in {"", ",", "."} and not n.indian) or matches[n.format] > usual[n.mark])
        ]
        found.sort(key=lambda n: (-matches[n.format], n.mark != mark, bool(n.group)))
        return found or [NOTATIONS[0]]


def _dressed(notation: DecimalNotation, dress: Dress) -> DecimalNotation:
    return notation.dressed(*dress) if any(dress) else notation


def _read(numbers: pl.DataFrame, notation: DecimalNotation) -> pl.DataFrame:
    plain = numbers.with_columns(plain=notation.plain(pl.col("value"))).filter(pl.col("plain").is_not_null())
    number = pl.col("plain")
    return plain.with_columns(key=number.cast(pl.Float64), whole=whole_digits(number), fraction=fraction_digits(number))
