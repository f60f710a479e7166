"""What a file is, read off its measurements: types that lose nothing, keys by what they are called."""

from __future__ import annotations

from collections.abc import Sequence

from agentic_lakehouse.brain.conclude import CLAIM_SHARE, LONG_DIGITS, MAX_DIGITS
from agentic_lakehouse.brain.planner.tokens import MIN_PART, Splitter, lexicon, words
from agentic_lakehouse.brain.planner.units import header_unit, unit_named
from agentic_lakehouse.brain.question import ColumnFacts, DescribeQuestion
from agentic_lakehouse.contracts.profile import TypeEvidence

MOST = 0.9
MAX_PARTITIONS = 3
MAX_PARTITION_VALUES = 50
MIN_PARTITION_ROWS = 20
MAX_CODE = 40
LONG_TEXT = 120
"""Characters above which a value is no code, and above which it names nothing."""


class Described:
    """The planner's reading of one file.

    Args:
        question: the file's facts.
        doubted: source columns whose earlier claims were refuted; they are claimed to be plain text.
        keyless: claim no keys, because earlier ones were refuted.
    """

    def __init__(self, question: DescribeQuestion, *, doubted: Sequence[str] = (), keyless: bool = False) -> None:
        self._question = question
        self._lexicon = lexicon()
        self._splitter = Splitter(())
        self._doubted = frozenset(doubted)
        self._keys = [] if keyless else sorted(question.unique_keys, key=self._key_rank)
        self._types = {c.source_name: self._type(c) for c in question.columns}

    def proposal(self) -> dict[str, object]:
        """Return the answer, as `FeedProposal` has it."""
        primary = next((key for key in self._keys if self._key_rank(key)[0] < _BY_CHANCE), ())
        natural = [k for k in self._keys if k != primary and len(k) == 1 and self._key_rank(k)[0] <= _BARCODE]
        return {
            "columns": [self._claim(c, primary) for c in self._question.columns],
            "primary_key": list(primary),
            "natural_keys": [list(k) for k in natural[:3]],
            "partition_candidates": self._partitions(),
            "description": self._description(primary),
        }

    def _claim(self, column: ColumnFacts, primary: Sequence[str]) -> dict[str, object]:
        chosen, kind = self._types[column.source_name], self._kind(column)
        return {
            "source_name": column.source_name,
            "type": kind,
            "format": chosen.format if chosen else None,
            "nullable": column.source_name not in primary,
            "null_tokens": list(column.null_tokens),
            "unit": self._unit(column, kind),
            "description": self._gloss(column, kind),
        }

    def _kind(self, column: ColumnFacts) -> str:
        chosen = self._types[column.source_name]
        return chosen.type if chosen else "string"

    def _type(self, column: ColumnFacts) -> TypeEvidence | None:
        """Choose the narrowest type that loses nothing; `None` is text."""
        if column.source_name in self._doubted or not column.filled:
            return None
        fitting = [e for e in column.types if e.type != "string" and e.matches >= CLAIM_SHARE * column.filled]
        if self._names_a_thing(column):
            fitting = [e for e in fitting if e.type not in {"integer", "decimal", "boolean"}]
        fitting = [e for e in fitting if e.max_digits + e.max_scale <= _digits_that_fit(e)]
        by_type: dict[str, list[TypeEvidence]] = {}
        for evidence in fitting:
            by_type.setdefault(evidence.type, []).append(evidence)
        for kind in self._preference(column, by_type):
            if kind in by_type:
                # The profile lists the notation first that the file, or else the vendor's locale, speaks for.
                return max(by_type[kind], key=lambda e: e.matches)
        return None

    def _preference(self, column: ColumnFacts, by_type: dict[str, list[TypeEvidence]]) -> tuple[str, ...]:
        """Order the types that fit from the most to the least telling."""
        numbers = ("decimal", "integer") if self._concepts(column) & self._lexicon.measure else ("integer", "decimal")
        moments = ("date", "timestamp")
        if {"integer", "decimal"} & set(by_type):
            if {"date", "time", "timestamp", "day"} & self._concepts(column):
                return (*moments, *numbers)
            if "boolean" in by_type and self._is_flag(column):
                return ("boolean", *numbers)
            return (*numbers, "boolean", *moments)
        return ("boolean", *moments, "json")

    def _names_a_thing(self, column: ColumnFacts) -> bool:
        """Say whether digits in this column are a name: leading zeros, checked codes, or a header that says so."""
        codes = sum(column.semantics.get(kind, 0) for kind in ("gtin", "isbn"))
        if column.semantics.get("leading_zero") or codes >= MOST * column.filled:
            return True
        header = self._words(column)
        counts = "of" in words(column.source_name)
        concepts = self._concepts(column) - ({"number"} if counts else set())
        heads = self._lexicon.concepts_of(header[-1]) | self._lexicon.concepts_of(header[0]) if header else frozenset()
        return bool(concepts & self._lexicon.naming) or (
            "number" in heads and not counts and not concepts & self._lexicon.measure
        )

    def _is_flag(self, column: ColumnFacts) -> bool:
        return column.source_name.rstrip().endswith("?") or bool(self._lexicon.answer & set(self._words(column)))

    def _unit(self, column: ColumnFacts, kind: str) -> str | None:
        for name, count in column.semantics.items():
            if name.startswith("unit:") and count >= MOST * column.filled:
                return unit_named(name.removeprefix("unit:"))
        return header_unit(column.source_name) if kind in {"integer", "decimal"} or not column.filled else None

    def _partitions(self) -> list[str]:
        if self._question.rows < MIN_PARTITION_ROWS:
            return []
        few = [
            c
            for c in self._question.columns
            if 2 <= c.distinct <= min(MAX_PARTITION_VALUES, self._question.rows // 5)
            and c.filled == self._question.rows
            and self._kind(c) in {"string", "date", "boolean"}
            and c.length[1] <= LONG_TEXT
        ]
        return [c.source_name for c in sorted(few, key=lambda c: c.distinct)[:MAX_PARTITIONS]]

    def _key_rank(self, key: Sequence[str]) -> tuple[int, int, int]:
        """Rank a unique set of columns: by its weakest member's meaning, then by size, then by its place."""
        facts = {c.source_name: (place, c) for place, c in enumerate(self._question.columns)}
        members = [facts[name] for name in key if name in facts]
        if len(members) < len(key):
            return (_NO_KEY, len(key), 0)
        ranks = [self._key_meaning(column) for _, column in members]
        meaning = ranks[0] if len(ranks) == 1 else _together(ranks)
        return (meaning, len(key), min(place for place, _ in members))

    def _key_meaning(self, column: ColumnFacts) -> int:
        """Say how much a unique column is a key by what it is called, 0 the most."""
        concepts = self._concepts(column)
        if column.length[1] > LONG_TEXT or concepts & self._lexicon.measure:
            return _NO_KEY
        if concepts & _IDENTIFIERS:
            return 0
        if concepts & _CODES:
            return 1
        if _looks_like_a_code(column):
            return _CODE_LIKE
        if "barcode" in concepts:
            return _BARCODE
        return _NAME if concepts & _NAMES else _BY_CHANCE

    def _concepts(self, column: ColumnFacts) -> frozenset[str]:
        return frozenset(c for word in self._words(column) for c in self._lexicon.concepts_of(word) or _tail(word))

    def _words(self, column: ColumnFacts) -> tuple[str, ...]:
        return self._splitter.split(words(column.source_name))

    def _gloss(self, column: ColumnFacts, kind: str) -> str:
        """Say in a sentence what a column holds, as far as its header tells."""
        said = [min(self._lexicon.concepts_of(w), default=w) for w in self._words(column)]
        subject = " ".join(dict.fromkeys(said)).capitalize() or "Column without a readable name"
        unit = self._unit(column, kind)
        return f"{subject}, {_ARTICLES[kind]}{f' in {unit}' if unit else ''}."

    def _description(self, primary: Sequence[str]) -> str:
        shown = [c.source_name for c in self._question.columns[:6]]
        more = len(self._question.columns) - len(shown)
        one = f", one for each {' and '.join(primary)}" if primary else ""
        return f"Records with {', '.join(shown)}{f' and {more} more columns' if more > 0 else ''}{one}."


_IDENTIFIERS = frozenset({"identifier", "key"})
_CODES = frozenset({"number", "code", "reference"})
_NAMES = frozenset({"name", "title", "email"})
_CODE_LIKE, _BARCODE, _NAME, _BY_CHANCE, _NO_KEY = 2, 3, 4, 5, 6
"""How much a unique column is a key, after identifiers (0) and numbers or codes by name (1)."""
_ARTICLES = {
    "string": "as text",
    "integer": "a whole number",
    "decimal": "a decimal number",
    "boolean": "true or false",
    "date": "a date",
    "timestamp": "a moment in time",
    "json": "a JSON document",
}


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


def _tail(word: str) -> frozenset[str]:
    """Return what the end of an unknown compound says, where it names a thing: `warencode` ends in a code."""
    lex = lexicon()
    ends = (lex.concepts_of(word[start:]) for start in range(MIN_PART, len(word) - MIN_PART))
    return frozenset(c for concepts in ends for c in concepts & lex.naming)


def _together(ranks: Sequence[int]) -> int:
    """Rank several columns that are unique only together: an identifier among them, and none that is no key."""
    return _NAME if max(ranks) < _NO_KEY and min(ranks) <= 1 else _NO_KEY


def _digits_that_fit(evidence: TypeEvidence) -> int:
    """Return the most digits of a number; whole numbers with more than an integer holds are names of things."""
    return MAX_DIGITS if evidence.max_scale else LONG_DIGITS
