"""What a model may look at while it maps a feed: rows, a column, a term of the standard, an expression tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field

from agentic_lakehouse.brain.planner.tokens import lexicon, words
from agentic_lakehouse.brain.planner.vocabulary import fold
from agentic_lakehouse.brain.proposals import Proposed
from agentic_lakehouse.brain.question import CELL
from agentic_lakehouse.brain.tools import Tool
from agentic_lakehouse.brain.unfit import Unfit
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.contracts.trial import Tried

ROWS = 10
TOP_VALUES = 50
TERMS = 5
LIKE = 0.7
"""Likeness of two words from which a term is found."""


class SampleRows(Proposed):
    """Show rows of the feed as they stand in bronze, spread over the sample."""

    columns: tuple[str, ...] = ()
    """Sources' `name`s; all where empty."""
    rows: Annotated[int, Field(ge=1, le=ROWS)] = 5


class ProfileColumn(Proposed):
    """Show all that was measured of one source over the whole file, with more of its values than the question has."""

    column: str
    """A source's `name`."""


class LookUpTerm(Proposed):
    """Find targets of the standard by a word of any language: in names, synonyms, valid values and definitions."""

    term: Annotated[str, Field(min_length=1, max_length=100)]


class TryExpression(Proposed):
    """Run an expression for a target on sample rows: what is wrong with it, what is lost, which rules it breaks."""

    target: str
    expression: Annotated[str, Field(max_length=4_000)]


class Bench(Protocol):
    """A sample of the feed's bronze rows, read only."""

    def sample_rows(self, columns: Sequence[str], rows: int) -> list[dict[str, str | None]]:
        """Return rows of some bronze columns as text."""
        ...

    def try_expression(self, target: str, expression: str) -> Tried:
        """Run one target's expression on the sample, guarded."""
        ...


def looks(
    names: Sequence[str], bench: Bench, *, profile: FeedProfile, spec: FeedSpec, standard: ProductStandard
) -> tuple[Tool[Any], ...]:
    """Return the tools that a prompt names."""
    columns = {c.name: c.source_name for c in spec.columns}
    measured = {c.source_name: c for c in profile.columns}

    def known(column: str) -> str:
        if column not in columns:
            raise Unfit([f"there is no source {column!r}; there are {list(columns)}"])
        return column

    def sample_rows(asked: SampleRows) -> Any:
        wanted = [known(c) for c in asked.columns] or list(columns)
        found = bench.sample_rows(wanted, asked.rows)
        return [{name: _cut(value) for name, value in row.items()} for row in found]

    def profile_column(asked: ProfileColumn) -> Any:
        column = measured.get(columns[known(asked.column)])
        if column is None:
            raise Unfit([f"{asked.column!r} was not measured: the file at hand does not hold it"])
        facts = column.model_dump(mode="json", exclude_defaults=True, exclude={"top_values", "samples", "position"})
        return {**facts, "values": {_cut(v): n for v, n in list(column.top_values.items())[:TOP_VALUES]}}

    def try_expression(asked: TryExpression) -> Any:
        if asked.target not in {c.name for c in standard.offered}:
            raise Unfit([f"there is no target {asked.target!r}; there are {[c.name for c in standard.offered]}"])
        tried = bench.try_expression(asked.target, asked.expression)
        shown = [{name: _cut(value) for name, value in row.items()} for row in tried.examples]
        return {**tried.model_dump(mode="json", exclude_defaults=True), "examples": shown}

    tools: dict[str, Tool[Any]] = {
        "sample_rows": Tool("sample_rows", SampleRows, sample_rows),
        "profile_column": Tool("profile_column", ProfileColumn, profile_column),
        "look_up_term": Tool("look_up_term", LookUpTerm, lambda asked: _terms(standard, asked.term)),
        "try_expression": Tool("try_expression", TryExpression, try_expression),
    }
    return tuple(tools[name] for name in names)


LOOKS = frozenset({"sample_rows", "profile_column", "look_up_term", "try_expression"})
"""Tools that a prompt may name."""


def _terms(standard: ProductStandard, term: str) -> Any:
    """Return the columns that a term stands for, the likeliest first."""
    scored = [(_likeness(term, column), column) for column in standard.offered]
    found = sorted((s for s in scored if s[0] >= LIKE), key=lambda s: -s[0])[:TERMS]
    return {"found": [_column(column, term) for _, column in found]}


def _likeness(term: str, column: StandardColumn) -> float:
    synonyms = [s for listed in column.synonyms.values() for s in listed]
    meanings = [*column.valid_values, *(w for listed in column.value_synonyms.values() for w in listed)]
    if fold(term) in {fold(word) for word in (column.name, column.business_name, *synonyms, *meanings)}:
        return 1.0
    similar: Callable[[str, str], float] = lexicon().similarity
    asked = words(term)
    named = {w for text in (column.name, column.business_name, *synonyms, column.definition) for w in words(text)}
    return min((max((similar(word, other) for other in named), default=0.0) for word in asked), default=0.0)


def _column(column: StandardColumn, term: str) -> dict[str, Any]:
    told = {
        "name": column.name,
        "definition": column.definition,
        "unit": column.unit,
        "valid_values": column.valid_values,
        "examples": column.examples,
        "synonyms": {language: listed[:TERMS] for language, listed in column.synonyms.items()},
        "means": [v for v, listed in column.value_synonyms.items() if fold(term) in {fold(w) for w in (v, *listed)}],
    }
    return {key: value for key, value in told.items() if value}


def _cut(value: str | None) -> str | None:
    return value if value is None else value[:CELL]
