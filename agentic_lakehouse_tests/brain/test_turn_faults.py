"""A model that may look at things and does so badly: too often, too much at once, or in broken words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from agentic_lakehouse.brain.reply import MAX_ANSWER
from agentic_lakehouse.contracts.trial import Tried
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.errors import AnswerRejected
from agentic_lakehouse_tests.model_server import ModelServer

GOOD = json.dumps({"columns": [{"target": "sku", "sources": ["Artikel"], "expression": "artikel", "confidence": 0.9}]})


class Rows:
    """A bench with little on it."""

    def sample_rows(self, columns: Sequence[str], rows: int) -> list[dict[str, str | None]]:
        return [dict.fromkeys(columns, "A1")] * rows

    def try_expression(self, target: str, expression: str) -> Tried:
        return Tried(errors=(f"{target}: {expression} is not tried here",))


@pytest.fixture
def map_prices(think, prices, spec_of, product) -> Callable[[], Any]:
    spec = spec_of(prices)
    return lambda: think().map(prices, spec, product, facts=VendorFacts(), run_id="r", check=lambda _: [], bench=Rows())


def calls(server: ModelServer, *named: tuple[str, str], content: str | None = None) -> None:
    asked = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for n, (name, arguments) in enumerate(named)
    ]
    server.completes({"content": content, "tool_calls": asked}, finish_reason="tool_calls")


@pytest.fixture
def made(journal) -> Callable[[], list[str]]:
    """Return how the calls to the scripted server ended."""
    return lambda: [row.status for row in journal.rows if row.model != "embedded"]


def test_a_model_that_never_stops_looking_is_stopped(server, map_prices, made) -> None:
    calls(server, ("sample_rows", "{}"))

    with pytest.raises(AnswerRejected, match="no tool may be called now"):
        map_prices()

    assert made() == ["turn"] * 4 + ["schema"] * 3
    assert len(server.requests) <= 7


def test_an_answer_beside_a_call_of_a_tool_counts_once_no_more_may_be_looked_at(server, map_prices, made) -> None:
    calls(server, ("sample_rows", "{}"), content=GOOD)

    assert map_prices().value.columns

    assert made() == ["turn"] * 4 + ["ok"]


@pytest.mark.parametrize(
    "call",
    [("drop_table", "{}"), ("sample_rows", '{"ro'), ("sample_rows", "[" * 50_000), ("sample_rows", '{"rows": 1e99}')],
    ids=["no such tool", "half arguments", "brackets", "wrong arguments"],
)
def test_what_is_wrong_with_a_call_is_told(server, map_prices, made, call: tuple[str, str]) -> None:
    calls(server, call)
    server.says(GOOD)

    assert map_prices().value.columns

    assert made() == ["turn", "ok"]
    assert "errors" in server.words(1)


def test_a_turn_of_millions_of_characters_is_no_turn(server, journal, map_prices, made) -> None:
    calls(server, ("sample_rows", json.dumps({"columns": ["x" * 10_000_000]})))
    server.says(GOOD)

    assert map_prices().value.columns

    assert made() == ["unparsable", "ok"]
    [bad] = [row for row in journal.rows if row.errors]
    assert "it was cut after" in bad.errors[0]
    assert len(bad.raw_output) <= MAX_ANSWER
    assert len(json.dumps(server.requests[1])) < MAX_ANSWER


def test_a_turn_of_a_thousand_calls_is_told_that_most_were_not_made(server, map_prices, made) -> None:
    calls(server, *[("sample_rows", "{}")] * 1000)
    server.says(GOOD)

    assert map_prices().value.columns

    assert made() == ["turn", "ok"]
    assert "calls at most" in server.words(1)
    assert len(json.dumps(server.requests[1])) < MAX_ANSWER
