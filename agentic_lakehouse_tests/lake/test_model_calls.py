from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
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
