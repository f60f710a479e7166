"""Lookups of rule sets: small tables that an expression reads as `lookup('name', word)` or `lookup('name', word, day)`.

The guard never sees such a call. It is taken out of the text first and stands there as a column of the lookup's type;
what it looks up is an expression of its own, guarded like any. So a table of 2,000 words makes no expression longer.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from agentic_lakehouse.contracts.rule_set import Lookup
from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.bounds import tokens
from agentic_lakehouse.sql.checks import text_literal
from agentic_lakehouse.sql.reading import parse
from agentic_lakehouse.sql.scope import nearest
from agentic_lakehouse.sql.trees import render
from agentic_lakehouse.sql.types import duckdb_type, literal

USAGE = "Usage: lookup('name', word), or lookup('name', word, day) where the values change with time."


@dataclass(frozen=True)
class Looked:
    """One call that was taken out of an expression."""

    name: str
    column: str
    """What stands for it in the expression."""
    word: str
    """Expression of the text that is looked up."""
    day: str | None
    """Expression of the day as of which it is."""


def take_lookups(text: str, *, lookups: Map[str, Lookup], prefix: str) -> tuple[str, list[Looked]]:
    """Return an expression with columns in the place of its lookups, and what each looks up.

    Args:
        text: an expression, not guarded yet.
        lookups: those that there are, by name.
        prefix: what the names of the columns begin with.

    Raises:
        GuardRefused: it cannot be read, or calls a lookup otherwise than it can be called.
    """
    tokens(text)
    query = parse(f"SELECT {text}\n")
    found: list[Looked] = []
    for node in list(query.find_all(exp.Anonymous)):
        if node.name.lower() != "lookup":
            continue
        name = text_literal(node.expressions[0]) if node.expressions else None
        if name not in lookups or name is None:
            what = "a call without a name" if name is None else repr(name)
            raise GuardRefused(
                f"There is no lookup {what}.", hint=nearest(name or "", list(lookups)) or USAGE, node="lookup"
            )
        needed = 3 if lookups[name].is_dated else 2
        if len(node.expressions) != needed:
            raise GuardRefused(
                f"lookup({name!r}, ...) takes {needed - 1} more arguments, not {len(node.expressions) - 1}.",
                hint=USAGE,
                node="lookup",
            )
        word, *day = (render(part) for part in node.expressions[1:])
        looked = Looked(name, f"{prefix}{len(found)}", word, day[0] if day else None)
        node.replace(exp.column(looked.column, quoted=True))
        found.append(looked)
    return (render(query.selects[0]) if found and isinstance(query, exp.Select) else text), found


def lookup_sql(lookup: Lookup, word: str, day: str | None) -> str:
    """Return DuckDB SQL of what a word stands for, null where the lookup does not have it.

    Args:
        lookup: words and values.
        word: SQL of a text.
        day: SQL of a date, where values change with time.
    """
    whens = " ".join(
        f"WHEN {_word(key)} THEN {_value(value, lookup.type, day)}" for key, value in lookup.values.items()
    )
    return f"CASE LOWER(TRIM({word})) {whens} END"


def _word(text: str) -> str:
    """Return a word as it is looked up; the engine lowers what Python and it might lower differently."""
    trimmed = text.strip()
    return literal(trimmed.lower()) if trimmed.isascii() else f"LOWER({literal(trimmed)})"


def _value(value: str | Map[date, str], kind: str, day: str | None) -> str:
    if isinstance(value, str):
        return literal(value) if kind == "string" else f"CAST({literal(value)} AS {duckdb_type(kind)})"
    since = sorted(value.items(), reverse=True)
    whens = " ".join(f"WHEN {day} >= DATE {literal(d.isoformat())} THEN {_value(v, kind, None)}" for d, v in since)
    return f"CASE {whens} END"
