"""Which rows break a rule, and what a table check counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest

from agentic_lakehouse.contracts.standard import ROW_RULES, Rule
from agentic_lakehouse.errors import ContractInvalid, GuardRefused
from agentic_lakehouse.sql.rules import breach, table_check, table_verdict

TYPES = {
    "gtin": "string",
    "title": "string",
    "price": "decimal(18,4)",
    "sale_price": "decimal(18,4)",
    "stock": "long",
    "seen": "date",
    "active": "boolean",
    "at": "timestamp",
}


def rule(kind: str, argument: Any = None, column: str | None = None, **more: Any) -> Rule:
    return Rule(name="r", kind=kind, argument=argument, column=column, **more)


@pytest.mark.parametrize(
    ("tested", "good", "bad"),
    [
        (rule("required", column="title"), {"title": ""}, {"title": None}),
        (rule("pattern", r"^(\d{8}|\d{13})$", "gtin"), {"gtin": "12345678"}, {"gtin": "1234567"}),
        (rule("pattern", "^https?://", "title"), {"title": "https://x"}, {"title": "ftp://x"}),
        (rule("pattern", "it's", "title"), {"title": "it's"}, {"title": "its"}),
        (rule("min_length", 2, "title"), {"title": "ab"}, {"title": "a"}),
        (rule("max_length", 3, "title"), {"title": "äöü"}, {"title": "abcd"}),
        (rule("minimum", 0, "price"), {"price": "0"}, {"price": "-0.0001"}),
        (rule("minimum", 0.5, "price"), {"price": "0.5"}, {"price": "0.4999"}),
        (rule("maximum", 1e6, "stock"), {"stock": 1000000}, {"stock": 1000001}),
        (
            rule("minimum", "2020-01-01T00:00:00+01:00", "at"),
            {"at": "2020-01-01 00:00:00"},
            {"at": "2019-12-31 22:59:59"},
        ),
        (rule("minimum", "2020-01-01", "seen"), {"seen": "2020-01-01"}, {"seen": "2019-12-31"}),
        (rule("maximum", date(2020, 1, 1), "seen"), {"seen": "2020-01-01"}, {"seen": "2020-01-02"}),
        (rule("valid_values", ["new", "it's used"], "title"), {"title": "it's used"}, {"title": "used"}),
        (rule("valid_values", [1, 2], "stock"), {"stock": 2}, {"stock": 3}),
        (rule("valid_values", [1, 2.5], "price"), {"price": "2.50"}, {"price": "2"}),
        (rule("valid_values", [True], "active"), {"active": True}, {"active": False}),
        (rule("valid_values", [1, 2], "title"), {"title": "1"}, {"title": "x"}),
        (rule("expression", "gs1_check_digit(gtin)"), {"gtin": "96385074"}, {"gtin": "96385075"}),
        (rule("expression", "price >= sale_price"), {"price": 2, "sale_price": 2}, {"price": 1, "sale_price": 2}),
        (rule("row_sql", "sale_price > price"), {"price": 2, "sale_price": 2}, {"price": 1, "sale_price": 2}),
        (rule("row_sql", "price IS NOT NULL AND title IS NULL"), {"title": "x", "price": 1}, {"price": 1}),
        (rule("row_sql", "price * 9999999999999999 > 1"), {"price": 0}, {"price": 1}),
    ],
)
def test_a_row_rule_finds_the_bad_row_and_no_other(
    tested: Rule, good: dict[str, Any], bad: dict[str, Any], evaluate: Callable[..., str | None]
) -> None:
    sql = breach(tested, types=TYPES)

    assert evaluate(sql, TYPES, *(good.get(name) for name in TYPES)) == "false"
    assert evaluate(sql, TYPES, *(bad.get(name) for name in TYPES)) == "true"


@pytest.mark.parametrize("kind", sorted(ROW_RULES - {"required"}))
def test_a_null_cell_passes_every_rule_but_required(kind: str, evaluate: Callable[..., str | None]) -> None:
    arguments = {
        "pattern": "x", "min_length": 1, "max_length": 1, "minimum": 1, "maximum": 1, "valid_values": ["x"],
        "expression": "price > 1", "row_sql": "price > 1",
    }  # fmt: skip
    column = "price" if kind in {"minimum", "maximum"} else "title"

    sql = breach(rule(kind, arguments[kind], column), types=TYPES)

    assert evaluate(sql, TYPES, *[None] * len(TYPES)) == "false"


@pytest.mark.parametrize(
    "broken",
    [
        rule("pattern", "(?=x)", "title"),
        rule("pattern", None, "title"),
        rule("min_length", "2", "title"),
        rule("max_length", True, "title"),
        rule("minimum", "NaN", "price"),
        rule("minimum", True, "price"),
        rule("minimum", 1, "title"),
        rule("maximum", "soon", "seen"),
        rule("valid_values", ["one"], "stock"),
        rule("valid_values", [], "title"),
        rule("valid_values", "new", "title"),
        rule("required", column="nosuch"),
        rule("minimum", 1),
        rule("expression", 5),
        rule("unique", column="title"),
    ],
)
def test_a_rule_that_does_not_fit_is_named(broken: Rule) -> None:
    with pytest.raises(ContractInvalid, match="Rule 'r'") as refused:
        breach(broken, types=TYPES)

    assert refused.value.details["rule"] == "r"


@pytest.mark.parametrize("text", ["(SELECT true)", "read_text('/etc/passwd') = ''", "nosuch > 1", "random() > 0.5"])
def test_a_rule_expression_is_guarded(text: str) -> None:
    with pytest.raises(GuardRefused):
        breach(rule("expression", text), types=TYPES)


@pytest.fixture(scope="module")
def shop() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA core")
    connection.execute(
        'CREATE TABLE core."my-product" AS SELECT * FROM (VALUES'
        " ('a', 1, 5.0), ('a', 2, NULL), ('b', 1, 7.0), (NULL, 1, 7.0), (NULL, 1, 7.0)) t(k, n, price)"
    )
    return connection


TABLE = "core.my-product"


@pytest.mark.parametrize(
    ("tested", "key", "number"),
    [
        (rule("unique", column="k"), (), 1),
        (rule("unique", column="price"), (), 1),
        (rule("unique"), ("k", "n"), 0),
        (rule("unique"), ("k",), 1),
        (rule("row_count"), (), 5),
        (rule("table_sql", "SELECT COUNT(*) FROM {object} WHERE price IS NULL"), (), 1),
        (rule("table_sql", "SELECT count(DISTINCT ${property}) FROM ${object}", "price"), (), 2),
        (rule("table_sql", 'SELECT max(c) FROM (SELECT count(*) AS c FROM core."my-product" GROUP BY k)'), (), 2),
    ],
)
def test_a_table_check_gives_its_number(
    tested: Rule, key: tuple[str, ...], number: int, shop: duckdb.DuckDBPyConnection
) -> None:
    assert shop.execute(table_check(tested, TABLE, key=key)).fetchall() == [(number,)]


@pytest.mark.parametrize(
    ("compare", "passed"),
    [("= 5", True), ("> 5", False), ("BETWEEN 1 AND 5", True), ("NOT BETWEEN 1 AND 5", False), ("<> 0", True)],
)
def test_a_verdict_compares_the_number(compare: str, passed: bool, shop: duckdb.DuckDBPyConnection) -> None:
    verdict = table_verdict(rule("row_count", compare=compare), TABLE)

    assert shop.execute(verdict).fetchall() == [(5, passed)]


@pytest.mark.parametrize(
    ("tested", "error"),
    [
        (rule("table_sql", "SELECT count(*) FROM other"), GuardRefused),
        (rule("table_sql", "DROP TABLE {object}"), GuardRefused),
        (rule("table_sql", "SELECT count(*) FROM {object}; DROP TABLE {object}"), GuardRefused),
        (rule("table_sql", "SELECT count(*) FROM read_csv('x')"), GuardRefused),
        (rule("row_count", compare="= 0; DROP TABLE x"), GuardRefused),
        (rule("row_count", compare="= (SELECT 1)"), GuardRefused),
        (rule("table_sql"), ContractInvalid),
        (rule("unique"), ContractInvalid),
        (rule("required", column="k"), ContractInvalid),
    ],
)
def test_a_table_check_that_reaches_further_is_refused(tested: Rule, error: type[Exception]) -> None:
    with pytest.raises(error):
        table_verdict(tested, TABLE)
