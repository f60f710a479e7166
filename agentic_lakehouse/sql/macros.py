"""Helper functions beyond plain DuckDB: each is a small pure macro, written out before SQL is rendered.

A helper exists where plain SQL is easily wrong (division of decimals, units, check digits) or long (markup,
code lists). `MACROS` is the list; text helpers and number helpers stand in modules of their own.
"""

from __future__ import annotations

from sqlglot import exp

from agentic_lakehouse.sql.bounds import MAX_NODES, check_expanded, too_large
from agentic_lakehouse.sql.macro import Macro
from agentic_lakehouse.sql.number_macros import NUMBER_MACROS
from agentic_lakehouse.sql.text_macros import TEXT_MACROS
from agentic_lakehouse.sql.trees import rewrite
from agentic_lakehouse.sql.types import Dialect

MACROS: dict[str, Macro] = {macro.name: macro for macro in (*NUMBER_MACROS, *TEXT_MACROS)}
"""Every helper by name."""


def macro_of(node: exp.Expr) -> Macro | None:
    """Return the helper that a call is, or `None`."""
    return MACROS.get(node.name.lower()) if isinstance(node, exp.Anonymous) else None


def expand(tree: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Return `tree` with every helper written out in plain SQL, innermost first; the tree passed in is used up.

    Raises:
        GuardRefused: helpers inside helpers grow the SQL beyond bounds.
    """

    def change(node: exp.Expr) -> exp.Expr:
        macro = macro_of(node)
        if macro is None:
            return node
        if sum(1 for _ in node.walk()) > MAX_NODES:
            raise too_large("helpers inside one another that grow too large", MAX_NODES, macro.name)
        return macro.expand(tuple(node.expressions), dialect)

    expanded = rewrite(tree, change)
    check_expanded(expanded)
    return expanded
