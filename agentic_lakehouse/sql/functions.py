"""The allow-list of expressions: which functions, operators and cast types a mapping may use.

What is not here is refused. DuckDB's names are the language; `Function.spark` says what each becomes in
Spark SQL (`sql.spark` does what a plain renaming cannot). Every name has a table of vectors in
`agentic_lakehouse_tests/fixtures/sql`, and a test asserts that.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from agentic_lakehouse.sql import checks


@dataclass(frozen=True)
class Function:
    """A plain scalar function of DuckDB: no input but its arguments, the same result on every run."""

    name: str
    """In DuckDB."""
    node: type[exp.Expr]
    """What sqlglot parses it to; `exp.Anonymous` where sqlglot knows only the name."""
    spark: str
    """What it is called in Spark SQL."""
    check: checks.Check = checks.anything
    """Returns what is wrong with a call's arguments."""


_ALL = (
    # Text
    Function("lower", exp.Lower, "LOWER"),
    Function("upper", exp.Upper, "UPPER"),
    Function("trim", exp.Trim, "TRIM"),
    Function("ltrim", exp.Trim, "LTRIM"),
    Function("rtrim", exp.Trim, "RTRIM"),
    Function("length", exp.Length, "LENGTH"),
    Function("substring", exp.Substring, "SUBSTRING", checks.substring_start),
    Function("left", exp.Left, "LEFT"),
    Function("right", exp.Right, "RIGHT"),
    Function("replace", exp.Replace, "REPLACE"),
    Function("translate", exp.Translate, "TRANSLATE"),
    Function("reverse", exp.Reverse, "REVERSE"),
    Function("lpad", exp.Pad, "LPAD", checks.pad),
    Function("rpad", exp.Pad, "RPAD", checks.pad),
    Function("concat", exp.Concat, "CONCAT"),
    Function("concat_ws", exp.ConcatWs, "CONCAT_WS"),
    Function("contains", exp.Contains, "CONTAINS"),
    Function("starts_with", exp.StartsWith, "STARTSWITH"),
    Function("ends_with", exp.EndsWith, "ENDSWITH"),
    Function("strpos", exp.StrPosition, "LOCATE"),
    Function("split_part", exp.SplitPart, "SPLIT_PART", checks.split_index),
    Function("regexp_matches", exp.RegexpLike, "RLIKE", checks.regex),
    Function("regexp_full_match", exp.RegexpFullMatch, "RLIKE", checks.regex),
    Function("regexp_extract", exp.RegexpExtract, "REGEXP_EXTRACT", checks.regex_group),
    Function("regexp_replace", exp.RegexpReplace, "REGEXP_REPLACE", checks.regex_replace),
    Function("json_extract_string", exp.JSONExtractScalar, "GET_JSON_OBJECT", checks.json_path),
    Function("sha256", exp.SHA2, "SHA2"),
    Function("md5", exp.MD5, "MD5"),
    # Choice
    Function("coalesce", exp.Coalesce, "COALESCE"),
    Function("nullif", exp.Nullif, "NULLIF"),
    Function("if", exp.If, "CASE"),
    Function("greatest", exp.Greatest, "GREATEST"),
    Function("least", exp.Least, "LEAST"),
    # Numbers
    Function("abs", exp.Abs, "ABS"),
    Function("sign", exp.Sign, "SIGN"),
    Function("round", exp.Round, "ROUND", checks.digits_literal),
    Function("floor", exp.Floor, "FLOOR"),
    Function("ceil", exp.Ceil, "CEIL"),
    Function("mod", exp.Mod, "TRY_MOD"),
    # Dates and times
    Function("strptime", exp.StrToTime, "TRY_TO_TIMESTAMP", checks.time_format),
    Function("try_strptime", exp.Anonymous, "TRY_TO_TIMESTAMP", checks.time_format),
    Function("strftime", exp.TimeToStr, "DATE_FORMAT", checks.time_format),
    Function("date_trunc", exp.TimestampTrunc, "DATE_TRUNC", checks.time_unit),
    Function("extract", exp.Extract, "EXTRACT", checks.time_unit),
    Function("year", exp.Year, "YEAR"),
    Function("month", exp.Month, "MONTH"),
    Function("day", exp.Day, "DAY"),
    Function("last_day", exp.LastDay, "LAST_DAY"),
    Function("make_date", exp.DateFromParts, "TRY_CAST"),
    Function("to_timestamp", exp.UnixToTime, "FROM_UNIXTIME"),
    Function("epoch_ms", exp.UnixToTime, "TIMESTAMP_MILLIS"),
)
FUNCTIONS = {function.name: function for function in _ALL}
"""Every plain function by its DuckDB name."""
_BY_NODE = {function.node: function for function in _ALL if function.node is not exp.Anonymous}
"""Functions that share a node (`lpad`, `rpad`) share its check."""

OPERATORS: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.NullSafeEQ,
        exp.NullSafeNEQ, exp.In, exp.Between, exp.Like, exp.ILike, exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg,
        exp.DPipe, exp.Case, exp.If, exp.Cast, exp.TryCast, exp.Try, exp.Paren,
    }
)  # fmt: skip
"""Operators and forms of plain SQL. Division is not among them: DuckDB divides decimals into doubles."""
LEAVES: frozenset[type[exp.Expr]] = frozenset(
    {
        exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.DataType, exp.DataTypeParam, exp.Var,
        exp.JSONPath, exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript,
    }
)  # fmt: skip
"""What stands below functions and operators. A `Var` occurs only as a unit of time, which its call checks."""

CAST_TYPES = frozenset(
    {
        exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT,
        exp.DType.DECIMAL, exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.BOOLEAN, exp.DType.DATE, exp.DType.TIMESTAMP,
        exp.DType.TIMESTAMPTZ,
    }
)  # fmt: skip
"""Types that a cast may name; an `ENUM`, a list or a type of one's own is refused."""
WHOLE_NUMBERS = frozenset({exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT})

HINTS: dict[str, str] = {
    "Div": "DuckDB divides decimals into doubles: use divide(x, y, scale).",
    "IntDiv": "Use divide(x, y, 0).",
    "Pow": "Multiply instead.",
    "Star": "Name the columns.",
    "Alias": "Write the expression alone, without `AS`.",
    "Subquery": "An expression sees one row: its own columns and nothing else.",
    "Select": "An expression sees one row: its own columns and nothing else.",
    "Window": "An expression sees one row: no windows and no aggregates.",
    "Lambda": "Use split_part, first_item or nth_item to take a text apart.",
    "RawString": "Write the text in single quotes.",
    "ByteString": "Write the text in single quotes, without the E.",
    "Interval": "Dates are mapped as they are.",
    "CurrentDate": "An expression gives the same on every run.",
    "CurrentTimestamp": "An expression gives the same on every run.",
    "Rand": "An expression gives the same on every run.",
    "Placeholder": "There are no parameters: write the value.",
    "regexp_replace": "Write regexp_replace(text, 'pattern', 'replacement', 'g').",
}
"""What to do instead, by node or function."""


def function_of(node: exp.Expr) -> Function | None:
    """Return the allowed function that a call is, or `None`."""
    if isinstance(node, exp.Anonymous):
        return FUNCTIONS.get(node.name.lower())
    return _BY_NODE.get(type(node))
