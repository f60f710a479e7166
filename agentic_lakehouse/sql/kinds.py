"""What type an expression has, as far as that can be told without an engine.

The compiler needs it in three places: to trim a decimal that becomes text, to keep products exact, and to
refuse a mapping whose type can never become its target's. `None` means unknown, and is always safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sqlglot import exp

from agentic_lakehouse.sql.functions import WHOLE_NUMBERS, function_of
from agentic_lakehouse.sql.macros import macro_of

NUMBERS = frozenset({"long", "decimal", "double"})

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
    **dict.fromkeys(("strptime", "try_strptime", "to_timestamp", "epoch_ms"), "timestamp"),
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


def _choice(node: exp.Expr, types: Mapping[str, str]) -> str | None:
    return _common([node.this, *node.expressions], types)


def _case(node: exp.Expr, types: Mapping[str, str]) -> str | None:
    return _common([*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")], types)


def _arithmetic(node: exp.Expr, types: Mapping[str, str]) -> str | None:
    kind = _common([node.this, node.expression], types)
    return kind if kind in NUMBERS else None


def _common(nodes: Iterable[exp.Expr | None], types: Mapping[str, str]) -> str | None:
    """Return the type that all branches share; numbers widen."""
    kinds = {kind_of(node, types) for node in nodes if node is not None and not isinstance(node, exp.Null)}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds and kinds <= NUMBERS:
        return "double" if "double" in kinds else "decimal"
    return None


_TELLERS: tuple[tuple[tuple[type[exp.Expr], ...], Callable[[exp.Expr, Mapping[str, str]], str | None]], ...] = (
    ((exp.Column,), _column),
    ((exp.Literal,), _literal),
    ((exp.Boolean, exp.Predicate, exp.Not, exp.And, exp.Or), _boolean),
    ((exp.Cast,), _cast),
    ((exp.DPipe,), _string),
    ((exp.Paren, exp.Neg, exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Nullif, exp.Try), _first),
    ((exp.Coalesce, exp.Greatest, exp.Least), _choice),
    ((exp.Case,), _case),
    ((exp.Add, exp.Sub, exp.Mul, exp.Mod), _arithmetic),
)
"""How each class of node tells its type, the first that fits."""
