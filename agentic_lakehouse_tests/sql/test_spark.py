"""What differs in Spark SQL, as text."""

from __future__ import annotations

import pytest

from agentic_lakehouse.sql.compiler import compile_expression, compile_loss

TYPES = {"a": "string", "n": "long", "price": "decimal(18,4)", "d": "date"}


@pytest.mark.parametrize(
    ("expression", "spark"),
    [
        ("price + 1", "TRY_ADD(`price`, 1)"),
        ("n % 2", "TRY_MOD(`n`, 2)"),
        ("CAST(a AS DECIMAL(10, 2))", "TRY_CAST(`a` AS DECIMAL(10, 2))"),
        ("CAST(a AS INTEGER)", "TRY_CAST(ROUND(TRY_CAST(`a` AS DECIMAL(38, 10))) AS INT)"),
        ("CAST(a AS TIMESTAMPTZ)", "TRY_CAST(`a` AS TIMESTAMP)"),
        ("strptime(a, '%d.%m.%Y um %H:%M')", "TRY_TO_TIMESTAMP(`a`, 'dd.MM.yyyy \\'um\\' HH:mm')"),
        ("strftime(d, '%Y%m')", "DATE_FORMAT(`d`, 'yyyyMM')"),
        ("regexp_replace(a, '(x)\\s', '\\1$', 'g')", "REGEXP_REPLACE(`a`, '(x)\\\\s', '$1\\\\$')"),
        ("regexp_full_match(a, 'x|y')", "(`a` RLIKE '\\\\A(?:x|y)\\\\z')"),
        ("concat(a, n)", "CONCAT(COALESCE(CAST(`a` AS STRING), ''), COALESCE(CAST(`n` AS STRING), ''))"),
        ("json_extract_string(a, '$.x')", "GET_JSON_OBJECT(`a`, '$.x')"),
        ("make_date(n, 1, 2)", "TRY_CAST(CONCAT_WS('-', `n`, 1, 2) AS DATE)"),
        ("left(a, 2)", "LEFT(`a`, 2)"),
        ("TRY(a)", "`a`"),
        ("divide(n, 3, 2)", "ROUND(TRY_DIVIDE(TRY_CAST(`n` AS DECIMAL(22, 8)), TRY_CAST(3 AS DECIMAL(22, 8))), 2)"),
        ("a = 'it''s'", "`a` = 'it\\'s'"),
    ],
)  # fmt: skip
def test_an_expression_in_spark(expression: str, spark: str) -> None:
    assert compile_expression(expression, types=TYPES, target_type=None, dialect="spark") == spark


def test_nothing_of_duckdb_is_left_in_a_loss() -> None:
    loss = compile_loss("json_extract_string(a, '$.x')", types=TYPES, target_type="long", dialect="spark")

    assert "JSON_VALID" not in loss
    assert "TRY(" not in loss
