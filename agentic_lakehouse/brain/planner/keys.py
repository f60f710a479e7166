"""Which unique columns are a key: uniqueness is measured, what it means is read off names and values."""

from __future__ import annotations

from collections.abc import Sequence

from agentic_lakehouse.brain.planner.tokens import header_concepts, lexicon
from agentic_lakehouse.brain.question import ColumnFacts, DescribeQuestion

MAX_CODE = 40
LONG_TEXT = 120
"""Characters above which a value is no code, and above which it names nothing."""
IDENTIFIER, CODE, CODE_LIKE, BARCODE, NAME, BY_CHANCE, NO_KEY = range(7)
"""How much a unique column is a key, the most first: by an identifier's name, by a number's or code's, by its values'
looks, by a trade number that others give, by a name's name, by chance, not at all."""
_CONCEPTS = (
    (IDENTIFIER, frozenset({"identifier", "key"})),
    (CODE, frozenset({"number", "code", "reference"})),
)
_NAMES = frozenset({"name", "title", "email"})
MAX_NATURAL = 3


def choose_keys(question: DescribeQuestion) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the primary key, empty where nothing means to be one, and other columns that alone name a record."""
    places = {c.source_name: place for place, c in enumerate(question.columns)}
    keys = [key for key in question.unique_keys if places.keys() >= set(key)]
    columns = question.columns
    ranked = sorted(
        (_meaning([columns[places[n]] for n in key], question.variant_group), len(key), [places[n] for n in key], key)
        for key in keys
    )
    primary = ranked[0][-1] if ranked and ranked[0][0] < BY_CHANCE else ()
    natural = [key for meaning, size, _, key in ranked if size == 1 and meaning <= BARCODE and key != primary]
    return primary, natural[:MAX_NATURAL]


def _meaning(members: Sequence[ColumnFacts], group: str | None) -> int:
    # What groups variants names their product, whatever it is called.
    ranks = [min(CODE, _of_one(c)) if c.source_name == group else _of_one(c) for c in members]
    if len(ranks) == 1:
        return ranks[0]
    # Unique only together: an identifier must be among them, and nothing that is unique by its nature.
    return NAME if max(ranks) < NO_KEY and min(ranks) <= CODE else NO_KEY


def _of_one(column: ColumnFacts) -> int:
    concepts = header_concepts(column.source_name)
    if column.length[1] > LONG_TEXT or concepts & lexicon().measure:
        return NO_KEY
    for rank, named in _CONCEPTS:
        if concepts & named:
            return rank
    if _looks_like_a_code(column):
        return CODE_LIKE
    if "barcode" in concepts:
        return BARCODE
    return NAME if concepts & _NAMES else BY_CHANCE


def _looks_like_a_code(column: ColumnFacts) -> bool:
    """Say whether values are short, of one word, and not merely numbers."""
    values = (*column.samples, *column.values)
    if column.semantics.get("leading_zero"):
        return True
    return (
        column.length[1] <= MAX_CODE
        and not any(" " in v or "://" in v for v in values)
        and not all(v.isdigit() for v in values)
        and any(c.isdigit() or c in "-_" for v in values for c in v)
        and not any(e.type in {"decimal", "date", "timestamp"} and e.matches == column.filled for e in column.types)
    )
