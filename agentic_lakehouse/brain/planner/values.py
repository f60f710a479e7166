"""Evidence of values: whether what a vendor's column holds can be, or must be, what a target asks for.

Each judgement gives a number from -1 (cannot be) to 1 (is unmistakable); 0 says nothing. An empty column says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from agentic_lakehouse.brain.planner.tokens import lexicon, words
from agentic_lakehouse.brain.planner.units import DIMENSION, NUMERIC, PERCENT, is_money, target_unit
from agentic_lakehouse.brain.planner.vocabulary import flagged_value, value_map, value_words
from agentic_lakehouse.brain.question import MapQuestion, SourceColumn, TargetColumn

MOST = 0.9
"""Share of values that has a meaning or a form, from which the column is taken to have it."""
_ADDRESS = re.compile(r"https?://[^][\s,;|{}\"']+")
_IMAGE = re.compile(r"\.(jpe?g|png|gif|webp|svg|avif|bmp|tiff?)\b", re.IGNORECASE)
CHECKED = frozenset({"gtin", "isbn"})
"""Meanings that a check digit proves."""
MONEY = frozenset({"price", "cost", "amount", "fee", "total", "revenue", "payment"})
SHARES = frozenset({"percent", "rate", "tax", "discount"})
"""Concepts of targets that hold money, and of those that hold percentages."""
HALF = 0.5
STRAY = -0.1
"""What it says that some value, perhaps only one, is too long or out of bounds."""
MOST_EVIDENCE = 1.5
"""What all that speaks for a pair may add up to: unmistakable values may carry a header that says nothing."""


class ValueEvidence:
    """Compares what every source of a question holds with what every target asks for."""

    def __init__(self, question: MapQuestion) -> None:
        self._question = question
        self._shown = [_comparable(s) for s in question.sources]
        self._about = [_concepts(t) for t in question.targets]

    def score(self, source: int, target: int) -> float:
        """Return from -1 to 1 what the source's values say of the target."""
        column, wanted = self._question.sources[source], self._question.targets[target]
        if not column.filled:
            return 0.0
        evidence = (
            _type(column, wanted)
            + _unit(column, wanted)
            + _vocabulary(column, wanted)
            + self._pattern(source, wanted)
            + self._meaning(column, target)
            + self._key(column, target)
            + _length(column, wanted)
            + _bounds(column, wanted)
            + _likeness(self._shown[source], wanted)
        )
        return max(-1.0, min(MOST_EVIDENCE, evidence))

    def _pattern(self, source: int, wanted: TargetColumn) -> float:
        """Judge by the target's pattern: worth the more the fewer other columns it fits."""
        matched = _matching(self._shown[source], wanted.pattern)
        if matched is None:
            return 0.0
        if matched < HALF:
            return -0.8
        others = [_matching(v, wanted.pattern) for k, v in enumerate(self._shown) if k != source and v]
        common = sum(share or 0.0 for share in others) / len(others) if others else 0.0
        return (0.2 + 0.5 * (1 - common)) * matched if matched >= MOST else 0.0

    def _key(self, column: SourceColumn, target: int) -> float:
        """Judge by uniqueness: what must be unique is, and an identifier may well be."""
        if self._question.targets[target].unique:
            return 0.3 if column.key else -0.5
        return 0.2 if column.key and "identifier" in self._about[target] and column.type == "string" else 0.0

    def _meaning(self, column: SourceColumn, target: int) -> float:
        """Judge by what the values are known to be: a checked GTIN, an address of an image, a currency."""
        score = 0.0
        kinds = _meanings(column)
        meant = {concept for kind in kinds for concept in lexicon().semantics[kind]}
        if meant & self._about[target]:
            score += 0.9 if kinds & CHECKED else 0.6
        elif kinds & {"url", "image_url", "email"}:
            score -= 0.6
        wants = {k for k, concepts in lexicon().semantics.items() if concepts & self._about[target]}
        if wants & {"url", "image_url"} and not kinds and _asks_for_address(self._question.targets[target]):
            score -= 0.8
        return score


def _meanings(column: SourceColumn) -> set[str]:
    """Return what nearly all values of a column are; an address of an image is not counted as any address."""
    counts = dict(column.semantics)
    several = counts.pop("url_list", 0) + _addresses_in_json(column)
    counts["url"] = counts.get("url", 0) + several
    if counts.get("image_url") or any(_IMAGE.search(v) for v in shown(column)):
        counts["image_url"] = counts.get("image_url", 0) + several
    kinds = {k for k in lexicon().semantics if counts.get(k, 0) >= MOST * column.filled}
    return kinds - {"url"} if "image_url" in kinds else kinds


def _comparable(column: SourceColumn) -> tuple[str, ...]:
    """Return the values that a target's pattern and examples are compared with: of JSON, the first address within."""
    values = shown(column)
    found = [_ADDRESS.search(v) for v in values] if column.type == "json" else []
    return tuple(m[0] for m in found if m) or values


def _addresses_in_json(column: SourceColumn) -> int:
    """Return how many cells are JSON documents around addresses, as far as the shown ones tell."""
    values = shown(column) if column.type == "json" else ()
    return round(column.filled * sum("://" in v for v in values) / len(values)) if values else 0


def shown(column: SourceColumn) -> tuple[str, ...]:
    """Return the values of a column that the question shows."""
    return tuple(column.values) if column.all_values else tuple(dict.fromkeys((*column.samples, *column.values)))


