"""What a file is, read off its measurements: types that lose nothing, keys by what they are called."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from agentic_lakehouse.brain.feed_specs import CLAIM_SHARE, LONG_DIGITS, MAX_DIGITS
from agentic_lakehouse.brain.planner.keys import LONG_TEXT, choose_keys
from agentic_lakehouse.brain.planner.tokens import header_concepts, header_words, lexicon, words
from agentic_lakehouse.brain.planner.units import PERCENT, header_unit, is_money, unit_named
from agentic_lakehouse.brain.question import ColumnFacts, DescribeQuestion
from agentic_lakehouse.contracts.profile import TypeEvidence

MOST = 0.9
"""Share of values that has a meaning, from which the column is taken to have it."""
MAX_PARTITIONS = 3
MAX_PARTITION_VALUES = 50
MIN_PARTITION_ROWS = 20
SHOWN = 6
"""Columns that a feed's description names."""
_SAID = {
    "string": "as text",
    "integer": "a whole number",
    "decimal": "a decimal number",
    "boolean": "true or false",
    "date": "a date",
    "timestamp": "a moment in time",
    "json": "a JSON document",
}


def described(question: DescribeQuestion, *, doubted: Collection[str] = (), keyless: bool = False) -> dict[str, object]:
    """Describe a file, as `FeedProposal` has it.

    Args:
        question: the file's facts.
        doubted: source columns whose earlier claims were refuted; they are claimed to be plain text.
        keyless: claim no keys, because earlier ones were refuted.
    """
    primary, natural = ((), []) if keyless else choose_keys(question)
    types = {c.source_name: None if c.source_name in doubted else choose_type(c) for c in question.columns}
    return {
        "columns": [_claim(c, types[c.source_name], is_key=c.source_name in primary) for c in question.columns],
        "primary_key": list(primary),
        "natural_keys": [list(key) for key in natural],
        "partition_candidates": [] if keyless else _partitions(question, types),
        "description": _description(question, primary),
    }


def choose_type(column: ColumnFacts) -> TypeEvidence | None:
    """Choose the narrowest type that loses nothing; `None` is text."""
    fitting = [
        e for e in column.types if e.matches >= CLAIM_SHARE * column.filled > 0 and _says_how_much(column, e.unit)
    ]
    if _names_a_thing(column):
        fitting = [e for e in fitting if e.type not in {"integer", "decimal", "boolean"}]
    by_type: dict[str, list[TypeEvidence]] = {}
    for evidence in fitting:
        # Whole numbers with more digits than an integer holds are names of things.
        if evidence.max_digits + evidence.max_scale <= (MAX_DIGITS if evidence.max_scale else LONG_DIGITS):
            by_type.setdefault(evidence.type, []).append(evidence)
    for kind in _preference(column, by_type):
        if kind in by_type:
            # The profile lists the notation first that the file, or else the vendor's locale, speaks for.
            return max(by_type[kind], key=lambda e: e.matches)
    return None


def _says_how_much(column: ColumnFacts, unit: str | None) -> bool:
    """Say whether a number with a unit in its cell is a quantity; under `Size` or `Model`, `38 cm` is a name."""
    if unit is None or unit == PERCENT or is_money(unit):
        return True
    return not lexicon().measure.isdisjoint(header_concepts(column.source_name))


def _preference(column: ColumnFacts, fitting: Collection[str]) -> tuple[str, ...]:
    """Order the types that fit from the most to the least telling."""
    concepts, lex = header_concepts(column.source_name), lexicon()
    numbers = ("decimal", "integer") if concepts & lex.measure else ("integer", "decimal")
    if not {"integer", "decimal"} & set(fitting):
        return ("boolean", "date", "timestamp", "json")
    if {"date", "time", "timestamp", "day"} & concepts:
        return ("date", "timestamp", *numbers)
    asks = column.source_name.rstrip().endswith("?") or not lex.answer.isdisjoint(header_words(column.source_name))
    return ("boolean", *numbers) if asks else (*numbers, "boolean", "date", "timestamp")


def _names_a_thing(column: ColumnFacts) -> bool:
    """Say whether digits in this column are a name: leading zeros, checked codes, or a header that says so."""
    codes = sum(column.semantics.get(kind, 0) for kind in ("gtin", "isbn"))
    if column.semantics.get("leading_zero") or codes >= MOST * column.filled > 0:
        return True
    header, lex = header_words(column.source_name), lexicon()
    concepts = header_concepts(column.source_name)
    if concepts & lex.naming:
        return True
    # `Article number` names an article; `number of articles` counts them.
    ends = lex.concepts_of(header[0]) | lex.concepts_of(header[-1]) if header else frozenset()
    return "number" in ends and not concepts & lex.measure and "of" not in words(column.source_name)


def _claim(column: ColumnFacts, chosen: TypeEvidence | None, *, is_key: bool) -> dict[str, object]:
    kind = chosen.type if chosen else "string"
    unit = chosen.unit if chosen and chosen.unit else _unit(column, kind)
    said = [min(lexicon().concepts_of(word), default=word) for word in header_words(column.source_name)]
    subject = " ".join(dict.fromkeys(said)).capitalize() or "Column without a readable name"
    return {
        "source_name": column.source_name,
        "type": kind,
        "format": chosen.format if chosen else None,
        "nullable": not is_key,
        "null_tokens": list(column.null_tokens),
        "unit": unit,
        "description": f"{subject}, {_SAID[kind]}{f' in {unit}' if unit else ''}.",
    }


def _unit(column: ColumnFacts, kind: str) -> str | None:
    for name, count in column.semantics.items():
        if name.startswith("unit:") and count >= MOST * column.filled:
            return unit_named(name.removeprefix("unit:"))
    return header_unit(column.source_name) if kind in {"integer", "decimal"} or not column.filled else None


def _partitions(question: DescribeQuestion, types: dict[str, TypeEvidence | None]) -> list[str]:
    """Return columns with few values, by which a reader would filter."""
    most = min(MAX_PARTITION_VALUES, question.rows // 5)
    few = [c for c in question.columns if 2 <= c.distinct <= most and c.filled == question.rows >= MIN_PARTITION_ROWS]
    filters = [c for c in few if c.length[1] <= LONG_TEXT and _is_filter(types[c.source_name])]
    return [c.source_name for c in sorted(filters, key=lambda c: c.distinct)[:MAX_PARTITIONS]]


def _is_filter(chosen: TypeEvidence | None) -> bool:
    return chosen is None or chosen.type in {"date", "boolean"}


def _description(question: DescribeQuestion, primary: Sequence[str]) -> str:
    shown = [c.source_name for c in question.columns[:SHOWN]]
    more = len(question.columns) - len(shown)
    one = f", one for each {' and '.join(primary)}" if primary else ""
    return f"Records with {', '.join(shown)}{f' and {more} more columns' if more > 0 else ''}{one}."
