"""Which steps of an expression can raise an error for some row, and so must be tried.

The list is of those that cannot: anything else counts as one that can. Comparisons and choices are calm
because `sql.typecheck` lets none stand whose sides are of different types.
"""

from __future__ import annotations

from sqlglot import exp

from agentic_lakehouse.sql.functions import LEAVES
from agentic_lakehouse.sql.macros import macro_of

_CALM: tuple[type[exp.Expr], ...] = (
    *LEAVES, exp.Paren, exp.If, exp.TryCast, exp.Try, exp.DPipe, exp.Is, exp.Like, exp.ILike, exp.Lower, exp.Upper,
    exp.Trim, exp.Length, exp.Substring, exp.Left, exp.Right, exp.Replace, exp.Translate, exp.Reverse, exp.Pad,
    exp.Concat, exp.ConcatWs, exp.Contains, exp.StartsWith, exp.EndsWith, exp.StrPosition, exp.SplitPart,
    exp.RegexpLike, exp.RegexpFullMatch, exp.RegexpExtract, exp.RegexpReplace, exp.SHA2, exp.MD5, exp.Sign,
    exp.TimeToStr, exp.TimestampTrunc, exp.Extract, exp.Year, exp.Month, exp.Day, exp.LastDay, exp.And, exp.Or,
    exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between,
    exp.Nullif, exp.Coalesce, exp.Greatest, exp.Least, exp.Case,
)  # fmt: skip


def is_calm(node: exp.Expr) -> bool:
    """Return whether a step, its arguments apart, gives a value or null for every row.

    Args:
        node: part of a guarded and type-checked expression; helpers, not yet written out, are calm by design.
    """
    if isinstance(node, exp.Anonymous):
        return macro_of(node) is not None or node.name.lower() == "try_strptime"
    if isinstance(node, exp.Neg):
        return isinstance(node.this, exp.Literal)
    return isinstance(node, _CALM)
