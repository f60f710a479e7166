"""Count the numbers of a column in each notation, bare or with a currency, `%` or unit beside them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from agentic_lakehouse.contracts.profile import TypeEvidence
from agentic_lakehouse.feeds.affixes import AFFIX, may_be_affixes, unit_of
from agentic_lakehouse.feeds.numerals import INTEGER, SPACES, Minus, whole_digits
from agentic_lakehouse.feeds.tally import Tally
from agentic_lakehouse.feeds.written_numbers import MARKS, NAKED, Dress, Written

SAME = 0.99
"""Least share of a column's numbers that must carry one affix for it to be part of the notation. Below, some numbers
are bare or in another unit: the column is left as text, in which each cell says what it is."""
MAX_DRESSES = 12
"""Ways to dress numbers that are counted apart; a column with more has no notation."""

_CORE = rf"[0-9](?:[0-9.,'\u2019_·{SPACES}]*[0-9])?|[.,][0-9]+"
_BARE = rf"^[+-]?{MARKS}*(?:{_CORE})$"
_DRESSED = (
    rf"^(?P<opened>[(]?)[+-]?\s*(?P<before>(?:{AFFIX})?)\s*[+-]?\s*(?P<inner>[(]?)(?P<core>{_CORE})(?P<behind>-?)[)]?"
    rf"\s*(?P<after>(?:{AFFIX})?)(?P<last>-?)[)]?$"
)


@dataclass
class NumberTallies:
    """The numbers of one column, batch by batch."""

    integer: Tally = field(default_factory=Tally)
    written: dict[Dress, Written] = field(default_factory=dict)
    spaced: Counter[Dress] = field(default_factory=Counter)
    _elsewhere: int = 0
    """Numbers in dresses beyond the bound."""

    def add(self, values: pl.DataFrame) -> None:
        """Take in distinct trimmed `value`s and how often (`n`) each stands in the batch."""
        value = pl.col("value")
        is_bare = value.str.contains(_BARE)
        numbers = values.filter(is_bare).with_columns(core=value)
        if numbers.height:
            integers = numbers.with_columns(
                key=pl.when(value.str.contains(INTEGER)).then(value).cast(pl.Int64, strict=False)
            ).filter(pl.col("key").is_not_null())
            self.integer.add(integers.with_columns(whole=whole_digits(value), fraction=pl.lit(0)))
            self.written.setdefault(NAKED, Written()).add(numbers, NAKED)
        rest = values.filter(~is_bare & (value.str.len_chars() <= 60) & value.str.contains(_DRESSED))
        if rest.height:
            self._add_dressed(rest)

    def _add_dressed(self, values: pl.DataFrame) -> None:
        value = pl.col("value")
        found = values.with_columns(value.str.extract_groups(_DRESSED).alias("part")).unnest("part")
        found = found.filter(may_be_affixes(pl.col("before"), pl.col("after")))
        in_brackets = (pl.col("opened") != "") | (pl.col("inner") != "")
        is_behind = (pl.col("behind") != "") | (pl.col("last") != "")
        found = found.with_columns(
            minus=pl.when(in_brackets).then(pl.lit("()")).when(is_behind).then(pl.lit("-")).otherwise(pl.lit("")),
            is_spaced=value.str.contains(r"[0-9]\s+[^0-9\s]|[^0-9+\s-]\s+[0-9]"),
        )
        for (before, after, minus), numbers in found.group_by("before", "after", "minus", maintain_order=True):
            dress = Dress(str(before), str(after), _minus(minus))
            if (before or after) and unit_of(dress.before, dress.after) is None:
                continue
            if dress not in self.written and len(self.written) >= MAX_DRESSES:
                self._elsewhere += int(numbers["n"].sum())
                continue
            self.written.setdefault(dress, Written()).add(numbers, dress)
            self.spaced[dress] += int(numbers.filter("is_spaced")["n"].sum())

    @property
    def mark_votes(self) -> Counter[str]:
        """Values that can only be read with one decimal mark, by that mark: what a column proves for its file."""
        votes: Counter[str] = Counter()
        for written in self.written.values():
            point, comma = written.best("."), written.best(",")
            votes += Counter({".": point - comma, ",": comma - point})
        return votes

    def open_mark(self, mark: str, least: float) -> tuple[str, str] | None:
        """Return a number like `1.234` and how `mark` has it read, where every mark reads at least so many."""
        for written in self.written.values():
            if written.best(".") == written.best(",") > written.digits.matches and written.most >= least:
                notation = written.fitting(mark)[0].format
                greatest = written.notations[notation].greatest
                return (greatest[1], notation) if greatest else None
        return None

    def evidence(self, mark: str) -> list[tuple[TypeEvidence, Tally]]:
        """Return the readings as integers and decimals; `mark` is believed where the column leaves it open."""
        found = [(_evidence("integer", None, self.integer), self.integer)]
        for before, after in dict.fromkeys(dress[:2] for dress in [NAKED, *self.written]):
            found += self._decimals(before, after, mark)
        return found

    def _decimals(self, before: str, after: str, mark: str) -> list[tuple[TypeEvidence, Tally]]:
        mine = {dress: written for dress, written in self.written.items() if dress[:2] == (before, after)}
        unit = unit_of(before, after)
        if not mine or (unit is not None and sum(w.most for w in mine.values()) < SAME * self._numbers):
            return []
        minus, written = self._with_minus(mine)
        spaced = sum(self.spaced[dress] for dress in mine) * 2 > written.most
        return [
            (
                _evidence("decimal", notation.dressed(before, after, minus, spaced=spaced).format, tally, unit),
                tally,
            )
            for notation in written.fitting(mark)
            if (tally := written.notations[notation.format]).matches
        ]

    @property
    def units(self) -> Counter[str]:
        """How many numbers are in which unit; those without one as the empty text."""
        found: Counter[str] = Counter()
        for dress, written in self.written.items():
            found[unit_of(dress.before, dress.after) or ""] += written.most
        return +found

    def is_clear(self, least: float) -> bool:
        """Whether one reading fits at least so many values."""
        return any(entry.matches >= least for entry, _ in self.evidence("."))

    @property
    def _numbers(self) -> int:
        return self._elsewhere + sum(written.most for written in self.written.values())

    @staticmethod
    def _with_minus(mine: dict[Dress, Written]) -> tuple[Minus, Written]:
        """Put together numbers with a sign in front and those with another one.

        `(5)` and `5-` are negative where most numbers are not written so, and in one way; else nobody knows.
        """
        whole, usual = Written(), [w for dress, w in mine.items() if not dress.minus]
        for written in usual:
            whole.merge(written)
        other = [(dress, w) for dress, w in mine.items() if dress.minus and w.most]
        if len(other) != 1 or other[0][1].most > whole.most:
            return "", whole
        whole.merge(other[0][1])
        return other[0][0].minus, whole


def _minus(sign: object) -> Minus:
    return "()" if sign == "()" else "-" if sign == "-" else ""


def _evidence(kind: str, fmt: str | None, tally: Tally, unit: str | None = None) -> TypeEvidence:
    return TypeEvidence(
        type="integer" if kind == "integer" else "decimal",
        format=fmt,
        matches=tally.matches,
        max_scale=tally.fraction,
        max_digits=tally.whole,
        unit=unit,
    )
