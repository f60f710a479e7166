"""What models and vendors may try to slip into an expression."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.guard import guard_expression
from agentic_lakehouse.sql.macros import expand

HOSTILE = yaml.safe_load((Path(__file__).parents[1] / "fixtures/sql/hostile_expressions.yaml").read_text("utf-8"))
CASES = [pytest.param(text, node, id=text[:40]) for cases in HOSTILE.values() for text, node in cases]


@pytest.mark.parametrize(("text", "node"), CASES)
def test_a_hostile_expression_is_refused_by_name(text: str, node: str) -> None:
    with pytest.raises(GuardRefused) as refused:
        guard_expression(text, columns=["a", "b", "c"])

    assert refused.value.details["node"] == node
    assert refused.value.hint


def test_an_unknown_column_is_named_with_its_likeliest_meaning() -> None:
    with pytest.raises(GuardRefused) as refused:
        guard_expression("upper(brnad)", columns=["brand", "price"])

    assert refused.value.details["column"] == "brnad"
    assert refused.value.hint == "Did you mean 'brand'?"


def test_an_unknown_function_is_named_with_its_likeliest_meaning() -> None:
    with pytest.raises(GuardRefused) as refused:
        guard_expression("striphtml(a)", columns=["a"])

    assert refused.value.hint == "Did you mean 'strip_html'?"


def test_division_points_to_the_helper() -> None:
    with pytest.raises(GuardRefused, match="divide"):
        guard_expression("price / 100", columns=["price"])


def test_comments_do_not_survive() -> None:
    tree = guard_expression("a /* secret */ || b -- more", columns=["a", "b"])

    assert tree.sql(dialect="duckdb") == '"a" || "b"'


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 3000 + "a" + ")" * 3000,
        "(" * 40 + "a" + ")" * 40,
        "lower(" * 1200 + "a" + ")" * 1200,
        "NOT " * 2000 + "a",
        "-" + " -" * 3000 + "a",
        "a" + "::INT" * 1500,
        "a" + " + a" * 2000,
        "CASE WHEN a THEN " * 300 + "a" + " END" * 300,
        "[" * 4000,
        "{'a':" * 1000,
        "a" + "[1]" * 2000,
        "'" + "x" * 9000 + "'",
        "coalesce(" + "a," * 2800 + "a)",
    ],
    ids=lambda bomb: bomb[:12],
)
def test_a_bomb_is_refused(bomb: str) -> None:
    with pytest.raises(GuardRefused):
        guard_expression(bomb, columns=["a"])


def test_helpers_inside_helpers_stay_bounded() -> None:
    tree = guard_expression("gs1_check_digit(" * 8 + "a" + ")" * 8, columns=["a"])

    with pytest.raises(GuardRefused, match="helpers"):
        expand(tree, "duckdb")


def test_quoting_does_not_smuggle_a_name() -> None:
    with pytest.raises(GuardRefused) as refused:
        guard_expression('"a"" FROM t --"', columns=["a"])

    assert refused.value.details["column"] == 'a" FROM t --'
