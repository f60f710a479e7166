"""Count how many of a column's values can be read as each type, in each format that vendors use."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from agentic_lakehouse.contracts.feed_spec import ColumnType
from agentic_lakehouse.contracts.profile import TypeEvidence
from agentic_lakehouse.feeds.instants import layouts, read_date, read_timestamp
from agentic_lakehouse.feeds.numerals import (
    INTEGER,
    NOTATIONS,
    PLAIN,
    DecimalNotation,
    fraction_digits,
    whole_digits,
)
from agentic_lakehouse.feeds.vocabulary import BOOLEAN_PAIRS, BOOLEAN_WORDS


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)
"""Refuses `NaN` and `Infinity`, which are no JSON."""

MAX_SHAPES = 200
"""Shapes of date-like values that are looked at, per column and batch; ten times as many per column."""
MIN_BOOLEAN = 0.5
"""Least share of a pair's words: in running text, `no` and `o` say nothing about truth."""

_NUMBER_LIKE = r"^[+-]?[0-9.,' \u{2019}\u{a0}\u{202f}]*[0-9]$"
_MARKS = r"[.,' \u{2019}\u{a0}\u{202f}]"
_INSTANT_LIKE = (
    r"^(?:[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}|(?:19|20)[0-9]{2}[01][0-9][0-3][0-9](?:T?[0-9]{6}Z?)?$"
    r"|[0-9]{1,2}[.]?[- ][A-Za-z]{3,9}[- ][0-9]{2,4}|[A-Za-z]{3,9} [0-9]{1,2},? [0-9]{4}|[A-Z][a-z]{2}, [0-9])"
)
_RANK: dict[str, int] = {"timestamp": 0, "date": 1, "integer": 2, "boolean": 3, "decimal": 4, "json": 5}
"""Among types that fit equally many values, the one that says most comes first."""

Instant = Literal["date", "timestamp"]


@dataclass
class Tally:
    """How often one reading fits, and between which values."""

    matches: int = 0
    whole: int = 0
    fraction: int = 0
    least: tuple[float, str] | None = None
    greatest: tuple[float, str] | None = None

    def add(self, found: pl.DataFrame) -> None:
        """Take in values that fit: columns `value`, `n`, `key` (a number to order by) and maybe digits."""
        if found.is_empty():
            return
        self.matches += int(found["n"].sum())
        if "whole" in found.columns:
            self.whole = max(self.whole, _most(found["whole"]))
            self.fraction = max(self.fraction, _most(found["fraction"]))
        low, high = found["key"].arg_min(), found["key"].arg_max()
        if low is not None and high is not None:
            self._extend(
                (float(found["key"][low]), found["value"][low]), (float(found["key"][high]), found["value"][high])
            )

    def merge(self, other: Tally) -> None:
        """Take in what another tally counted."""
        self.matches += other.matches
        self.whole = max(self.whole, other.whole)
        self.fraction = max(self.fraction, other.fraction)
        if other.least and other.greatest:
            self._extend(other.least, other.greatest)

    def _extend(self, low: tuple[float, str], high: tuple[float, str]) -> None:
        self.least = low if self.least is None else min(self.least, low)
        self.greatest = high if self.greatest is None else max(self.greatest, high)


