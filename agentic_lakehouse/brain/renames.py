"""Whether a column that is gone stands under another header now: names and values must both say so.

A name alone is a guess (`Preis netto` for `Preis`), and so are values alone: two prices look alike. Both together are
a claim, which a person confirms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass

from agentic_lakehouse.brain.planner.tokens import Splitter, lexicon, words
from agentic_lakehouse.brain.planner.units import is_unit
from agentic_lakehouse.contracts.profile import ColumnProfile

ALIKE_NAMES, ALIKE_VALUES = 0.55, 0.7
"""From which names, and values, are alike. `List Price` and `Sale Price` are alike by 0.5: half of what each says is
something else. Of the columns of the delimited sample feeds, 96 % are like themselves by 0.7 in the other half of their
file, and 2 % of the other pairs; with names besides, 2 pairs of 1,912 are."""
APART = 0.1
"""By how much a renaming must be likelier than any other of the same columns."""
PLAIN, REPRESENTATION, LITTLE = 1.0, 0.5, 0.1
"""Weights of a header's words: one that says what is meant, how it is written down, or next to nothing."""


@dataclass(frozen=True)
class Renaming:
    """A column that stands under another header now."""

    before: str
    after: str
    name: float
    """How alike the headers are, 0 to 1."""
    values: float
    """How alike the values are, 0 to 1."""

    @property
    def confidence(self) -> float:
        """How sure it is: no surer than names and values together."""
        return round(math.sqrt(self.name * self.values), 2)

    @property
    def told(self) -> str:
        """Say what speaks for it."""
        return f"by name {self.name:.2f} and values {self.values:.2f}"


def renamings(gone: Sequence[ColumnProfile], new: Sequence[ColumnProfile]) -> dict[str, Renaming]:
    """Return the columns that were renamed, by their new header.

    Args:
        gone: columns of the delivery before that this one has not.
        new: columns of this delivery that the one before had not.
    """
    found = [
        Renaming(one.source_name, other.source_name, name, values)
        for one in gone
        for other in new
        if (name := like_names(one.source_name, other.source_name)) >= ALIKE_NAMES
        and (values := like_values(one, other)) >= ALIKE_VALUES
    ]
    return {r.after: r for r in found if all(r.confidence >= rival.confidence + APART for rival in _rivals(r, found))}


def _rivals(one: Renaming, found: Iterable[Renaming]) -> list[Renaming]:
    return [r for r in found if r is not one and (r.before == one.before or r.after == one.after)]


def like_names(one: str, other: str) -> float:
    """Return how far two headers say the same, 0 to 1: what of each the other covers, as harmonic mean."""
    if "".join(words(one)) == "".join(words(other)):
        return 1.0
    splitter = Splitter((*words(one), *words(other)))
    left, right = splitter.split(words(one)), splitter.split(words(other))
    if not left or not right:
        return 0.0
    covered, covering = _covered(left, right), _covered(right, left)
    return 2 * covered * covering / (covered + covering) if covered + covering else 0.0


def _covered(these: Sequence[str], those: Sequence[str]) -> float:
    weights = [_weight(word) for word in these]
    best = (max(lexicon().similarity(word, other) for other in those) for word in these)
    return sum(w * b for w, b in zip(weights, best, strict=True)) / sum(weights)


def _weight(word: str) -> float:
    if word in lexicon().stop or is_unit(word):
        return LITTLE
    return REPRESENTATION if lexicon().is_representation(word) else PLAIN


def like_values(one: ColumnProfile, other: ColumnProfile) -> float:
    """Return how alike two columns' values are, 0 to 1; 0 where either holds none: an empty column says nothing."""
    filled = [c.rows - c.nulls for c in (one, other)]
    if not all(filled):
        return 0.0
    said = [
        (2.0, _shared(_types(one), _types(other))),
        (2.0, _shared(_portions(one.patterns, filled[0]), _portions(other.patterns, filled[1]))),
        (1.0, _shared(_portions(one.semantics, filled[0]), _portions(other.semantics, filled[1]))),
        (1.0, _overlap((one.min_length, one.max_length), (other.min_length, other.max_length))),
        (1.0, 1 - abs(one.distinct / filled[0] - other.distinct / filled[1])),
        (1.0, 1 - abs(one.nulls / one.rows - other.nulls / other.rows)),
    ]
    if (ranges := _overlap_of_numbers(one, other)) is not None:
        said.append((2.0, ranges))
    if (vocabulary := _same_words(one, other)) is not None:
        said.append((3.0, vocabulary))
    return round(sum(weight * likeness for weight, likeness in said) / sum(weight for weight, _ in said), 2)


def _types(column: ColumnProfile) -> dict[str, float]:
    """Return the types that nearly all values fit; of each, the best reading."""
    filled, best = column.rows - column.nulls, dict[str, float]()
    for evidence in column.evidence:
        best[evidence.type] = max(best.get(evidence.type, 0.0), evidence.matches / filled)
    return best or {"string": 1.0}


def _portions(counts: Map[str, int], filled: int) -> dict[str, float]:
    return {name: min(1.0, count / filled) for name, count in counts.items()}


def _shared(one: Map[str, float], other: Map[str, float]) -> float:
    """Return what two distributions have in common, as share of what either has; 1 where neither has anything."""
    names = one.keys() | other.keys()
    either = sum(max(one.get(n, 0.0), other.get(n, 0.0)) for n in names)
    return sum(min(one.get(n, 0.0), other.get(n, 0.0)) for n in names) / either if either else 1.0


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the common part of two ranges, as share of both together."""
    both = max(one[1], other[1]) - min(one[0], other[0])
    common = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, common / both) if both else 1.0


def _overlap_of_numbers(one: ColumnProfile, other: ColumnProfile) -> float | None:
    """Return how far numbers are of one magnitude; `None` where either column holds none."""
    ranges = [_magnitudes(column) for column in (one, other)]
    return _overlap(ranges[0], ranges[1]) if ranges[0] and ranges[1] else None


def _magnitudes(column: ColumnProfile) -> tuple[float, float] | None:
    """Return the decimal logarithms of a column's least and greatest number."""
    if not {"integer", "decimal"} & set(_types(column)) or column.minimum is None or column.maximum is None:
        return None
    found = [_number(text) for text in (column.minimum, column.maximum)]
    if found[0] is None or found[1] is None:
        return None
    low, high = (math.copysign(math.log10(1 + abs(n)), n) for n in found if n is not None)
    return (low, high)


def _number(text: str) -> float | None:
    """Read the digits of a number as any vendor writes it: the last mark before one or two digits is the decimal."""
    digits = "".join(c for c in text if c.isdigit() or c in ",.-")
    whole, mark, part = max(digits.rpartition(","), digits.rpartition("."), key=lambda p: len(p[0]))
    plain = f"{whole.replace(',', '').replace('.', '')}.{part}" if mark and len(part) != 3 else digits.translate(_MARKS)
    try:
        return float(plain)
    except ValueError:
        return None


_MARKS = str.maketrans("", "", ",.")


def _same_words(one: ColumnProfile, other: ColumnProfile) -> float | None:
    """Return which share of values is known to stand in the other column; `None` where few are known of either."""
    shares = []
    for mine, theirs in ((one, other), (other, one)):
        known = theirs.top_values.keys() | set(theirs.samples)
        if mine.distinct > len(mine.top_values):
            return None
        shares.append(sum(n for v, n in mine.top_values.items() if v in known) / max(1, sum(mine.top_values.values())))
    return min(shares)
