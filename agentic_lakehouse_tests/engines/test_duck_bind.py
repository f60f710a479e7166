"""The type of a compiled expression, told without running it."""

from __future__ import annotations

import pytest

from agentic_lakehouse.engines.duck import DuckSql
from agentic_lakehouse.errors import EngineFailed
from agentic_lakehouse.sql.compiler import compile_expression
from agentic_lakehouse.sql.types import duckdb_type

TYPES = {"name": "string", "n": "long", "price": "decimal(18,4)", "at": "timestamp", "order": "date"}


@pytest.mark.parametrize("target", ["string", "long", "double", "boolean", "date", "timestamp", "decimal(18,6)"])
def test_a_compiled_expression_has_its_target_type(target: str) -> None:
    compiled = compile_expression("name", types=TYPES, target_type=target)

    assert DuckSql().bind(compiled, TYPES) == duckdb_type(target).replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE")


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ('"price" * 2', "DECIMAL(18,4)"),
        ('"order" - "order"', "BIGINT"),
        ("\"at\" > '2024-01-01'", "BOOLEAN"),
        ("'constant'", "VARCHAR"),
    ],
)
def test_an_expression_is_typed_by_its_columns(expression: str, kind: str) -> None:
    assert DuckSql().bind(expression, TYPES) == kind


def test_an_expression_without_columns_is_typed() -> None:
    assert DuckSql().bind("1 + 1", {}) == "INTEGER"


@pytest.mark.parametrize("expression", ['"nosuch"', 'lower("n")', '"name" + 1', "sum("])
def test_what_does_not_bind_is_told_without_positions(expression: str) -> None:
    with pytest.raises(EngineFailed) as failed:
        DuckSql().bind(expression, TYPES)

    assert "LINE" not in failed.value.message
    assert "\n" not in failed.value.message
