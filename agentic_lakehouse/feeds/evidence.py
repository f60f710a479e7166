"""Count how many of a column's values can be read as each type, in each format that vendors use."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from agentic_lakehouse.contracts.feed_spec import ColumnType
from agentic_lakehouse.contracts.profile import TypeEvidence
from agentic_lakehouse.feeds.amounts import NumberTallies
from agentic_lakehouse.feeds.instants import layouts, read_date, read_timestamp
from agentic_lakehouse.feeds.tally import Tally
from agentic_lakehouse.feeds.vocabulary import BOOLEAN_PAIRS, BOOLEAN_WORDS


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)
"""Refuses `NaN` and `Infinity`, which are no JSON."""

MAX_SHAPES = 200
"""Shapes of date-like values that are looked at, per column and batch; ten times as many per column."""
MIN_BOOLEAN = 0.5
"""Least share of a pair's words: in running text, `no` and `o` say nothing about truth."""

_INSTANT_LIKE = (
    r"^(?:[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}|(?:19|20)[0-9]{2}[01][0-9][0-3][0-9](?:T?[0-9]{6}Z?)?$"
    r"|[0-9]{1,2}[.]?[-/ \u{a0}]?(?:de )?\p{L}{3,14}[.]?[-/ \u{a0}]?(?:de )?[0-9]{2,4}|[0-9]{4}-\p{L}{3,6}-[0-9]{1,2}"
    r"|\p{L}{3,14}[.]? [0-9]{1,2},? [0-9]{4}|[A-Z][a-z]{2}, [0-9])"
)
_RANK: dict[str, int] = {"timestamp": 0, "date": 1, "integer": 2, "boolean": 3, "decimal": 4, "json": 5}
"""Among types that fit equally many values, the one that says most comes first."""

Instant = Literal["date", "timestamp"]


@dataclass
class TypeTallies:
    """The readings of one column, batch by batch."""

    numbers: NumberTallies = field(default_factory=NumberTallies)
    instants: dict[tuple[Instant, str], Tally] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)
    json: int = 0
    _layouts: dict[str, tuple[tuple[Instant, str], ...]] = field(default_factory=dict)

    def add(self, values: pl.DataFrame) -> None:
        """Take in distinct trimmed `value`s and how often (`n`) each stands in the batch."""
        value = pl.col("value")
        self.numbers.add(values)
        instants = values.filter(value.str.contains(_INSTANT_LIKE) & (value.str.len_chars() <= 40))
        if instants.height:
            self._add_instants(instants)
        short = values.filter(value.str.len_chars() <= max(map(len, BOOLEAN_WORDS))).with_columns(
            value.str.to_lowercase()
        )
        for word, n in short.filter(value.is_in(BOOLEAN_WORDS)).iter_rows():
            self.words[word] += n
        for text, n in values.filter(value.str.contains(r"(?s)^(?:\{.*\}|\[.*\])$")).iter_rows():
            self.json += n * is_json(text)

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
        """Values that can only be read with one decimal mark, by that mark."""
        return self.numbers.mark_votes

    def evidence(self, values: int, *, mark: str, order: str | None) -> list[tuple[TypeEvidence, Tally]]:
        """Return the readings that fit at least one value, most matches first.

        Args:
            values: non-null values of the column.
            mark: decimal mark to believe where the column leaves it open.
            order: order of day, month and year (`dmy`) to believe where the column leaves it open.
        """
        found = self.numbers.evidence(mark)
        found += [_entry(kind, fmt, self.instants[kind, fmt]) for kind, fmt in self._clear_instants(order)]
        found += self._boolean_entries(values)
        found.append(_entry("json", None, Tally(matches=self.json)))
        found = [entry for entry in found if entry[0].matches]
        return sorted(found, key=lambda entry: (-entry[0].matches, _RANK[entry[0].type]))

    def _boolean_entries(self, values: int) -> list[tuple[TypeEvidence, Tally]]:
        pairs = {pair: self.words[pair[0]] + self.words[pair[1]] for pair in BOOLEAN_PAIRS}
        most = max(pairs.values())
        if not most or most < MIN_BOOLEAN * values:
            return []
        best = next(pair for pair, matches in pairs.items() if matches == most)
        return [_entry("boolean", "|".join(best), Tally(matches=most))]

    def open_orders(self, order: str | None) -> Sequence[tuple[Instant, str]]:
        """Return the layouts that read the same digits as other days, none of which anything speaks for."""
        return max(
            (best for best in self._families() if len(best) > 1 and not any(_order_of(f) == order for _, f in best)),
            key=lambda best: self.instants[best[0]].matches,
            default=(),
        )

    def _families(self) -> list[list[tuple[Instant, str]]]:
        """Return layouts that differ in the order of day, month and year alone: of each family the best ones."""
        families: dict[tuple[Instant, str], list[tuple[Instant, str]]] = {}
        for kind, fmt in self.instants:
            families.setdefault((kind, re.sub(r"%[dmy]", "%_", fmt)), []).append((kind, fmt))
        most = {key: max(self.instants[layout].matches for layout in layouts) for key, layouts in families.items()}
        return [[x for x in layouts if self.instants[x].matches == most[key] > 0] for key, layouts in families.items()]

    def _clear_instants(self, order: str | None) -> list[tuple[Instant, str]]:
        """Return layouts without those that are one reading among several of the same digits."""
        clear = []
        for best in self._families():
            spoken_for = best if len(best) == 1 else [layout for layout in best if _order_of(layout[1]) == order]
            clear += spoken_for[:1]
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


def _entry(kind: ColumnType, fmt: str | None, tally: Tally) -> tuple[TypeEvidence, Tally]:
    return TypeEvidence(type=kind, format=fmt, matches=tally.matches), tally


def _order_of(fmt: str) -> str:
    return "".join(dict.fromkeys(letter.lower() for letter in re.findall(r"%([dmyYbB])", fmt))).replace("b", "m")
