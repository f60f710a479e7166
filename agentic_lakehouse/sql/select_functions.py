"""The allow-list of queries: what one read-only `SELECT` may hold besides the scalar functions.

Everything that can reach a file, the network, a setting or another statement is left out by not being here:
table functions, `COPY`, `ATTACH`, `PRAGMA`, parameters, time travel, sampling, recursion.
"""

from __future__ import annotations

from sqlglot import exp

from agentic_lakehouse.sql.functions import CAST_TYPES, FUNCTIONS, LEAVES, OPERATORS

CLAUSES: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.With, exp.CTE, exp.From, exp.Join,
        exp.Table, exp.TableAlias, exp.Alias, exp.Star, exp.Where, exp.Group, exp.GroupingSets, exp.Rollup, exp.Cube,
        exp.Having, exp.Qualify, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Distinct, exp.Values, exp.Tuple,
        exp.Window, exp.WindowSpec, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls,
    }
)  # fmt: skip
FORMS: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Div, exp.IntDiv, exp.Pow, exp.Exists, exp.Any, exp.All, exp.Interval, exp.AtTimeZone, exp.Bracket,
        exp.Slice, exp.Array, exp.Struct, exp.PropertyEQ, exp.Dot, exp.SimilarTo, exp.Escape, exp.JSONExtract,
        exp.CurrentDate, exp.CurrentTimestamp,
    }
)  # fmt: skip
"""Operators and forms that a query may use and an expression may not."""

_AGGREGATES: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Median, exp.Mode, exp.Stddev, exp.StddevPop,
        exp.StddevSamp, exp.Variance, exp.VariancePop, exp.Corr, exp.CovarPop, exp.CovarSamp, exp.PercentileCont,
        exp.PercentileDisc, exp.ApproxQuantile, exp.ApproxDistinct, exp.AnyValue, exp.First, exp.Last, exp.ArgMax,
        exp.ArgMin, exp.ArrayAgg, exp.GroupConcat, exp.LogicalAnd, exp.LogicalOr, exp.Skewness, exp.Kurtosis,
        exp.Grouping,
    }
)  # fmt: skip
_WINDOWS: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag, exp.Lead,
        exp.FirstValue, exp.LastValue, exp.NthValue,
    }
)  # fmt: skip
_SCALARS: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Trunc, exp.Sqrt, exp.Ln, exp.Log, exp.Exp, exp.IsNan, exp.DateDiff, exp.DateAdd, exp.Dayname, exp.DayOfWeek,
        exp.Week, exp.Quarter, exp.Hour, exp.Minute, exp.Second, exp.TimeToUnix, exp.Typeof, exp.Levenshtein,
        exp.JarowinklerSimilarity, exp.Split, exp.ArrayContains, exp.ArraySize, exp.ArrayDistinct, exp.ArraySort,
        exp.ArrayToString, exp.StructExtract, exp.Ascii, exp.Chr, exp.Hex,
    }
)  # fmt: skip
NAMES = frozenset(
    {
        "histogram", "product", "mad", "entropy", "fsum", "date_part", "age", "array_length", "list_sort",
        "list_distinct", "list_sum", "list_min", "list_max", "strip_accents", "damerau_levenshtein",
        "jaccard", "isfinite", "isinf", "now", "monthname", "weekofyear", "json_extract", "json_array_length",
        "json_valid", "json_type",
    }
    | {name for name, function in FUNCTIONS.items() if function.node is exp.Anonymous}
)  # fmt: skip
"""Functions that sqlglot knows by name only."""

SELECT_NODES = (
    CLAUSES
    | FORMS
    | _AGGREGATES
    | _WINDOWS
    | _SCALARS
    | OPERATORS
    | LEAVES
    | {function.node for function in FUNCTIONS.values() if function.node is not exp.Anonymous}
)
"""Every node that a query may hold; `exp.Anonymous` is judged by its name."""
QUERY_TYPES = CAST_TYPES | {
    exp.DType.INT128, exp.DType.UBIGINT, exp.DType.UINT, exp.DType.TIME, exp.DType.INTERVAL, exp.DType.JSON,
    exp.DType.UUID, exp.DType.ARRAY, exp.DType.LIST, exp.DType.STRUCT,
}  # fmt: skip
"""Types that a query's cast may name."""
