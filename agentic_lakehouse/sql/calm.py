"""Which steps of an expression can raise an error for some row, and so must be tried.

The list is of those that cannot: anything else counts as one that can. Arithmetic overflows; a comparison or
a choice of different types casts one of them unasked, as `a = 5` does with a text column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from agentic_lakehouse.sql.functions import LEAVES
from agentic_lakehouse.sql.kinds import NUMBERS, kind_of
from agentic_lakehouse.sql.macros import macro_of

_CALM: tuple[type[exp.Expr], ...] = (
    *LEAVES, exp.Paren, exp.If, exp.TryCast, exp.Try, exp.DPipe, exp.Is, exp.Like, exp.ILike, exp.Lower, exp.Upper,
    exp.Trim, exp.Length, exp.Substring, exp.Left, exp.Right, exp.Replace, exp.Translate, exp.Reverse, exp.Pad,
    exp.Concat, exp.ConcatWs, exp.Contains, exp.StartsWith, exp.EndsWith, exp.StrPosition, exp.SplitPart,
    exp.RegexpLike, exp.RegexpFullMatch, exp.RegexpExtract, exp.RegexpReplace, exp.SHA2, exp.MD5, exp.Sign,
    exp.TimeToStr, exp.TimestampTrunc, exp.Extract, exp.Year, exp.Month, exp.Day, exp.LastDay,
)  # fmt: skip
_LOGIC = (exp.And, exp.Or, exp.Not)
_COMPARED = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between, exp.Nullif,
    exp.Coalesce, exp.Greatest, exp.Least,
)  # fmt: skip
_TIMES = frozenset({"date", "timestamp"})


def is_calm(node: exp.Expr, types: Mapping[str, str]) -> bool:
    """Return whether a step, its arguments apart, gives a value or null for every row.

    Args:
        node: a guarded expression whose helpers are not written out; these are calm by design.
        types: column name to table type.
    """
    if isinstance(node, exp.Anonymous):
        return macro_of(node) is not None or node.name.lower() == "try_strptime"
    if isinstance(node, exp.Neg):
        return isinstance(node.this, exp.Literal)
    if isinstance(node, _LOGIC):
        return all(kind_of(part, types) == "boolean" for part in node.iter_expressions())
    if isinstance(node, _COMPARED):
        return _agree(node.iter_expressions(), types)
    if isinstance(node, exp.Case):
        return _is_calm_case(node, types)
    return isinstance(node, _CALM)


def _is_calm_case(node: exp.Case, types: Mapping[str, str]) -> bool:
    branches: list[exp.If] = node.args["ifs"]
    results = [*(branch.args["true"] for branch in branches), *filter(None, [node.args.get("default")])]
    tests = [branch.this for branch in branches]
    if node.this is None:
        tested = all(kind_of(test, types) == "boolean" for test in tests)
    else:
        tested = _agree([node.this, *tests], types)
    return tested and _agree(results, types)


def _agree(nodes: Iterable[exp.Expr], types: Mapping[str, str]) -> bool:
    """Return whether values stand side by side without a cast that may fail.

    A string literal takes the other side's type when the query is bound, once and loudly.
    """
    kinds = {
        kind_of(node, types)
        for node in nodes
        if not isinstance(node, exp.Null) and not (isinstance(node, exp.Literal) and node.is_string)
    }
    return None not in kinds and (len(kinds) <= 1 or kinds <= NUMBERS or kinds <= _TIMES)
