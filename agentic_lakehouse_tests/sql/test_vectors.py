"""Every allowed function, helper and operator, against real DuckDB and as Spark text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
import yaml

from agentic_lakehouse.sql.compiler import compile_expression
from agentic_lakehouse.sql.functions import FUNCTIONS
from agentic_lakehouse.sql.macros import MACROS

FIXTURES = Path(__file__).parents[1] / "fixtures" / "sql"


def read(name: str) -> dict[str, list[dict[str, Any]]]:
    return yaml.safe_load((FIXTURES / name).read_text(encoding="utf-8"))


PLAIN, OPERATORS, HELPERS = read("functions.yaml"), read("operators.yaml"), read("macros.yaml")
CASES = [
    pytest.param(case, row, id=f"{name}-{n}-{m}")
    for file in (PLAIN, OPERATORS, HELPERS)
    for name, cases in file.items()
    for n, case in enumerate(cases)
    for m, row in enumerate(case["rows"])
]
EXPRESSIONS = [
    pytest.param(case, id=f"{name}-{n}")
    for file in (PLAIN, OPERATORS, HELPERS)
    for name, cases in file.items()
    for n, case in enumerate(cases)
]


def test_every_function_has_vectors() -> None:
    assert set(PLAIN) == set(FUNCTIONS)


def test_every_helper_has_vectors() -> None:
    assert set(HELPERS) == set(MACROS)


def test_every_function_is_tried_with_null() -> None:
    without = [
        name
        for name, cases in (PLAIN | HELPERS).items()
        if not any(None in row[:-1] for case in cases for row in case["rows"])
    ]
    assert without == []


@pytest.mark.parametrize(("case", "row"), CASES)
def test_a_vector_gives_its_result(case: dict[str, Any], row: list[Any], evaluate: Callable[..., str | None]) -> None:
    *values, expected = row

    compiled = compile_expression(case["expression"], types=case["types"], target_type=None)

    assert evaluate(compiled, case["types"], *values) == expected


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_a_function_means_what_it_means_in_plain_duckdb(name: str, evaluate: Callable[..., str | None]) -> None:
    for case in PLAIN[name]:
        for *values, expected in case["rows"]:
            try:
                plain = evaluate(case["expression"], case["types"], *values)
            except duckdb.Error:
                plain = None  # what raises there is null here
            if "->>" not in case["expression"]:  # binds looser than `=` in plain DuckDB
                assert plain == expected


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_a_vector_is_written_for_spark(case: dict[str, Any]) -> None:
    text = compile_expression(case["expression"], types=case["types"], target_type=None, dialect="spark")

    tree = sqlglot.parse_one(f"SELECT {text}", read="spark")
    assert tree.expressions
    assert not {"TRY", "TRY_STRPTIME", "JSON_EXTRACT_STRING"} & {
        call.name.upper() for call in tree.find_all(sqlglot.exp.Anonymous)
    }


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_is_called_by_its_spark_name(name: str) -> None:
    texts = [
        compile_expression(case["expression"], types=case["types"], target_type=None, dialect="spark")
        for case in PLAIN[name]
    ]
    called = {"LTRIM": "TRIM(LEADING", "RTRIM": "TRIM(TRAILING"}.get(FUNCTIONS[name].spark, FUNCTIONS[name].spark)
    assert any(called in text for text in texts)
