"""Make a guarded expression total: what cannot be computed for a row is null, and decimals stay exact.

A cast that does not fit, a date that is none and a sum that overflows would each abort a whole query for
one bad cell. So casts become `TRY_CAST`, and every step that can raise stands in a `TRY` of its own. One
`TRY` around the whole would not do: DuckDB computes what two `TRY`s have in common outside both. `sql.loss`
says which of the nulls hide a value.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from agentic_lakehouse.sql.calm import is_calm
from agentic_lakehouse.sql.kinds import CHOICES, choices_of, kind_of
from agentic_lakehouse.sql.trees import fill, rewrite

_TRIMMED = (
    "CASE WHEN STRPOS(TRY_CAST($x AS VARCHAR), '.') > 0"
    " THEN RTRIM(RTRIM(TRY_CAST($x AS VARCHAR), '0'), '.') ELSE TRY_CAST($x AS VARCHAR) END"
)


def harden(tree: exp.Expr, types: Mapping[str, str]) -> exp.Expr:
    """Return the expression with total steps and exact products; the tree passed in is used up.

    Products: DuckDB types `DECIMAL(18,4) * 0.45359237` as `DECIMAL(18,12)`, which overflows above 10^6, so
    factors that may be decimals are cast to `DECIMAL(38,10)` first.
    """

    def change(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.StrToTime):
            return exp.Anonymous(this="try_strptime", expressions=[node.this, node.args["format"]])
        if type(node) is exp.Cast:
            return exp.TryCast(this=node.this, to=node.to, safe=True)
        if isinstance(node, exp.Mul):
            node = _exact(node, types)
        if isinstance(node, CHOICES):
            _make_text(node, types)
        return node if is_calm(node) else exp.Try(this=node)

    return rewrite(tree, change)


def as_text(node: exp.Expr, types: Mapping[str, str]) -> exp.Expr:
    """Return a value as text: a decimal without trailing zeros, `42.50` as `42.5`."""
    kind = kind_of(node, types)
    if kind == "decimal":
        return fill(_TRIMMED, x=node)
    return node if kind == "string" else fill("TRY_CAST($x AS VARCHAR)", x=node)


def _make_text(choice: exp.Expr, types: Mapping[str, str]) -> None:
    """Where one of several values is text, make all of them text; DuckDB would refuse to mix them."""
    parts = choices_of(choice)
    if "string" in {kind_of(part, types) for part in parts}:
        for part in parts:
            if not isinstance(part, exp.Null):
                part.replace(as_text(part.copy(), types))


def _exact(product: exp.Expr, types: Mapping[str, str]) -> exp.Expr:
    kinds = [kind_of(side, types) for side in (product.this, product.expression)]
    if "double" in kinds or kinds == ["long", "long"]:
        return product
    for key in ("this", "expression"):
        side = product.args[key]
        if not isinstance(side, exp.Literal):
            product.set(key, fill("TRY_CAST($x AS DECIMAL(38, 10))", x=side))
    return product
