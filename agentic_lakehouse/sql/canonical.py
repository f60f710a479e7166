"""One way to write each guarded tree, so that it reads the same wherever it stands and whoever reads it."""

from __future__ import annotations

from sqlglot import exp

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.reading import parse
from agentic_lakehouse.sql.trees import render

_COMPARISONS = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is, exp.In, exp.Between,
    exp.Like, exp.ILike,
)  # fmt: skip
"""DuckDB reads a chain of these otherwise than sqlglot, or not at all."""


def check_round_trip(tree: exp.Expr) -> None:
    """Refuse what would be read otherwise once it is rendered: the engine must run the tree that was checked."""
    text = render(tree)
    again = canonical(parse(f"SELECT {text}"))
    if len(again.expressions) != 1 or render(again.expressions[0]) != text:
        raise GuardRefused(
            f"The SQL is ambiguous: {text[:80]}", hint="Put brackets around its parts.", node=type(tree).__name__
        )


def canonical(query: exp.Expr) -> exp.Expr:
    """Write `if` as `CASE`, `->>` as a call and `a = b = c` with brackets, and drop comments.

    So an expression reads the same wherever it stands, and DuckDB reads it as sqlglot does.
    """
    for found in list(query.find_all(exp.JSONExtractScalar)):
        path = found.expression
        text = path.sql(dialect="duckdb").strip("'") if isinstance(path, exp.JSONPath) else None
        place = exp.Literal.string(text) if text is not None else path
        found.replace(exp.Anonymous(this="json_extract_string", expressions=[found.this, place]))
    for choice in list(query.find_all(exp.If)):
        if choice.arg_key != "ifs":
            branch = exp.If(this=choice.this, true=choice.args["true"])
            choice.replace(exp.Case(ifs=[branch], default=choice.args.get("false")))
    for comparison in reversed(list(query.find_all(*_COMPARISONS))):
        for part in list(comparison.iter_expressions()):
            if isinstance(part, _COMPARISONS):
                part.replace(exp.Paren(this=part.copy()))
    for node in query.walk():
        node.comments = None
    return query