@dataclass
class TypeTallies:
    """The readings of one column, batch by batch."""

    integer: Tally = field(default_factory=Tally)
    decimals: dict[str, Tally] = field(default_factory=lambda: {n.format: Tally() for n in NOTATIONS})
    instants: dict[tuple[Instant, str], Tally] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)
    json: int = 0
    _without_marks: Tally = field(default_factory=Tally)
    _layouts: dict[str, tuple[tuple[Instant, str], ...]] = field(default_factory=dict)

    def add(self, values: pl.DataFrame) -> None:
        """Take in distinct trimmed `value`s and how often (`n`) each stands in the batch."""
        value = pl.col("value")
        numbers = values.filter(value.str.contains(_NUMBER_LIKE))
        if numbers.height:
            self._add_numbers(numbers)
        instants = values.filter(value.str.contains(_INSTANT_LIKE) & (value.str.len_chars() <= 40))
        if instants.height:
            self._add_instants(instants)
        short = values.filter(value.str.len_chars() <= 9).with_columns(value.str.to_lowercase())
        for word, n in short.filter(value.is_in(BOOLEAN_WORDS)).iter_rows():
            self.words[word] += n
        for text, n in values.filter(value.str.contains(r"(?s)^(?:\{.*\}|\[.*\])$")).iter_rows():
            self.json += n * is_json(text)

    def _add_numbers(self, numbers: pl.DataFrame) -> None:
        value = pl.col("value")
        integers = numbers.with_columns(
            key=pl.when(value.str.contains(INTEGER)).then(value).cast(pl.Int64, strict=False)
        )
        integers = integers.filter(pl.col("key").is_not_null()).with_columns(
            whole=whole_digits(value), fraction=pl.lit(0)
        )
        self.integer.add(integers)
        has_marks = value.str.contains(_MARKS)
        bare = Tally()
        bare.add(_read_decimals(numbers.filter(~has_marks), NOTATIONS[0]))
        self._without_marks.merge(bare)
        marked = numbers.filter(has_marks)
        for notation in NOTATIONS:
            tally = self.decimals[notation.format]
            tally.merge(bare)
            if marked.height:
                tally.add(_read_decimals(marked, notation))

    def _add_instants(self, values: pl.DataFrame) -> None:
        value = pl.col("value")
        shapes = values.group_by(value.str.replace_all("[0-9]", "9").alias("shape"))
        for shape, example in shapes.agg(value.min()).sort("shape").head(MAX_SHAPES).iter_rows():
            if shape not in self._layouts and len(self._layouts) < 10 * MAX_SHAPES:
                self._layouts[shape] = tuple(layouts(example))
                for layout in self._layouts[shape]:
                    self.instants.setdefault(layout, Tally())
        for (kind, fmt), tally in self.instants.items():
            read = read_date(value, fmt) if kind == "date" else read_timestamp(value, fmt)
            tally.add(values.with_columns(key=read.to_physical()).filter(pl.col("key").is_not_null()))

    @property
    def mark_votes(self) -> Counter[str]:
        """Values that can only be read with one decimal mark, by that mark: what a column proves for its file."""
        best = {mark: max(self.decimals[n.format].matches for n in NOTATIONS if n.mark == mark) for mark in ".,"}
        return Counter({".": max(0, best["."] - best[","]), ",": max(0, best[","] - best["."])})

    def evidence(self, values: int, *, mark: str, order: str | None) -> list[tuple[TypeEvidence, Tally]]:
        """Return the readings that fit at least one value, most matches first.

        Args:
            values: non-null values of the column.
            mark: decimal mark to believe where the column leaves it open.
            order: order of day, month and year (`dmy`) to believe where the column leaves it open.
        """
        found = [_entry("integer", None, self.integer), *self._decimal_entries(mark)]
        found += [_entry(kind, fmt, self.instants[kind, fmt]) for kind, fmt in self._clear_instants(order)]
        found += self._boolean_entries(values)
        found.append(_entry("json", None, Tally(matches=self.json)))
        found = [entry for entry in found if entry[0].matches]
        return sorted(found, key=lambda entry: (-entry[0].matches, _RANK[entry[0].type]))

    def _decimal_entries(self, mark: str) -> list[tuple[TypeEvidence, Tally]]:
        """Notations that read more than bare digits; the plain one stands for all where only digits occur.

        Groups by space or apostrophe are named only where they are needed.
        """
        usual = {n.mark: self.decimals[n.format].matches for n in NOTATIONS if n.group in {",", "."}}
        fitting = [
            n
            for n in NOTATIONS
            if self.decimals[n.format].matches > self._without_marks.matches
            and (n.group not in {" ", "'"} or self.decimals[n.format].matches > usual[n.mark])
        ]
        if not fitting:
            return [_entry("decimal", PLAIN, self.decimals[PLAIN])]
        fitting.sort(key=lambda n: (-self.decimals[n.format].matches, n.mark != mark, bool(n.group)))
        return [_entry("decimal", n.format, self.decimals[n.format]) for n in fitting]

    def _boolean_entries(self, values: int) -> list[tuple[TypeEvidence, Tally]]:
        pairs = {pair: self.words[pair[0]] + self.words[pair[1]] for pair in BOOLEAN_PAIRS}
        most = max(pairs.values())
        if not most or most < MIN_BOOLEAN * values:
            return []
        best = next(pair for pair, matches in pairs.items() if matches == most)
        return [_entry("boolean", "|".join(best), Tally(matches=most))]

    def _clear_instants(self, order: str | None) -> list[tuple[Instant, str]]:
        """Return layouts without those that are one reading among several of the same digits."""
        families: dict[tuple[Instant, str], list[str]] = {}
        for kind, fmt in self.instants:
            families.setdefault((kind, re.sub(r"%[dmy]", "%_", fmt)), []).append(fmt)
        clear = []
        for (kind, _), formats in families.items():
            most = max(self.instants[kind, fmt].matches for fmt in formats)
            best = [fmt for fmt in formats if self.instants[kind, fmt].matches == most]
            if len(best) > 1:
                best = [fmt for fmt in best if _order_of(fmt) == order]
            clear += [(kind, fmt) for fmt in best[:1]]
        return [layout for layout in clear if not self._is_idle_fraction(layout, clear)]

    def _is_idle_fraction(self, layout: tuple[Instant, str], clear: list[tuple[Instant, str]]) -> bool:
        plain = (layout[0], layout[1].replace(".%f", ""))
        return plain != layout and plain in clear and self.instants[plain].matches == self.instants[layout].matches


def is_json(text: str) -> bool:
    """Whether `text` is a whole JSON value."""
    try:
        _JSON.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def _most(counts: pl.Series) -> int:
    most = counts.max()
    return most if isinstance(most, int) else 0


def _read_decimals(numbers: pl.DataFrame, notation: DecimalNotation) -> pl.DataFrame:
    plain = numbers.with_columns(plain=notation.plain(pl.col("value"))).filter(pl.col("plain").is_not_null())
    number = pl.col("plain")
    return plain.with_columns(key=number.cast(pl.Float64), whole=whole_digits(number), fraction=fraction_digits(number))


def _entry(kind: ColumnType, fmt: str | None, tally: Tally) -> tuple[TypeEvidence, Tally]:
    found = TypeEvidence(type=kind, format=fmt, matches=tally.matches, max_scale=tally.fraction, max_digits=tally.whole)
    return found, tally


def _order_of(fmt: str) -> str:
    return "".join(dict.fromkeys(letter.lower() for letter in re.findall(r"%([dmyYbB])", fmt))).replace("b", "m")
