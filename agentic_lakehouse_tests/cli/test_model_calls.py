"""Dead letters, budgets, spending and replays, as a user meets them; a scripted server stands for the model."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agentic_lakehouse_tests.cli.conftest import Command, drop, goods
from agentic_lakehouse_tests.model_server import ModelServer

MODEL = "openai-chat:weak"


@pytest.fixture
def answers(
    lakehouse: Command, landing: Path, tmp_path: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Let the embedded planner show what good answers are, in a lake of its own, then set a model."""
    drop(landing, "acme/feed", goods(1))
    monkeypatch.setenv("LAKEHOUSE_HOME", str(tmp_path / "planned"))
    lakehouse("run")
    found = {call["prompt"]: call["raw_output"] for call in lakehouse("calls", "--json").json}
    monkeypatch.setenv("LAKEHOUSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LAKEHOUSE_MODEL", MODEL)
    monkeypatch.setenv("LAKEHOUSE_BASE_URL", model_server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-one")
    return found


def test_a_dead_letter_keeps_its_attempts_and_is_run_again(lakehouse, model_server: ModelServer, answers) -> None:
    model_server.says("prose", "{}", '{"columns":')

    failed = lakehouse("run", "--json").json["feeds"][0]

    assert (failed["status"], failed["model_calls"]) == ("failed", 3)
    [letter] = lakehouse("calls", "--dead", "--json").json
    assert (letter["feed"], letter["attempt"], letter["raw_output"]) == ("acme/feed", 3, '{"columns":')
    assert "describe_feed" in lakehouse("calls", "--dead").out
    assert len(lakehouse("calls", "--json").json) == 3

    model_server.script.clear()
    model_server.requests.clear()
    model_server.says(answers["describe_feed"], answers["map_columns"])
    again = lakehouse("calls", "retry", letter["id"][:13], "--json").json["feeds"][0]

    assert again["status"] in {"published", "awaiting_review"}
    assert lakehouse("calls", "--dead", "--json").json == []
    spent = lakehouse("costs", "--json").json[0]
    assert (spent["group"], spent["calls"], spent["failed"], spent["unpriced"]) == ("acme/feed", 5, 3, 5)
    assert spent["tokens"] == 5 * 110
    told = lakehouse("costs", "--by", "model").out
    assert "0.0000 + 5 unknown" in told
    assert re.search(r"Prices by genai-prices [\d.]+, newest price of \d{4}-\d\d-\d\d", told)


def test_a_call_without_a_reply_is_shown_as_what_it_is(
    lakehouse, model_server: ModelServer, answers, monkeypatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("agentic_lakehouse.brain.ladder.send", interrupt)
        lakehouse("run", "--json")

    [row] = lakehouse("calls", "--json").json
    assert (row["status"], row["raw_output"], row["input_tokens"] > 0) == ("sent", "", True)
    for arguments in (["calls"], ["calls", "--dead"]):
        assert f"{row['id'][:13]}: sent, no reply was kept" in " ".join(lakehouse(*arguments).out.split())
    assert f"~{row['input_tokens']}" in lakehouse("calls").out
    assert [(g["calls"], g["failed"]) for g in lakehouse("costs", "--json").json] == [(1, 1)]


def test_a_feed_that_would_pass_its_budget_fails_by_name(lakehouse, model_server, answers, monkeypatch) -> None:
    monkeypatch.setenv("LAKEHOUSE_BUDGET_DAY_CALLS", "1")
    model_server.says(answers["describe_feed"], answers["map_columns"])

    for _ in range(2):
        [feed] = lakehouse("run", "--json").json["feeds"]
        assert (feed["status"], feed["reason"]) == ("failed", "budget")
        assert "1 calls a day" in feed["errors"][0]
    assert len(model_server.requests) == 1

    monkeypatch.setenv("LAKEHOUSE_BUDGET_DAY_CALLS", "9")
    assert lakehouse("run", "--json").json["feeds"][0]["status"] in {"published", "awaiting_review"}
    assert len(model_server.requests) == 2


def test_a_lake_is_made_again_from_its_journal(lakehouse, model_server, answers, monkeypatch, landing: Path) -> None:
    model_server.says(answers["describe_feed"], answers["map_columns"])
    lakehouse("run")
    first = _contracts(lakehouse)
    monkeypatch.setenv("LAKEHOUSE_REPLAY", "journal")
    monkeypatch.setenv("LAKEHOUSE_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.delenv("OPENAI_API_KEY")

    for _ in range(2):
        lakehouse("reingest", "acme/feed")
        assert lakehouse("run", "--json").code == 0
    assert _contracts(lakehouse) == first

    drop(landing, "other/feed", "a,b\n1,2\n3,4\n")
    [other] = [f for f in lakehouse("run", "--json").json["feeds"] if f["feed"] == "other/feed"]
    assert "the journal holds no answer" in other["errors"][0]


def test_what_a_preview_asks_of_a_model_is_in_the_journal(lakehouse, model_server, answers, landing: Path) -> None:
    model_server.says(answers["describe_feed"])
    path = str(landing / "acme/feed/data.csv")

    for _ in range(2):
        assert lakehouse("describe", path, "--vendor", "acme", "--feed", "feed", "--json").json["columns"]

    assert len(model_server.requests) == 1
    calls = lakehouse("calls", "--json").json
    assert [(c["run_id"], c["cached"], c["model_version"]) for c in calls] == [
        ("preview", True, "weak-2026-11-01"),
        ("preview", False, "weak-2026-11-01"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["retry"], "An id goes with"), (["a/b", "call-1"], "An id goes with"), (["retry", "call-1"], "no dead letter")],
)
def test_a_wrong_retry_is_told(lakehouse, landing: Path, arguments: list[str], message: str) -> None:
    found = lakehouse("calls", *arguments)

    assert (found.code, message in found.err) == (2, True)


def _contracts(lakehouse: Command) -> list[str]:
    return [
        json.dumps(lakehouse("query", f"SELECT sha256 FROM governance.{table} ORDER BY 1", "--json").json["rows"])
        for table in ("feed_specs", "mappings")
    ]
