"""Whether an expression only carries what its columns hold, cleaned and converted, and writes nothing of its own.

Who proposes `CASE WHEN "sku" = 'A1' THEN 0 ELSE "price" END`, or `"price" * 2`, may be right; but no sample of rows can
show that, so that a person must say it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

from agentic_lakehouse.sql.guard import guard_expression

CARRYING = (
    exp.Column, exp.Identifier, exp.Paren, exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam, exp.Lower, exp.Upper,
    exp.Trim, exp.Coalesce, exp.ConcatWs, exp.Anonymous,
)  # fmt: skip
"""Nodes that give back what they are given."""
CLEANING = frozenset(
    {"clean_text", "strip_html", "digits", "parse_decimal", "convert_unit", "join_path", "first_item", "nth_item"}
)
"""Helpers whose literals say how to read, never what comes out."""
WORDS = "value_map"


def is_plain(expression: str, *, columns: Collection[str], may_translate: bool) -> bool:
    """Say whether an expression writes no value of its own.

    Args:
        expression: of a mapping.
        columns: bronze columns that it may read.
        may_translate: whether a word list may write values: those of a target that has a list of them.

    Raises:
        GuardRefused: the guard does not allow the expression.
    """
    tree = guard_expression(expression, columns=columns)
    return any(tree.find_all(exp.Column)) and all(_carries(node, may_translate=may_translate) for node in tree.walk())


def _carries(node: exp.Expr, *, may_translate: bool) -> bool:
    if isinstance(node, exp.Literal | exp.Null | exp.Boolean):
        return _is_parameter(node)
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in CLEANING or (may_translate and node.name.lower() == WORDS)
    return isinstance(node, CARRYING)


def _is_parameter(literal: exp.Expr) -> bool:
    """Say whether a literal tells a helper how to read; a separator of `concat_ws` stands between values."""
    parent = literal.parent
    if isinstance(parent, exp.ConcatWs):
        return literal is parent.expressions[0]
    return isinstance(parent, exp.Anonymous | exp.DataTypeParam)
