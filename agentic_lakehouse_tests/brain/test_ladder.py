"""The same model again, then a stronger one, then a dead letter; every attempt one row."""

from __future__ import annotations

import json

import pytest

from agentic_lakehouse.errors import AnswerRejected, ModelUnavailable


def test_a_good_answer_is_one_call_and_one_row(server, journal, think, ask, good) -> None:
    server.says(good)

    answer = ask(think())

    assert answer.value.primary_key == ("artikel",)
    assert (answer.model_version, answer.cached) == ("weak-2026-11-01", False)
    [row] = journal.rows
    assert answer.calls == (row,)
    assert (row.status, row.attempt, row.model, row.feed) == ("ok", 1, "openai-chat:weak", "acme/prices")
    assert (row.input_tokens, row.output_tokens, row.cost_usd) == (100, 10, None)
    assert json.loads(row.raw_output) == good
    assert '"Preis"' in row.rendered_prompt


def test_a_call_is_entered_before_it_is_sent_and_its_answer_kept_before_it_is_judged(
    server, journal, think, ask, good
) -> None:
    server.says(good)
    answers, seen = server.script.pop(), []

    def look(request):
        seen.extend((row.status, row.raw_output, row.input_tokens > 100) for row in journal.rows)
        return answers(request)

    def check(_: object) -> list[str]:
        seen.extend((row.status, json.loads(row.raw_output), row.input_tokens) for row in journal.rows)
        return []

    server.script.append(look)
    ask(think(), check=check)

    assert seen == [("sent", "", True), ("received", good, 100)]
    assert journal.statuses == ["ok"]


def test_the_schema_goes_with_the_question_and_nothing_is_random(server, think, ask, good) -> None:
    server.says(good)

    ask(think())

    [request] = server.requests
    assert request["response_format"]["type"] == "json_schema"
    assert "How text is parsed" in json.dumps(request["response_format"])
    assert (request["temperature"], request["seed"]) == (0, 1)


def test_prose_is_unparsable_and_the_model_is_told_so(server, journal, think, ask, good) -> None:
    server.says("This looks like a price list to me.", good)

    answer = ask(think())

    assert journal.statuses == ["unparsable", "ok"]
    assert [c.attempt for c in answer.calls] == [1, 2]
    assert "Invalid JSON" in server.words(1)


def test_a_wrong_schema_is_told_field_by_field(server, journal, think, ask, good) -> None:
    server.says({"columns": [{"source_name": "Preis", "type": "money"}]}, good)

    ask(think())

    assert journal.statuses == ["schema", "ok"]
    assert journal.rows[0].errors[0].startswith("columns.0.type: Input should be 'string', 'integer'")
    assert "columns.0.type" in server.words(1)


def test_what_the_facts_refute_is_told_exactly(server, journal, think, ask, good) -> None:
    wrong = {**good, "primary_key": ["Preis"]}
    server.says(wrong, good)

    ask(think())

    assert journal.statuses == ["semantic", "ok"]
    assert journal.rows[0].errors == (
        "primary_key: ['Preis'] is not unique in this file; unique_keys are (('Artikel',),).",
    )
    assert "is not unique in this file" in server.words(1)


def test_what_the_callers_check_refutes_is_told_too(server, journal, think, ask, good) -> None:
    server.says(good)
    found = iter([["the dry run lost 3 rows"], []])

    ask(think(), check=lambda _: next(found))

    assert journal.statuses == ["semantic", "ok"]
    assert "the dry run lost 3 rows" in server.words(1)


def test_a_retry_carries_the_question_and_the_last_answer_alone(server, think, ask, good) -> None:
    server.says("first", "second", good)

    ask(think())

    assert [m["role"] for m in server.requests[2]["messages"]] == ["user", "assistant", "user"]
    assert "first" not in server.words(2).split("```")[-1]
    assert "second" in server.words(2)


def test_a_fenced_answer_is_read(server, journal, think, ask, good) -> None:
    server.says(f"Here it is:\n```json\n{json.dumps(good)}\n```")

    ask(think())

    assert journal.statuses == ["ok"]


def test_a_stronger_model_is_asked_when_the_weaker_one_gives_up(server, journal, think, ask, good) -> None:
    server.says("no", "no", "no", good)

    answer = ask(think("openai-chat:weak", "openai-chat:strong"))

    assert [(c.model, c.status, c.attempt) for c in journal.rows] == [
        ("openai-chat:weak", "unparsable", 1),
        ("openai-chat:weak", "unparsable", 2),
        ("openai-chat:weak", "unparsable", 3),
        ("openai-chat:strong", "ok", 4),
    ]
    assert answer.model_version == "strong-2026-11-01"
    assert [m["role"] for m in server.requests[3]["messages"]] == ["user"]


def test_when_no_answer_passes_all_attempts_are_dead_letters(server, journal, think, ask) -> None:
    server.says("no")

    with pytest.raises(AnswerRejected, match="6 attempts") as caught:
        ask(think("openai-chat:weak", "openai-chat:strong"))

    assert journal.statuses == ["unparsable"] * 6
    assert caught.value.details["calls"] == [c.id for c in journal.rows]
    assert caught.value.hint is not None


def test_a_reply_without_choices_is_an_attempt_like_any_other(server, journal, think, ask, good) -> None:
    for body in ({"choices": []}, {"choices": None}, {}, {"choices": [{}]}):
        server.sends({"id": "x", "object": "chat.completion", "created": 1, "model": "weak", **body})
    server.says(good)

    ask(think("openai-chat:weak", "openai-chat:strong"))

    assert set(journal.statuses[:-1]) <= {"unparsable", "transport"}
    assert journal.statuses[-1] == "ok"
    assert len(journal.rows) == len(server.requests)


def test_an_empty_answer_is_unparsable(server, journal, think, ask, good) -> None:
    server.says("", good)

    ask(think())

    assert journal.statuses == ["unparsable", "ok"]


def test_an_unreachable_ladder_says_that_no_model_could_be_reached(think, ask, journal) -> None:
    with pytest.raises(ModelUnavailable, match="could be reached"):
        ask(think(base_url="http://127.0.0.1:9/v1"))

    assert set(journal.statuses) == {"transport"}
