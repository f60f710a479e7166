"""Faults that pass are waited for; faults of configuration end the climb."""

from __future__ import annotations

import pytest

from agentic_lakehouse.errors import ModelUnavailable


def test_server_errors_are_tried_again_each_try_a_row(server, journal, think, ask, good) -> None:
    waits: list[float] = []
    server.fails(500, 503)
    server.says(good)

    ask(think(waits=waits))

    assert journal.statuses == ["transport", "transport", "ok"]
    assert len(server.requests) == 3
    assert len(waits) == 2
    assert "500" in journal.rows[0].errors[0]


def test_a_wait_that_the_provider_asks_for_is_kept_within_reason(server, think, ask, good) -> None:
    waits: list[float] = []
    server.fails(429, headers={"Retry-After": "7"})
    server.fails(429, headers={"Retry-After": "900"})
    server.says(good)

    ask(think(waits=waits))

    assert waits == [7.0, 30.0]


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("0", [0.0]),
        ("Wed, 21 Oct 2099 07:28:00 GMT", [30.0]),
        ("Wed, 21 Oct 2015 07:28:00 GMT", [0.0]),
        ("1000000000", [30.0]),
        *((nonsense, None) for nonsense in ("9" * 400, "-3", "soon", "nan", "inf", "1e999", "")),
    ],
)
def test_whatever_wait_a_provider_asks_for_it_is_bounded(server, think, ask, good, said: str, waits) -> None:
    slept: list[float] = []
    server.fails(429, headers={"Retry-After": said})
    server.says(good)

    ask(think(waits=slept))

    assert len(slept) == 1
    assert 0 <= slept[0] <= 30
    assert waits is None or slept == waits


def test_a_broken_model_is_left_for_the_next_one(server, journal, think, ask, good) -> None:
    server.fails(500, 500, 500, 500)
    server.says(good)

    ask(think("openai-chat:weak", "openai-chat:strong"))

    assert journal.statuses == ["transport"] * 4 + ["ok"]
    assert journal.rows[-1].model == "openai-chat:strong"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422])
def test_a_refusal_is_neither_repeated_nor_taken_to_a_paid_model(server, journal, think, ask, status) -> None:
    server.fails(status)

    with pytest.raises(ModelUnavailable, match="refused") as caught:
        ask(think("openai-chat:weak", "openai-chat:strong"))

    assert journal.statuses == ["configuration"]
    assert len(server.requests) == 1
    assert "LAKEHOUSE_MODEL" in str(caught.value)


def test_a_key_in_an_error_is_blanked_out(server, journal, think, ask, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-1234")
    server.fails(
        401, body='{"error":{"message":"Incorrect API key provided: sk-very-secret-1234, or sk-ab***cd1234."}}'
    )

    with pytest.raises(ModelUnavailable) as caught:
        ask(think())

    [row] = journal.rows
    for text in (str(caught.value), repr(caught.value.details), row.model_dump_json()):
        assert "secret" not in text
        assert "sk-" not in text


def test_a_page_instead_of_json_is_a_transport_fault(server, journal, think, ask, good) -> None:
    server.sends("<html>sign in</html>")
    server.says(good)

    ask(think())

    assert journal.statuses == ["transport", "ok"]


def test_a_slow_model_is_not_waited_for_for_ever(server, journal, think, ask, prices) -> None:
    import threading

    released = threading.Event()

    def hang(_request: object) -> tuple[int, dict[str, str], str]:
        released.wait(10)
        return 500, {}, "{}"

    server.script.append(hang)
    try:
        with pytest.raises(ModelUnavailable):
            ask(think(timeout_seconds=0.05))
    finally:
        released.set()

    assert set(journal.statuses) == {"transport"}
    assert "timed out" in journal.rows[0].errors[0]
