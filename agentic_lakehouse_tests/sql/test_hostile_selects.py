"""What people, checks and agents may try to run as a query."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.guard import guard_select

TABLES = ["core.product", "raw.a-b"]
HOSTILE = yaml.safe_load((Path(__file__).parents[1] / "fixtures/sql/hostile_selects.yaml").read_text("utf-8"))
CASES = [pytest.param(text, node, id=text[:50]) for cases in HOSTILE.values() for text, node in cases]


@pytest.mark.parametrize(("text", "node"), CASES)
def test_a_hostile_query_is_refused_by_name(text: str, node: str) -> None:
    with pytest.raises(GuardRefused) as refused:
        guard_select(text, tables=TABLES)

    assert refused.value.details["node"] == node
    assert refused.value.hint


def test_an_unknown_table_is_named_with_its_likeliest_meaning() -> None:
    with pytest.raises(GuardRefused) as refused:
        guard_select("SELECT * FROM core.produkt", tables=TABLES)

    assert refused.value.details["table"] == "core.produkt"
    assert refused.value.hint == "Did you mean 'core.product'?"


@pytest.mark.parametrize("depth", [40, 2000])
def test_subqueries_inside_subqueries_stay_bounded(depth: int) -> None:
    with pytest.raises(GuardRefused):
        guard_select("SELECT * FROM (" * depth + "SELECT 1" + ")" * depth, tables=TABLES)
