"""Whatever the guard accepts, it accepts again as rendered, unchanged."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.compiler import compile_expression, compile_loss
from agentic_lakehouse.sql.guard import guard_expression

COLUMNS = {"a": "string", "b": "string", "Order": "long", "price": "decimal(18,4)", "d": "date"}

atoms = st.sampled_from(
    ["a", "B", '"Order"', "price", "d", "NULL", "TRUE", "1", "-2", "1.50", "1e3", "''", "'it''s'", "'a\\n%_'", "'ß €'"]
)


OPERATORS = ("+", "-", "*", "%", "||", "=", "<>", "<", ">=", "AND", "OR", "IS DISTINCT FROM", "LIKE")
CALLS_OF_TWO = (
    "coalesce({0}, {1})", "nullif({0}, {1})", "concat({0}, {1})", "divide({0}, {1}, 2)", "greatest({0}, {1})",
    "surrogate_key({0}, {1})", "{0} BETWEEN {1} AND 2", "{0} NOT IN ({1}, 'x')", "if({0}, {1}, NULL)",
    "CASE WHEN {0} THEN {1} END", "CASE {0} WHEN {1} THEN 1 ELSE 2 END",
)  # fmt: skip
CALLS_OF_ONE = (
    "upper({0})", "NOT {0}", "-({0})", "({0})", "{0} IS NOT NULL", "CAST({0} AS DECIMAL(18, 4))", "{0}::TEXT",
    "TRY_CAST({0} AS DATE)", "clean_text({0})", "strip_html({0})", "split_part({0}, ',', -1)", "TRY({0})",
    "regexp_replace({0}, '([^a-z]+)x', '\\1', 'g')", "{0} ->> '$.x[0]'", "convert_unit({0}, 'lb', 'kg')",
    "value_map({0}, 'x', 'y')", "trim({0}, '-')", "extract(year FROM {0})", "{0} IS TRUE", "lpad({0}, 3, '0')",
    "strptime({0}, '%d.%m.%Y')", "ltrim({0})", "round({0}, 2)", "substr({0}, 2)", "gs1_check_digit({0})",
    "CAST({0} AS BIGINT)", "make_date({0}, 1, 1)", "to_timestamp({0})", "convert_unit({0}, 'kg', 'lb')",
)  # fmt: skip


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(" ".join),
        st.tuples(st.sampled_from(CALLS_OF_TWO), inner, inner).map(lambda v: v[0].format(v[1], v[2])),
        st.tuples(st.sampled_from(CALLS_OF_ONE), inner).map(lambda v: v[0].format(v[1])),
    )


expressions = st.recursive(atoms, compound, max_leaves=8)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(text=expressions)
def test_what_is_rendered_is_accepted_again_unchanged(text: str) -> None:
    try:
        tree = guard_expression(text, columns=COLUMNS)
    except GuardRefused:
        return
    once = tree.sql(dialect="duckdb")

    assert guard_expression(once, columns=COLUMNS).sql(dialect="duckdb") == once


@settings(max_examples=40, deadline=None, derandomize=True)
@given(text=expressions, target=st.sampled_from([None, "string", "long", "decimal(18,4)", "boolean"]))
def test_what_is_accepted_is_written_for_both_dialects(text: str, target: str | None) -> None:
    try:
        compiled = compile_expression(text, types=COLUMNS, target_type=target)
        spark = compile_expression(text, types=COLUMNS, target_type=target, dialect="spark")
        loss = compile_loss(text, types=COLUMNS, target_type=target)
        spark_loss = compile_loss(text, types=COLUMNS, target_type=target, dialect="spark")
    except GuardRefused:
        return

    for sql, dialect in ((compiled, "duckdb"), (loss, "duckdb"), (spark, "spark"), (spark_loss, "spark")):
        assert len(sqlglot.parse(f"SELECT {sql}", read=dialect)) == 1


@settings(max_examples=80, deadline=None, derandomize=True)
@given(text=st.text(max_size=60))
def test_any_text_is_accepted_or_refused_and_never_more(text: str) -> None:
    try:
        guard_expression(text, columns=COLUMNS)
    except GuardRefused as refused:
        node = refused.details["node"]
    else:
        node = "accepted"
    assert node


ROWS = """(VALUES
    ('abc', 'true', 1, 1.5, DATE '2024-01-01'), ('12', '', 9223372036854775807, 99999999999999.9999, DATE '9999-12-31'),
    ('{broken', '1e99', -9223372036854775808, -0.0001, DATE '0001-01-01'), ('2024-02-30', 'x,y', 0, 0, NULL),
    (NULL, NULL, NULL, NULL, NULL)) AS t(a, b, "Order", price, d)"""


@settings(max_examples=120, deadline=None, derandomize=True)
@given(text=expressions, target=st.sampled_from([None, "string", "long", "decimal(18,4)", "boolean"]))
def test_no_row_makes_an_accepted_expression_raise(
    duck: duckdb.DuckDBPyConnection, text: str, target: str | None
) -> None:
    try:
        value = compile_expression(text, types=COLUMNS, target_type=target)
        loss = compile_loss(text, types=COLUMNS, target_type=target)
    except GuardRefused:
        return
    try:
        duck.execute(f"DESCRIBE SELECT {value} FROM {ROWS}")
        duck.execute(f"SELECT {value} FROM {ROWS} WHERE false")
    except (duckdb.BinderException, duckdb.ConversionException):
        return  # it does not fit the columns' types, whatever the rows are

    rows = duck.execute(f"SELECT {value}, {loss}, {value}, [{value}] FROM {ROWS}").fetchall()

    assert all(lost is None or found is None for found, lost, _, _ in rows)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(text=expressions.filter(lambda text: "->>" not in text))
def test_what_is_rendered_means_what_was_written(duck: duckdb.DuckDBPyConnection, text: str) -> None:
    try:
        rendered = guard_expression(text, columns=COLUMNS).sql(dialect="duckdb")
        written = duck.execute(f"SELECT {text} FROM {ROWS} WHERE a IN ('abc', '12')").fetchall()
    except (GuardRefused, duckdb.Error):
        return

    assert duck.execute(f"SELECT {rendered} FROM {ROWS} WHERE a IN ('abc', '12')").fetchall() == written


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("UPPER(A)", 'UPPER("a")'),
        ('upper("order")', 'UPPER("Order")'),
        ("if(price > 0, 'x')", "CASE WHEN \"price\" > 0 THEN 'x' END"),
        (
            "CASE if(d IS NULL, a, B) WHEN 'x' THEN 1 END",
            """CASE CASE WHEN "d" IS NULL THEN "a" ELSE "b" END WHEN 'x' THEN 1 END""",
        ),
        ("a ->> '$.x' IS NULL", "JSON_EXTRACT_STRING(\"a\", '$.x') IS NULL"),
        ("a;", '"a"'),
        ("a = b = TRUE = (price > 1)", '(("a" = "b") = TRUE) = ("price" > 1)'),
        ("price > 1 IS NOT NULL", 'NOT ("price" > 1) IS NULL'),
    ],
)
def test_names_are_quoted_and_forms_are_plain(text: str, rendered: str) -> None:
    assert guard_expression(text, columns=COLUMNS).sql(dialect="duckdb") == rendered
