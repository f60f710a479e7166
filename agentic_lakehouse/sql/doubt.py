"""On which cells a value hangs: whether it might be another one, had a cell been read that was not.

A `COALESCE` hangs on what it comes to: `coalesce(sku, gtin)` of a row with a sku does not hang on its gtin.
Every other step hangs on all that goes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from agentic_lakehouse.sql.compiler import compile_expression, guarded
from agentic_lakehouse.sql.trees import render

CERTAIN = "FALSE"
"""The doubt of a value that hangs on no doubtful column."""


def any_of(conditions: Iterable[str]) -> str:
    """Return SQL that is true where one of the conditions is; those that are never true are left out."""
    found = [condition for condition in dict.fromkeys(conditions) if condition != CERTAIN]
    return f"({' OR '.join(found)})" if found else CERTAIN


def compile_doubt(
    text: str,
    *,
    types: Mapping[str, str],
    doubts: Mapping[str, str],
    given: Mapping[str, str | None] | None = None,
) -> str:
    """Return DuckDB SQL that is true of rows in which an expression's value hangs on a doubtful cell, never null.

    Args:
        text: one scalar expression.
        types: the columns it may read, with their table types.
        doubts: for columns that can be doubtful, SQL that is true of rows in which they are, and never null.
        given: as for `compile_expression`.

    Raises:
        GuardRefused: the guard does not allow the expression.
    """

    def doubt(node: exp.Expr) -> str:
        if isinstance(node, exp.Column):
            return doubts.get(node.name, CERTAIN)
        if not isinstance(node, exp.Coalesce):
            return any_of(doubt(child) for child in node.iter_expressions())
        hangs = CERTAIN
        for part in (*reversed(node.expressions), node.this):
            if hangs != CERTAIN:
                value = compile_expression(render(part), types=types, target_type=None, given=given)
                hangs = f"({value} IS NULL AND {hangs})"
            hangs = any_of((doubt(part), hangs))
        return hangs

    return doubt(guarded(text, types))
