"""A call that would pass a budget is not made; failed attempts count."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentic_lakehouse.brain.budget import Bounds, Budget
from agentic_lakehouse.errors import AnswerRejected, BudgetExceeded


def test_failed_attempts_count_as_calls(server, journal, think, ask, good) -> None:
    server.fails(500)
    server.says("prose", good)

    with pytest.raises(BudgetExceeded, match="budget of 2 calls") as caught:
        ask(think(budget=Bounds(calls=2)))

    assert journal.statuses == ["transport", "unparsable"]
    assert len(server.requests) == 2
    assert caught.value.details["spent"] == 2


def test_a_budget_of_nothing_sends_nothing(server, journal, think, ask) -> None:
    with pytest.raises(BudgetExceeded, match="LAKEHOUSE_BUDGET_CALLS"):
        ask(think(budget=Bounds(calls=0)))

    assert (server.requests, journal.rows) == ([], [])


def test_tokens_are_estimated_before_they_are_spent(server, think, ask) -> None:
    with pytest.raises(BudgetExceeded, match="tokens"):
        ask(think(budget=Bounds(tokens=100)))

    assert server.requests == []


def test_tokens_of_earlier_attempts_count(server, journal, think, ask) -> None:
    server.says("prose")
    with pytest.raises(AnswerRejected):
        ask(think())
    one_question = len(journal.rows[0].rendered_prompt) // 4
    journal.rows.clear()

    with pytest.raises(BudgetExceeded, match="110 spent"):
        ask(think(budget=Bounds(tokens=one_question + 100)))

    assert journal.statuses == ["unparsable"]


def test_a_server_that_counts_nothing_passes_no_budget(server, journal, think, ask) -> None:
    server.completes(content="prose", usage=None)
    with pytest.raises(AnswerRejected):
        ask(think("openai-chat:gpt-4o"))
    first = journal.rows[0]
    assert first.cost_usd is not None
    assert first.cost_usd > 0
    journal.rows.clear()

    with pytest.raises(BudgetExceeded, match="tokens"):
        ask(think(budget=Bounds(tokens=first.input_tokens + 1)))

    assert journal.statuses == ["unparsable"]


def test_money_is_not_spent_beyond_its_bound(server, journal, think, ask) -> None:
    with pytest.raises(BudgetExceeded, match="usd"):
        ask(think("openai-chat:gpt-4o", budget=Bounds(usd=0.000001)))

    assert server.requests == []


def test_a_known_price_is_journalled(server, journal, think, ask, good) -> None:
    server.says(good)

    ask(think("openai-chat:gpt-4o", budget=Bounds(usd=1.0)))

    [row] = journal.rows
    assert row.cost_usd is not None
    assert 0 < row.cost_usd < 0.01


def test_a_call_whose_price_is_unknown_is_not_stopped_by_money(server, journal, think, ask, good) -> None:
    server.says(good)

    ask(think("openai-chat:home-made", budget=Bounds(usd=0)))

    assert journal.rows[0].cost_usd is None


def test_each_run_has_its_own_budget(server, think, ask, prices, good) -> None:
    server.says("prose", "prose", good)
    brain = think(budget=Bounds(calls=2))
    with pytest.raises(BudgetExceeded):
        ask(brain, run_id="run-1")

    assert ask(brain, run_id="run-2").value.primary_key == ("artikel",)


def test_a_feed_has_one_budget_a_day_whatever_the_run_and_the_process(server, journal, think, ask, good) -> None:
    server.says("prose", good)
    budget = Budget(feed=Bounds(calls=2))
    ask(think(budget=budget), run_id="run-1")
    journal.rows[-1] = journal.rows[-1].model_copy(update={"status": "semantic"})

    with pytest.raises(BudgetExceeded, match="2 calls a feed and day") as caught:
        ask(think(budget=budget), run_id="run-2")

    assert caught.value.hint == "Raise or unset LAKEHOUSE_BUDGET_FEED_CALLS."
    assert caught.value.reason == "budget"


def test_all_feeds_share_the_budget_of_a_day(server, journal, think, ask, good) -> None:
    server.says("prose", good)
    ask(think())
    journal.rows[:] = [row.model_copy(update={"feed": "other/feed", "request_sha256": "0"}) for row in journal.rows]

    with pytest.raises(BudgetExceeded, match="2 calls a day"):
        ask(think(budget=Budget(day=Bounds(calls=2))))


def test_yesterday_is_not_counted(server, journal, think, ask, good) -> None:
    server.says("prose", good)
    ask(think())
    day = timedelta(days=1)
    journal.rows[:] = [
        row.model_copy(update={"created_at": row.created_at - day, "request_sha256": "0"}) for row in journal.rows
    ]

    assert ask(think(budget=Budget(day=Bounds(calls=2), feed=Bounds(tokens=100_000)))).calls
