"""On which cells a value hangs."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.compiler import may_lose
from agentic_lakehouse.sql.doubt import CERTAIN, any_of, compile_doubt

TYPES = {"sku": "string", "gtin": "string", "mpn": "string", "n": "long"}


def doubtful(expression: str, row: Mapping[str, str | None], *columns: str) -> bool:
    """Whether an expression's value in `row` hangs on one of `columns`."""
    doubt = compile_doubt(expression, types=TYPES, doubts={c: f'"_no_{c}"' for c in columns})
    cells = [f"CAST({'NULL' if row.get(c) is None else repr(row[c])} AS VARCHAR) AS {c}" for c in TYPES]
    flags = [f"true AS _no_{c}" for c in columns]
    [(found,)] = duckdb.sql(f"SELECT {doubt} FROM (SELECT {', '.join([*cells, *flags])})").fetchall()
    return bool(found)


@pytest.mark.parametrize("expression", ["gtin", "upper(gtin)", "concat_ws('/', sku, gtin)", "surrogate_key(sku, gtin)"])
def test_a_value_hangs_on_what_goes_into_it(expression: str) -> None:
    assert doubtful(expression, {"sku": "S"}, "gtin")
    assert not doubtful(expression, {"sku": "S"}, "mpn")


@pytest.mark.parametrize(
    ("row", "hangs"),
    [({"sku": "S"}, False), ({}, True), ({"mpn": "M"}, True), ({"sku": "S", "mpn": "M"}, False)],
)
def test_a_choice_does_not_hang_on_what_it_did_not_come_to(row: Mapping[str, str | None], hangs: bool) -> None:
    assert doubtful("coalesce(sku, gtin, mpn)", row, "gtin") == hangs
    assert doubtful("surrogate_key(coalesce(sku, upper(gtin)))", row, "gtin") == hangs


def test_a_choice_hangs_on_what_it_passed_over() -> None:
    assert doubtful("coalesce(sku, gtin)", {"gtin": "G"}, "sku")


def test_a_value_of_certain_columns_is_certain() -> None:
    assert compile_doubt("coalesce(sku, gtin)", types=TYPES, doubts={"mpn": "true"}) == CERTAIN
    assert any_of([CERTAIN, CERTAIN]) == CERTAIN
    assert any_of(["a", CERTAIN, "b", "a"]) == "(a OR b)"


def test_what_the_guard_refuses_is_refused_here() -> None:
    with pytest.raises(GuardRefused):
        compile_doubt("coalesce(sku, (SELECT 1))", types=TYPES, doubts={"sku": "true"})


@pytest.mark.parametrize(
    ("expression", "target", "loses"),
    [
        ("sku", "string", False),
        ("clean_text(sku)", "string", False),
        ("n", "long", False),
        ("n", "string", True),
        ("sku", "date", True),
        ("value_map(sku, 'a', 'b')", "string", True),
        ("coalesce(try_cast(sku AS long), n)", "long", True),
    ],
)
def test_only_steps_that_may_lose_a_value_are_asked_what_they_lost(expression: str, target: str, loses: bool) -> None:
    expression = expression.replace("long", "BIGINT") if "try_cast" in expression else expression

    assert may_lose(expression, types=TYPES, target_type=target) == loses
