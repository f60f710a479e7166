"""With LAKEHOUSE_REPLAY=journal, the journal answers alone."""

from __future__ import annotations

import pytest

from agentic_lakehouse.errors import ModelUnavailable


def test_an_answer_is_the_same_without_any_model(server, journal, think, ask, good, monkeypatch) -> None:
    server.says("prose", good)
    asked = ask(think())
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    again = ask(think(replays=True, base_url="http://127.0.0.1:9/v1"))

    assert again.value == asked.value
    assert again.cached
    assert len(server.requests) == 2


def test_what_the_journal_does_not_hold_is_not_asked(server, journal, think, ask, good) -> None:
    server.says(good)

    with pytest.raises(ModelUnavailable, match="the journal holds no answer to describe_feed"):
        ask(think(replays=True))

    assert (server.requests, journal.rows) == ([], [])


def test_a_kept_answer_that_no_longer_passes_is_not_asked_again(server, think, ask, good) -> None:
    server.says(good)
    ask(think())

    with pytest.raises(ModelUnavailable, match="no answer to describe_feed that passes"):
        ask(think(replays=True), check=lambda _: ["the dry run lost 3 rows"])


def test_the_embedded_planner_comes_to_the_same_each_time(think, ask) -> None:
    first, second = (ask(think("embedded", replays=True)) for _ in range(2))

    assert first.value.sha256 == second.value.sha256