def is_numeric(target: TargetColumn) -> bool:
    """Say whether a target holds numbers."""
    return bool(NUMERIC.match(target.type))


def numeric_share(column: SourceColumn) -> float:
    """Return the share of a column's values that can be read as numbers in one format."""
    if column.type in {"integer", "decimal"}:
        return 1.0
    best = max((e.matches for e in column.types if e.type in {"integer", "decimal"}), default=0)
    with_unit = sum(count for kind, count in column.semantics.items() if kind.startswith("unit:"))
    return min(1.0, (best + with_unit) / column.filled) if column.filled else 0.0


def _type(column: SourceColumn, wanted: TargetColumn) -> float:
    if is_numeric(wanted):
        share = numeric_share(column)
        if column.type in {"boolean", "date", "timestamp"} or share < HALF:
            return -1.0
        return 0.15 if share == 1.0 else -0.15
    if wanted.type.startswith(("date", "timestamp")):
        return 0.6 if column.type in {"date", "timestamp"} else -1.0
    if wanted.type.startswith("boolean"):
        return 0.4 if column.type == "boolean" else -0.2 if column.distinct <= 2 else -1.0
    if wanted.valid_values:
        return 0.0
    return {"date": -0.7, "timestamp": -0.7, "boolean": -0.7, "decimal": -0.3, "json": -0.1}.get(column.type, 0.0)


def _unit(column: SourceColumn, wanted: TargetColumn) -> float:
    if column.unit is not None and is_numeric(wanted):
        if column.unit == PERCENT:
            return 0.0 if _concepts(wanted) & SHARES or wanted.unit == PERCENT else -0.9
        if is_money(column.unit):
            return 0.2 if _concepts(wanted) & MONEY else -0.9 if target_unit(wanted) in DIMENSION else 0.0
    if column.unit is None or column.unit not in DIMENSION or DIMENSION[column.unit] == "money":
        return 0.0
    unit = target_unit(wanted)
    if unit is None:
        return -0.3 if is_numeric(wanted) else 0.0
    return 0.4 if DIMENSION[column.unit] == DIMENSION[unit] else -0.9


def _vocabulary(column: SourceColumn, wanted: TargetColumn) -> float:
    if not wanted.valid_values:
        return 0.0
    if not column.all_values:
        return -0.8
    counts, known = value_words(column), value_map(column, wanted)
    if flagged_value(column, wanted) and len(known) == len(counts):
        return 0.5
    total = sum(counts.values())
    share = sum(count for word, count in counts.items() if word in known) / total if total else 0.0
    if share >= MOST:
        # Numbers and flags stand for anything: 0 and 1 are words of nearly every vocabulary.
        return 0.2 if column.type in {"boolean", "integer"} else 0.7
    return 0.0 if share >= HALF else -0.7


def _length(column: SourceColumn, wanted: TargetColumn) -> float:
    if wanted.max_length is None or column.length[1] <= wanted.max_length:
        return 0.0
    return -1.0 if column.length[0] > wanted.max_length else STRAY


def _bounds(column: SourceColumn, wanted: TargetColumn) -> float:
    if column.type not in {"integer", "decimal"} or column.range is None or not is_numeric(wanted):
        return 0.0
    least, most = (_number(text) for text in column.range)
    low, high = wanted.minimum, wanted.maximum
    if least is None or most is None:
        return 0.0
    if (low is not None and most < low) or (high is not None and least > high):
        return -1.0
    return STRAY if (low is not None and least < low) or (high is not None and most > high) else 0.0


def _likeness(values: Sequence[str], wanted: TargetColumn) -> float:
    """Judge by the target's examples: prose is no code, and one word is no prose."""
    if is_numeric(wanted) or wanted.valid_values or not wanted.examples or not values:
        return 0.0
    mine, theirs = _spaces(values), _spaces(wanted.examples)
    return -0.5 if mine > 4 * (theirs + 1) else 0.0


def _spaces(values: Sequence[str]) -> float:
    return sum(v.strip().count(" ") for v in values) / len(values)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _matching(values: Sequence[str], pattern: str | None) -> float | None:
    """Return the share of values that a pattern fits after the best clean-up; `None` where that cannot be told."""
    compiled = compile_pattern(pattern)
    if compiled is None or not values:
        return None
    return max(sum(bool(compiled.search(clean(v))) for v in values) / len(values) for clean in CLEANERS.values())


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


CLEANERS = {"": str.strip, "upper": lambda v: v.strip().upper(), "digits": _digits}
"""What an expression may do to make a value fit a pattern, simplest first; named after the SQL function."""


@lru_cache(maxsize=256)
def compile_pattern(pattern: str | None) -> re.Pattern[str] | None:
    """Compile a standard's pattern; one that Python does not know judges nothing here (the audit still applies it)."""
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None


def _asks_for_address(target: TargetColumn) -> bool:
    return "http" in (target.pattern or "") or bool({"url", "uri", "link"} & set(words(target.name)))


def _concepts(target: TargetColumn) -> frozenset[str]:
    """Return the concepts that a target's own name speaks of, and those of its synonyms that stand alone."""
    lex = lexicon()
    own = {c for word in words(target.name) for c in lex.concepts_of(word)}
    alone = {c for s in _all(target) if len(words(s)) == 1 for c in lex.concepts_of(words(s)[0])}
    return frozenset(own | alone)


def _all(target: TargetColumn) -> list[str]:
    return [s for listed in target.synonyms.values() for s in listed]
