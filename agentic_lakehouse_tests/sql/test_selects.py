"""Queries that are allowed, and how they come out."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.compiler import compile_select, tables_read
from agentic_lakehouse.sql.guard import guard_select

TABLES = ["core.product", "raw.a-b__Feed"]


@pytest.fixture(scope="module")
def lake() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone='UTC'")
    for schema in ("core", "raw"):
        connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute(
        "CREATE TABLE core.product AS SELECT * FROM (VALUES"
        " ('k1', 'acme', 10.00, '{\"x\": 1}', DATE '2024-01-01'), ('k2', 'acme', NULL, '{}', DATE '2024-02-01'),"
        " ('k3', 'bolt', 2.50, NULL, DATE '2024-02-01')) t(k, vendor, price, attributes, d)"
    )
    connection.execute('CREATE TABLE raw."a-b__Feed" AS SELECT 7 AS n')
    return connection


ALLOWED = [
    ("SELECT count(*) FROM core.product", [(3,)]),
    ("FROM core.product SELECT k ORDER BY k LIMIT 1 OFFSET 1", [("k2",)]),
    ('SELECT n FROM raw."a-b__Feed"', [(7,)]),
    ('SELECT n FROM RAW."A-B__feed"', [(7,)]),
    ("SELECT vendor, sum(price) FROM core.product GROUP BY ALL ORDER BY ALL", [("acme", 10), ("bolt", 2.5)]),
    ("WITH c AS (SELECT * FROM core.product), d AS (FROM c) SELECT count(*) FROM d AS x JOIN c USING (k)", [(3,)]),
    (
        "SELECT k FROM core.product QUALIFY row_number() OVER (PARTITION BY vendor ORDER BY k DESC) = 1 ORDER BY k",
        [("k2",), ("k3",)],
    ),
    (
        "SELECT k FROM core.product p WHERE EXISTS (FROM core.product q WHERE q.vendor = p.vendor AND q.k > p.k)",
        [("k1",)],
    ),
    ("SELECT k FROM core.product WHERE price = (SELECT max(price) FROM core.product)", [("k1",)]),
    ("SELECT 1 AS a UNION ALL SELECT 2 EXCEPT SELECT 2 ORDER BY 1", [(1,)]),
    (
        "SELECT * EXCLUDE (attributes, price, d) REPLACE (upper(vendor) AS vendor) FROM core.product WHERE k = 'k3'",
        [("k3", "BOLT")],
    ),
    ("SELECT count(*) FILTER (WHERE price IS NULL), count(DISTINCT vendor) FROM core.product", [(1, 2)]),
    ("SELECT string_agg(k, ',' ORDER BY k) FROM core.product", [("k1,k2,k3",)]),
    ("SELECT attributes ->> '$.x' = '1' FROM core.product ORDER BY k LIMIT 1", [(True,)]),
    ("SELECT a.x FROM (SELECT {'x': k} AS a FROM core.product) ORDER BY 1 LIMIT 1", [("k1",)]),
    ("SELECT sum(price) / count(*) > 4, 7 // 2, date_diff('day', min(d), max(d)) FROM core.product", [(True, 3, 31)]),
    ("SELECT divide(sum(price), 3, 2), clean_text('  a  b ') FROM core.product", [(4.17, "a b")]),
    ("SELECT k FROM core.product WHERE d >= DATE '2024-01-01' + INTERVAL 1 MONTH ORDER BY k", [("k2",), ("k3",)]),
    ("SELECT DISTINCT ON (vendor) vendor, k FROM core.product ORDER BY vendor, k", [("acme", "k1"), ("bolt", "k3")]),
    (
        "SELECT vendor, count(*) FROM core.product GROUP BY GROUPING SETS ((vendor), ()) ORDER BY 2 DESC LIMIT 1",
        [(None, 3)],
    ),
    ("SELECT v FROM (VALUES (1), (2)) AS t(v) ORDER BY v DESC", [(2,), (1,)]),
    (
        "SELECT lag(k) OVER w FROM core.product WINDOW w AS (ORDER BY k) ORDER BY 1 NULLS FIRST",
        [(None,), ("k1",), ("k2",)],
    ),
    ("(SELECT 1)", [(1,)]),
    ('SELECT k FROM core.product SEMI JOIN raw."a-b__Feed" ON true ORDER BY k LIMIT 1;', [("k1",)]),
    ("SELECT quantile_cont(price, 0.5), arg_max(k, price), bool_or(price > 5) FROM core.product", [(6.25, "k1", True)]),
    ("SELECT TRY_CAST('x' AS INTEGER) -- a comment\n FROM core.product LIMIT 1", [(None,)]),
]


@pytest.mark.parametrize(("text", "rows"), ALLOWED, ids=[text[:40] for text, _ in ALLOWED])
def test_a_query_runs(text: str, rows: list[tuple[object, ...]], lake: duckdb.DuckDBPyConnection) -> None:
    found = lake.execute(compile_select(text, tables=TABLES)).fetchall()

    assert [tuple(float(v) if isinstance(v, Decimal) else v for v in row) for row in found] == rows


@pytest.mark.parametrize("text", [text for text, _ in ALLOWED])
def test_what_is_rendered_is_allowed_again(text: str) -> None:
    once = guard_select(text, tables=TABLES).sql(dialect="duckdb")

    assert guard_select(once, tables=TABLES).sql(dialect="duckdb") == once


def test_the_tables_that_a_query_reads_are_named_as_given() -> None:
    text = 'WITH c AS (FROM core.product) SELECT * FROM c, RAW."A-b__feed" AS x, core.product AS y'

    assert set(tables_read(text, tables=TABLES)) == set(TABLES)


def test_a_with_query_may_hide_a_table() -> None:
    assert tables_read("WITH product AS (SELECT 1) SELECT * FROM product", tables=["product"]) == ()


def test_a_query_over_no_tables_is_told_so() -> None:
    with pytest.raises(GuardRefused, match="no table") as refused:
        guard_select("SELECT * FROM x", tables=[])

    assert refused.value.hint == "There is none."
