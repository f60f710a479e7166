"""Type faults that are plain before any row is seen: told to the author, instead of found cell by cell.

DuckDB would cast unasked in many of these places (`a = 5` makes a text column a number, and aborts at the
first cell that is none), Spark in others. Nothing is cast unasked here: what can be written side by side is
of one type. What cannot be told without an engine is left to binding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sqlglot import exp

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.checks import text_literal
from agentic_lakehouse.sql.kinds import CHOICES, NUMBERS, TIMES, choices_of, kind_of

_COMPARISONS = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between, exp.Nullif,
)  # fmt: skip
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg)
_LOGIC = (exp.And, exp.Or, exp.Not)
_COUNTED = NUMBERS | {"boolean"}
WRITTEN = {
    "long": re.compile(r"\s*[+-]?\d+\s*"),
    "decimal": re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)\s*"),
    "double": re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.IGNORECASE),
    "boolean": re.compile(r"true|false", re.IGNORECASE),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "timestamp": re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?"),
}
"""How a quoted value of each type is written; such a literal takes the type it is compared with."""


def check_types(tree: exp.Expr, types: Mapping[str, str], target_type: str | None) -> str | None:
    """Return the expression's type as `kind_of` tells it, after refusing what can never fit.

    Raises:
        GuardRefused: different types are compared or chosen from, something that is no truth value is used as
            one, something that is no number is reckoned with, or the result never becomes its target's type.
    """
    for node in tree.walk():
        if isinstance(node, _COMPARISONS):
            _check_compared(node, list(node.iter_expressions()), types)
        elif isinstance(node, exp.Case) and node.this is not None:
            _check_compared(node, [node.this, *(branch.this for branch in node.args["ifs"])], types)
        elif isinstance(node, _LOGIC):
            _check_truth(node, node.iter_expressions(), types)
        elif isinstance(node, exp.Case):
            _check_truth(node, (branch.this for branch in node.args["ifs"]), types)
        elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean):
            _check_truth(node, [node.this], types)
        elif isinstance(node, _ARITHMETIC):
            _check_numbers(node, types)
        if isinstance(node, CHOICES):
            _check_chosen(node, types)
    return _check_target(tree, types, target_type)


def _kinds(nodes: Iterable[exp.Expr], types: Mapping[str, str]) -> set[str]:
    return {kind for kind in (kind_of(node, types) for node in nodes) if kind is not None}


def _check_compared(node: exp.Expr, parts: list[exp.Expr], types: Mapping[str, str]) -> None:
    kinds = _kinds((part for part in parts if text_literal(part) is None), types)
    if not _are_alike(kinds):
        raise _refused(node, f"compares a {' with a '.join(sorted(kinds))}", "CAST one of them to the other's type.")
    for part in parts:
        text = text_literal(part)
        wrong = [kind for kind in kinds & WRITTEN.keys() if text is not None and not WRITTEN[kind].fullmatch(text)]
        if wrong:
            raise _refused(
                node, f"compares a {wrong[0]} with {text!r}", f"Write a {wrong[0]} or NULL: columns have their types."
            )


def _check_chosen(node: exp.Expr, types: Mapping[str, str]) -> None:
    kinds = _kinds(choices_of(node), types)
    if "string" not in kinds and not _are_alike(kinds):
        raise _refused(node, f"gives a {' or a '.join(sorted(kinds))}", "CAST its values to one type.")


def _check_truth(node: exp.Expr, parts: Iterable[exp.Expr], types: Mapping[str, str]) -> None:
    other = sorted(_kinds(parts, types) - {"boolean"})
    if other:
        raise _refused(node, f"takes a {other[0]} for true or false", "Compare it with something.")


def _check_numbers(node: exp.Expr, types: Mapping[str, str]) -> None:
    kinds = _kinds(node.iter_expressions(), types)
    in_days = isinstance(node, exp.Add | exp.Sub) and kinds <= {"date", "long"}
    if not (kinds <= NUMBERS or in_days):
        other = sorted(kinds - NUMBERS)
        raise _refused(node, f"reckons with a {other[0]}", "CAST it to DECIMAL(38, 10), or use parse_decimal.")


def _check_target(tree: exp.Expr, types: Mapping[str, str], target_type: str | None) -> str | None:
    kind = kind_of(tree, types)
    target = (target_type or "").partition("(")[0]
    if (kind in TIMES and target in _COUNTED) or (kind in _COUNTED and target in TIMES):
        hint = "Map a column that holds such values, or convert it with strptime, to_timestamp or extract."
        raise _refused(tree, f"gives a {kind}, which never becomes a {target_type}", hint)
    return kind


def _are_alike(kinds: set[str]) -> bool:
    return len(kinds) <= 1 or kinds <= NUMBERS or kinds <= TIMES


def _refused(node: exp.Expr, what: str, hint: str) -> GuardRefused:
    shown = node.sql(dialect="duckdb")[:80]
    return GuardRefused(f"{shown} {what}.", hint=hint, node="type", operation=type(node).__name__)
