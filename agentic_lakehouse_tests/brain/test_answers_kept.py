"""An answer that was paid for is not asked for again, as long as it still passes."""

from __future__ import annotations

import shutil

import pytest

from agentic_lakehouse.brain.budget import Bounds
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.vendor import VendorFacts


def test_the_same_shape_is_asked_once(server, journal, think, ask, good) -> None:
    server.says(good)
    first = ask(think())

    again = ask(think(), run_id="run-2")

    assert len(server.requests) == 1
    assert again.cached
    assert again.value == first.value
    assert again.model_version == "weak-2026-11-01"
    [row] = again.calls
    assert (row.cached, row.status, row.run_id, row.cost_usd, row.input_tokens) == (True, "ok", "run-2", 0.0, 0)
    assert row.raw_output == first.calls[0].raw_output


def test_counts_and_samples_do_not_change_the_question(server, think, ask, prices, good) -> None:
    server.says(good)
    ask(think())
    longer = prices.model_copy(update={"row_count": 9_999, "byte_size": 1})

    assert ask(think(), longer).cached


def test_null_words_of_another_file_do_not_change_the_question(server, think, ask, column, profile) -> None:
    about = profile(column("x", values={"a": 9}, null_tokens=("n/a",)))
    server.says({"columns": [{"source_name": "x", "type": "string", "null_tokens": ["n/a"]}]})
    ask(think(), about)

    again = ask(think(), profile(column("x", values={"a": 10})))

    assert again.cached
    assert again.value.columns[0].null_tokens == ()


def test_another_feed_of_the_same_shape_is_not_asked_about_again(server, think, prices, good) -> None:
    server.says(good)
    for feed in (Feed("acme", "prices"), Feed("other", "list")):
        answer = think().describe(prices, feed=feed, facts=VendorFacts(), run_id="r", check=lambda _: [])
        assert answer.value.feed == feed

    assert len(server.requests) == 1


@pytest.mark.parametrize("facts", [VendorFacts(country="CH"), VendorFacts(units={"mass": "g"})])
def test_other_vendor_facts_are_another_question(server, think, ask, prices, good, facts) -> None:
    server.says(good)
    ask(think())

    think().describe(prices, feed=Feed("acme", "prices"), facts=facts, run_id="r", check=lambda _: [])

    assert len(server.requests) == 2


def test_whom_to_call_changes_no_question(server, think, ask, prices, good) -> None:
    server.says(good)
    ask(think())
    facts = VendorFacts(contact="feeds@example.com", expected="daily", delivery="full")

    think().describe(prices, feed=Feed("acme", "prices"), facts=facts, run_id="r", check=lambda _: [])

    assert len(server.requests) == 1


def test_another_model_is_another_question(server, think, ask, good) -> None:
    server.says(good)
    ask(think("openai-chat:one"))

    ask(think("openai-chat:two"))

    assert len(server.requests) == 2


def test_patience_is_not_part_of_the_question(server, think, ask, good) -> None:
    server.says(good)
    ask(think(timeout_seconds=20))

    assert ask(think(timeout_seconds=30)).cached


def test_another_wording_is_another_question(server, think, ask, good, tmp_path) -> None:
    server.says(good)
    brain = think()
    ask(brain)
    reworded = shutil.copytree(brain.prompts, tmp_path / "prompts")
    with (reworded / "describe_feed.md").open("a") as prompt:
        prompt.write("Be brief.\n")

    ask(think(prompts=reworded))

    assert len(server.requests) == 2


def test_an_answer_of_a_stronger_model_is_found_without_asking_the_weaker_again(
    server, journal, think, ask, good
) -> None:
    server.says("no", "no", "no", good)
    ladder = ("openai-chat:weak", "openai-chat:strong")
    ask(think(*ladder))

    assert ask(think(*ladder)).cached
    assert len(server.requests) == 4


def test_a_kept_answer_that_no_longer_passes_is_asked_again(server, journal, think, ask, good) -> None:
    server.says(good)
    ask(think())
    objections = iter([["the dry run lost 3 rows"], []])

    answer = ask(think(), check=lambda _: next(objections))

    assert not answer.cached
    assert journal.statuses == ["ok", "ok"]


def test_a_kept_answer_needs_no_budget(server, think, ask, good) -> None:
    server.says(good)
    ask(think())

    assert ask(think(budget=Bounds(calls=0))).cached


def test_an_answer_is_kept_even_when_its_check_breaks(server, journal, think, ask, good) -> None:
    server.says(good)

    def breaks(_: object) -> list[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(think(), check=breaks)

    assert journal.statuses == ["received"]
    assert ask(think()).cached
    assert journal.statuses == ["ok", "ok"]
    assert len(server.requests) == 1


def test_an_answer_that_was_never_judged_is_judged_and_asked_again_only_where_it_does_not_pass(
    server, journal, think, ask, good
) -> None:
    server.says(good, good)
    _leave_unjudged(think, ask)

    objections = iter([["the dry run lost 3 rows"], []])
    answer = ask(think(), run_id="run-2", check=lambda _: next(objections))

    assert (answer.cached, len(server.requests)) == (False, 2)
    assert [(row.run_id, row.status, row.errors) for row in journal.rows] == [
        ("run-1", "semantic", ("the dry run lost 3 rows",)),
        ("run-2", "ok", ()),
    ]


def test_another_feed_may_use_an_answer_that_was_never_judged_but_does_not_judge_it_for_its_own(
    server, journal, think, ask, prices, good
) -> None:
    server.says(good)
    _leave_unjudged(think, ask)

    answer = think().describe(
        prices, feed=Feed("other", "list"), facts=VendorFacts(), run_id="run-2", check=lambda _: []
    )

    assert answer.cached
    assert [(row.feed, row.status) for row in journal.rows] == [("acme/prices", "received"), ("other/list", "ok")]


def _leave_unjudged(think, ask) -> None:
    def breaks(_: object) -> list[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(think(), check=breaks)
