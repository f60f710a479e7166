"""A call that would pass a budget is not made; failed attempts count."""

from __future__ import annotations

import pytest

from agentic_lakehouse.brain.brain import Budget
from agentic_lakehouse.errors import AnswerRejected, BudgetExceeded


def test_failed_attempts_count_as_calls(server, journal, think, ask, good) -> None:
    server.fails(500)
    server.says("prose", good)

    with pytest.raises(BudgetExceeded, match="budget of 2 calls") as caught:
        ask(think(budget=Budget(calls=2)))

    assert journal.statuses == ["transport", "unparsable"]
    assert len(server.requests) == 2
    assert caught.value.details["spent"] == 2


def test_a_budget_of_nothing_sends_nothing(server, journal, think, ask) -> None:
    with pytest.raises(BudgetExceeded, match="LAKEHOUSE_BUDGET_CALLS"):
        ask(think(budget=Budget(calls=0)))

    assert (server.requests, journal.rows) == ([], [])


def test_tokens_are_estimated_before_they_are_spent(server, think, ask) -> None:
    with pytest.raises(BudgetExceeded, match="tokens"):
        ask(think(budget=Budget(tokens=100)))

    assert server.requests == []


def test_tokens_of_earlier_attempts_count(server, journal, think, ask) -> None:
    server.says("prose")
    with pytest.raises(AnswerRejected):
        ask(think())
    one_question = len(journal.rows[0].rendered_prompt) // 4
    journal.rows.clear()

    with pytest.raises(BudgetExceeded, match="110 spent"):
        ask(think(budget=Budget(tokens=one_question + 100)))

    assert journal.statuses == ["unparsable"]


def test_money_is_not_spent_beyond_its_bound(server, journal, think, ask) -> None:
    with pytest.raises(BudgetExceeded, match="usd"):
        ask(think("openai-chat:gpt-4o", budget=Budget(usd=0.000001)))

    assert server.requests == []


def test_a_known_price_is_journalled(server, journal, think, ask, good) -> None:
    server.says(good)

    ask(think("openai-chat:gpt-4o", budget=Budget(usd=1.0)))

    [row] = journal.rows
    assert row.cost_usd is not None
    assert 0 < row.cost_usd < 0.01


def test_a_call_whose_price_is_unknown_is_not_stopped_by_money(server, journal, think, ask, good) -> None:
    server.says(good)

    ask(think("openai-chat:home-made", budget=Budget(usd=0)))

    assert journal.rows[0].cost_usd is None


def test_each_run_has_its_own_budget(server, think, ask, prices, good) -> None:
    server.says("prose", "prose", good)
    brain = think(budget=Budget(calls=2))
    with pytest.raises(BudgetExceeded):
        ask(brain, run_id="run-1")

    assert ask(brain, run_id="run-2").value.primary_key == ("artikel",)
