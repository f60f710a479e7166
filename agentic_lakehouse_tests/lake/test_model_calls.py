from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import ModelCall, Spent, Tally
from agentic_lakehouse.errors import BudgetExceeded
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse_tests.lake.scene import Scene, call


@pytest.fixture
def governance(scene: Scene) -> Governance:
    return scene.lake.governance


def test_a_call_is_kept_as_sent_and_as_received(governance: Governance) -> None:
    made = call(raw_output='{"a": "ü"}', errors=("price: not a column",), status="semantic", cost_usd=0.25, seconds=1.5)

    governance.record_call(made)

    assert governance.calls() == [made]


def test_the_same_call_again_changes_nothing(governance: Governance) -> None:
    made = call()

    governance.record_call(made)
    governance.record_call(made)

    assert governance.calls() == [made]


def test_a_call_is_completed_from_sent_to_received_to_judged_and_no_further(governance: Governance) -> None:
    sent = call(status="sent", input_tokens=900, cost_usd=0.5)
    received = sent.model_copy(update={"status": "received", "raw_output": "{}", "input_tokens": 100, "cost_usd": None})
    judged = received.model_copy(update={"status": "schema", "errors": ("columns: Field required",)})
    governance.enter_call(sent, lambda *_: None)

    for now in (received, judged):
        governance.complete_call(now)
        assert governance.calls() == [now]

    governance.complete_call(received)
    governance.complete_call(judged.model_copy(update={"status": "ok"}))
    assert governance.calls() == [judged]


def test_what_was_sent_is_not_changed_by_what_came_of_it(governance: Governance) -> None:
    sent = call(status="sent")
    governance.enter_call(sent, lambda *_: None)

    governance.complete_call(sent.model_copy(update={"status": "ok", "rendered_prompt": "another", "feed": "x/y"}))

    assert governance.calls() == [sent.model_copy(update={"status": "ok"})]


def test_a_call_that_is_refused_is_not_entered_and_who_refuses_knows_what_was_spent(governance: Governance) -> None:
    governance.record_call(call(status="sent", input_tokens=7, cost_usd=0.25))
    governance.record_call(call(cached=True, input_tokens=5))
    found: list[Spent] = []

    def refuse(one: ModelCall, spent: Tally) -> None:
        found.append(spent(feed=one.feed, run_id=one.run_id))
        raise BudgetExceeded("too dear")

    with pytest.raises(BudgetExceeded):
        governance.enter_call(call(status="sent"), refuse)

    assert found == [Spent(calls=1, tokens=7, usd=0.25)]
    assert len(governance.calls()) == 2


@pytest.mark.parametrize(("status", "is_answer"), [("sent", False), ("received", True)])
def test_an_answer_that_was_not_judged_yet_is_found_too(governance: Governance, status: str, is_answer: bool) -> None:
    governance.record_call(call(status=status))

    assert (governance.answered("r") is not None) == is_answer


def test_an_answer_is_found_by_exactly_what_was_asked(governance: Governance) -> None:
    good = call(request_sha256="asked")
    governance.record_call(good)

    assert governance.answered("asked") == good
    assert governance.answered("asked otherwise") is None


@pytest.mark.parametrize("status", ["unparsable", "schema", "semantic", "transport", "configuration"])
def test_a_failed_attempt_answers_nothing(governance: Governance, status: str) -> None:
    governance.record_call(call(status=status))

    assert governance.answered("r") is None


def test_a_call_that_repeated_an_answer_is_not_itself_one(governance: Governance) -> None:
    governance.record_call(call(cached=True))

    assert governance.answered("r") is None


def test_calls_are_listed_newest_first_by_feed_run_and_number(governance: Governance) -> None:
    calls = [call(), call(run_id="run-2"), call(feed="acme/stock")]
    for one in calls:
        governance.record_call(one)

    assert governance.calls() == calls[::-1]
    assert governance.calls(Feed("acme", "prices")) == [calls[1], calls[0]]
    assert governance.calls(run_id="run-1", limit=1) == [calls[2]]


def test_a_question_whose_last_attempt_failed_is_a_dead_letter(governance: Governance) -> None:
    attempts = [call(attempt=1, status="schema"), call(attempt=2, status="semantic")]
    answered = [call(run_id="run-2", attempt=1, status="schema"), call(run_id="run-2", attempt=2)]
    other_prompt = [call(prompt="describe_feed", attempt=1, status="transport")]
    for one in (*attempts, *answered, *other_prompt):
        governance.record_call(one)

    letters = governance.as_arrow()["governance.dead_letters"]

    assert letters["id"].to_pylist() == [attempts[1].id, other_prompt[0].id]


def test_questions_of_one_prompt_and_run_are_told_apart_by_their_first_attempts(governance: Governance) -> None:
    failed, answered = call(attempt=1, status="semantic"), call(attempt=1)
    governance.record_call(failed)
    governance.record_call(answered)

    assert governance.as_arrow()["governance.dead_letters"]["id"].to_pylist() == [failed.id]
