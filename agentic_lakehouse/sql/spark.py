"""Spark SQL for a guarded expression: what sqlglot's translation leaves different, made the same.

Nothing raises: arithmetic, casts and dates become their `try_` forms (Spark 4), which is what `TRY` around
each such step does in DuckDB.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from agentic_lakehouse.sql.functions import WHOLE_NUMBERS
from agentic_lakehouse.sql.trees import fill, render, rewrite
from agentic_lakehouse.sql.types import literal

_GROUP = re.compile(r"\\(\d)")
_TRY: dict[type[exp.Expr], str] = {
    exp.Add: "TRY_ADD",
    exp.Sub: "TRY_SUBTRACT",
    exp.Mul: "TRY_MULTIPLY",
    exp.Mod: "TRY_MOD",
}
_MARKS = {
    "Y": "yyyy", "y": "yy", "m": "MM", "d": "dd", "H": "HH", "I": "hh", "p": "a", "M": "mm", "S": "ss", "f": "SSSSSS",
    "b": "MMM", "B": "MMMM", "j": "DDD", "-m": "M", "-d": "d", "-H": "H", "-M": "m", "-S": "s",
}  # fmt: skip
"""`strptime` marks as Spark's datetime patterns write them."""


def spark_sql(tree: exp.Expr) -> str:
    """Return the Spark SQL of an expression whose helpers are written out; the tree passed in is used up.

    Raises:
        GuardRefused: Spark has no way to say it.
    """
    return render(rewrite(tree, _change), "spark")


def _change(node: exp.Expr) -> exp.Expr:
    change = _CHANGES.get(type(node))
    if change:
        return change(node)
    if type(node) in _TRY:
        return exp.Anonymous(this=_TRY[type(node)], expressions=[node.this, node.expression])
    if isinstance(node, exp.Anonymous):
        return _call(node)
    return node


def _call(node: exp.Anonymous) -> exp.Expr:
    name = node.name.lower()
    if name == "json_extract_string":
        return exp.Anonymous(this="GET_JSON_OBJECT", expressions=node.expressions)
    if name == "json_valid":
        return fill("NOT GET_JSON_OBJECT($x, '$') IS NULL", x=node.expressions[0])
    if name == "try_strptime":
        text, pattern = node.expressions
        return exp.Anonymous(this="TRY_TO_TIMESTAMP", expressions=[text, _time_pattern(pattern.name)])
    return node


def _time_pattern(pattern: str) -> exp.Expr:
    """Return a `strptime` format as a Spark datetime pattern: letters outside marks are quoted."""
    parts = re.split(r"%(-?.)", pattern)
    plain = [re.sub(r"[A-Za-z]+|'", lambda m: "''" if m[0] == "'" else f"'{m[0]}'", text) for text in parts[::2]]
    marks = [_MARKS[mark] for mark in parts[1::2]]
    return exp.Literal.string("".join(text + mark for text, mark in zip(plain, [*marks, ""], strict=True)))


def _format_time(node: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="DATE_FORMAT", expressions=[node.this, _time_pattern(node.args["format"].name)])


def _cast(node: exp.Expr) -> exp.Expr:
    if node.args["to"].this in WHOLE_NUMBERS:
        # DuckDB rounds where Spark cuts off.
        node.set("this", fill("ROUND(TRY_CAST($x AS DECIMAL(38, 10)))", x=node.this))
    return exp.TryCast(this=node.this, to=node.args["to"], safe=True)


def _replace(node: exp.Expr) -> exp.Expr:
    """Spark replaces every match, and names groups `$1`."""
    by = _GROUP.sub(r"$\1", node.args["replacement"].name.replace("$", r"\$"))
    return exp.Anonymous(this="REGEXP_REPLACE", expressions=[node.this, node.expression, exp.Literal.string(by)])


def _matches(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=exp.RegexpLike(this=node.this, expression=node.expression))


def _full_match(node: exp.Expr) -> exp.Expr:
    node.set("expression", exp.Literal.string(rf"\A(?:{node.expression.name})\z"))
    return _matches(node)


def _concat(node: exp.Expr) -> exp.Expr:
    """DuckDB's `concat` takes a null for an empty text and anything for its text."""
    texts = [fill("COALESCE(CAST($x AS VARCHAR), '')", x=part) for part in node.expressions]
    return exp.Anonymous(this="CONCAT", expressions=texts)


def _left(node: exp.Expr) -> exp.Expr:
    """A negative count leaves off that many characters in DuckDB; Spark would return an empty text."""
    if isinstance(node.expression, exp.Literal):
        return node
    return fill(
        "CASE WHEN $n < 0 THEN SUBSTRING($x, 1, GREATEST(LENGTH($x) + $n, 0)) ELSE LEFT($x, $n) END",
        x=node.this, n=node.expression,
    )  # fmt: skip


def _right(node: exp.Expr) -> exp.Expr:
    if isinstance(node.expression, exp.Literal):
        return node
    return fill(
        "CASE WHEN $n < 0 THEN SUBSTRING($x, 1 - $n, LENGTH($x)) ELSE RIGHT($x, $n) END", x=node.this, n=node.expression
    )


def _make_date(node: exp.Expr) -> exp.Expr:
    return fill(
        f"TRY_CAST(CONCAT_WS({literal('-')}, $year, $month, $day) AS DATE)",
        year=node.args["year"], month=node.args["month"], day=node.args["day"],
    )  # fmt: skip


_CHANGES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Try: lambda node: node.this,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.TimeToStr: _format_time,
    exp.RegexpReplace: _replace,
    exp.RegexpLike: _matches,
    exp.RegexpFullMatch: _full_match,
    exp.Concat: _concat,
    exp.Left: _left,
    exp.Right: _right,
    exp.DateFromParts: _make_date,
}
