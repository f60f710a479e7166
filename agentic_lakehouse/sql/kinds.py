"""What type an expression has, as far as that can be told without an engine.

The compiler needs it in three places: to trim a decimal that becomes text, to keep products exact, and to
refuse a mapping whose type can never become its target's. `None` means unknown, and is always safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from agentic_lakehouse.sql.functions import WHOLE_NUMBERS, function_of
from agentic_lakehouse.sql.macros import macro_of

NUMBERS = frozenset({"long", "decimal", "double"})
TIMES = frozenset({"date", "timestamp"})
CHOICES = (exp.Coalesce, exp.Greatest, exp.Least, exp.Case)
"""Nodes that give one of several values."""

_CASTS: dict[exp.DType, str] = {
    exp.DType.TEXT: "string",
    exp.DType.VARCHAR: "string",
    exp.DType.DECIMAL: "decimal",
    exp.DType.DOUBLE: "double",
    exp.DType.FLOAT: "double",
    exp.DType.BOOLEAN: "boolean",
    exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp",
    exp.DType.TIMESTAMPTZ: "timestamp",
    **dict.fromkeys(WHOLE_NUMBERS, "long"),
}
_FUNCTIONS = {
    **dict.fromkeys(
        (
            "lower", "upper", "trim", "ltrim", "rtrim", "substring", "left", "right", "replace", "translate", "reverse",
            "lpad", "rpad", "concat", "concat_ws", "split_part", "regexp_extract", "regexp_replace",
            "json_extract_string", "sha256", "md5", "strftime",
        ),
        "string",
    ),
    **dict.fromkeys(("length", "strpos", "sign", "extract", "year", "month", "day"), "long"),
    **dict.fromkeys(("contains", "starts_with", "ends_with", "regexp_matches", "regexp_full_match"), "boolean"),
    **dict.fromkeys(("strptime", "try_strptime", "to_timestamp", "epoch_ms", "date_trunc"), "timestamp"),
    **dict.fromkeys(("last_day", "make_date"), "date"),
}  # fmt: skip


def kind_of(node: exp.Expr, types: Mapping[str, str]) -> str | None:
    """Return the table type word of an expression, `decimal` without its digits, or `None` where it is not clear.

    Args:
        node: a guarded expression, before helpers are written out.
        types: column name to table type.
    """
    for classes, tell in _TELLERS:
        if isinstance(node, classes):
            return tell(node, types)
    macro, function = macro_of(node), function_of(node)
    if macro:
        return macro.kind
    return _FUNCTIONS.get(function.name) if function else None


def _column(node: exp.Expr, types: Mapping[str, str]) -> str | None:
    return types[node.name].partition("(")[0] if node.name in types else None


def _literal(node: exp.Expr, _: Mapping[str, str]) -> str | None:
    if node.is_string:
        return "string"
    if "e" in node.name.lower():
        return "double"
    return "decimal" if "." in node.name else "long"


def _boolean(_: exp.Expr, __: Mapping[str, str]) -> str | None:
    return "boolean"


def _string(_: exp.Expr, __: Mapping[str, str]) -> str | None:
    return "string"


def _cast(node: exp.Expr, _: Mapping[str, str]) -> str | None:
    return _CASTS.get(node.args["to"].this)


def _first(node: exp.Expr, types: Mapping[str, str]) -> str | None:
    return kind_of(node.this, types)


def choices_of(node: exp.Expr) -> list[exp.Expr]:
    """Return the values that a node of `CHOICES` may give."""
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        return [branch.args["true"] for branch in node.args["ifs"]] + ([] if default is None else [default])
    return [node.this, *node.expressions]


def _choice(node: exp.Expr, types: Mapping[str, str]) -> str | None:
    """Return the type that all choices share: numbers widen, a day becomes a time, anything becomes text."""
    kinds = {kind_of(part, types) for part in choices_of(node) if not isinstance(part, exp.Null)}
    if len(kinds) == 1:
        return kinds.pop()
    if "string" in kinds:
        return "string"
    if kinds and kinds <= NUMBERS:
        return "double" if "double" in kinds else "decimal"
    return "timestamp" if kinds == TIMES else None


def _arithmetic(node: exp.Expr, types: Mapping[str, str]) -> str | None:
    sides = (node.this, node.expression)
    kinds = {kind_of(side, types) for side in sides if not isinstance(side, exp.Null)}
    if kinds == {"date"}:
        return "long"
    if kinds == {"date", "long"}:
        return "date"
    if not kinds <= NUMBERS:
        return None
    return next((kind for kind in ("double", "decimal") if kind in kinds), "long")


_TELLERS: tuple[tuple[tuple[type[exp.Expr], ...], Callable[[exp.Expr, Mapping[str, str]], str | None]], ...] = (
    ((exp.Column,), _column),
    ((exp.Literal,), _literal),
    ((exp.Boolean, exp.Predicate, exp.Not, exp.And, exp.Or), _boolean),
    ((exp.Cast,), _cast),
    ((exp.DPipe,), _string),
    ((exp.Paren, exp.Neg, exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Nullif, exp.Try), _first),
    (CHOICES, _choice),
    ((exp.Add, exp.Sub, exp.Mul, exp.Mod), _arithmetic),
)
"""How each class of node tells its type, the first that fits."""
