"""Small steps on parsed SQL: fill a template, rewrite children first, render."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.bounds import MAX_NESTING, too_large

_ATOMS = (exp.Column, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.Func, exp.Placeholder)
_OPERATORS = (exp.And, exp.Or)


@lru_cache(maxsize=512)
def _parsed(text: str) -> exp.Expr:
    tree: exp.Expr = sqlglot.parse_one(f"SELECT {text}", read="duckdb").expressions[0]
    return tree


def fill(template: str, **parts: exp.Expr) -> exp.Expr:
    """Return the tree of our own SQL `template` with each `$name` replaced by a copy of that part."""
    tree = exp.Paren(this=_parsed(template).copy())
    for hole in list(tree.find_all(exp.Placeholder)):
        hole.replace(operand(parts[hole.name].copy()))
    filled: exp.Expr = tree.this.pop()
    return filled


def operand(node: exp.Expr) -> exp.Expr:
    """Return `node` so that it can stand anywhere: in brackets unless it is a name, a value or a call."""
    if isinstance(node, _ATOMS) and not isinstance(node, _OPERATORS):
        return node
    return exp.Paren(this=node)


def rewrite(tree: exp.Expr, change: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Return `tree` with `change` applied to every node, children before parents.

    `change` gets a node without a parent, may put it inside a new one, and returns what takes its place. The
    tree passed in is used up.
    """
    root = exp.Paren(this=tree)
    for node in reversed(list(tree.walk(bfs=True))):
        place = exp.Null()
        node.replace(place)
        place.replace(change(node))
    changed: exp.Expr = root.this.pop()
    return changed


def render(tree: exp.Expr, dialect: str = "duckdb") -> str:
    """Return the SQL of `tree`, without comments.

    Raises:
        GuardRefused: the dialect has no way to say it, or the tree is too deep to be written.
    """
    try:
        return tree.sql(dialect=dialect, comments=False, unsupported_level=ErrorLevel.RAISE)
    except RecursionError as error:
        raise too_large("too many brackets inside one another", MAX_NESTING, "nesting") from error
    except (SqlglotError, ValueError) as error:
        raise GuardRefused(
            f"The SQL cannot be written for {dialect}: {str(error).splitlines()[0]}.",
            hint="Use the functions that the guard lists.",
            node=type(tree).__name__,
        ) from error
