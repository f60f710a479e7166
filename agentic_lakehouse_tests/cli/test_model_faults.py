"""A model that fails one feed of two: that feed says so, the other is published, and every attempt is accounted for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.brain.fence import unfenced
from agentic_lakehouse.brain.inquiry import Patience
from agentic_lakehouse.brain.planner.model import plan
from agentic_lakehouse_tests.cli.conftest import Command, drop, goods
from agentic_lakehouse_tests.model_server import ModelServer, Request, Response, Wire, completion, scripts

MARK = "remark_xq"
"""A column of the feed that the model fails: what it is asked tells neither vendor nor feed."""
WITH_REMARKS = goods(1).replace("currency\n", f"currency,{MARK}\n").replace(",EUR\n", ",EUR,none\n")


@dataclass(frozen=True)
class Class:
    """A class of faults, and how a run tells it."""

    answer: Callable[[Request], Response | Wire]
    statuses: tuple[str, ...]
    reason: str
    says: tuple[str, ...]


def _planned(request: Request, **changes: Any) -> Response:
    """Answer as the embedded planner would, but for changes."""
    question = next(m["content"] for m in request["messages"] if m["role"] == "user")
    return 200, {}, json.dumps(completion(request, content=json.dumps({**plan(unfenced(question)), **changes})))


def _always(deed: Callable[[ModelServer], object]) -> Callable[[Request], Response | Wire]:
    return scripts(deed)[0]


CLASSES = {
    "transport": Class(
        _always(lambda s: s.fails(503)),
        ("transport",) * 4,
        "model_unavailable",
        ("no model of the ladder could be reached in 4 attempts", "503", "Hint: Try again later"),
    ),
    "unparsable": Class(
        _always(lambda s: s.says("It is a price list.")),
        ("unparsable",) * 3,
        "answer_rejected",
        ("no answer to describe_feed passed in 3 attempts", "Invalid JSON", "Hint: `lakehouse calls`"),
    ),
    "schema": Class(
        _always(lambda s: s.says({"tables": []})),
        ("schema",) * 3,
        "answer_rejected",
        ("no answer to describe_feed passed in 3 attempts", "columns: Field required", "Hint: `lakehouse calls`"),
    ),
    "semantic": Class(
        partial(_planned, primary_key=["currency"]),
        ("semantic",) * 3,
        "answer_rejected",
        ("no answer to describe_feed passed in 3 attempts", "['currency'] is not unique", "Hint: `lakehouse calls`"),
    ),
    "configuration": Class(
        _always(lambda s: s.fails(401)),
        ("configuration",),
        "model_unavailable",
        ("openai-chat:weak refused the question", "401", "Hint: Check LAKEHOUSE_MODEL, its key"),
    ),
    "budget": Class(
        _always(lambda s: s.says("It is a price list.")),
        ("unparsable",) * 2,
        "budget",
        ("would pass the budget of 2 calls a feed and day", "Hint: Raise or unset LAKEHOUSE_BUDGET_FEED_CALLS"),
    ),
}


@pytest.mark.parametrize("what", CLASSES.values(), ids=CLASSES)
def test_one_feed_that_the_model_fails_stops_no_other_and_comes_once_the_model_is_mended(
    lakehouse: Command, landing: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch, what: Class
) -> None:
    drop(landing, "acme/feed", WITH_REMARKS)
    drop(landing, "other/feed", goods(500))
    for name, value in {"MODEL": "openai-chat:weak", "BASE_URL": model_server.url, "BUDGET_FEED_CALLS": "2"}.items():
        monkeypatch.setenv(f"LAKEHOUSE_{name}", value)
    if what.reason != "budget":
        monkeypatch.delenv("LAKEHOUSE_BUDGET_FEED_CALLS")
    monkeypatch.setattr("agentic_lakehouse.brain.brain.Patience", partial(Patience, sleep=lambda _: None))
    model_server.script.append(lambda r: what.answer(r) if MARK in json.dumps(r["messages"]) else _planned(r))

    ran = lakehouse("run", "--json")

    assert (ran.code, "Traceback" in ran.out + ran.err) == (1, False)
    failed, other = ran.json["feeds"]
    assert (failed["feed"], failed["status"], failed["reason"]) == ("acme/feed", "failed", what.reason)
    assert failed["errors"][0].startswith("acme/feed: ")
    assert all(part in failed["errors"][0] for part in what.says)
    assert failed["model_calls"] == len(what.statuses)
    assert (other["feed"], other["status"], other["core_rows"]) == ("other/feed", "published", 40)

    made = lakehouse("calls", "--json").json
    attempts = [call for call in reversed(made) if call["feed"] == "acme/feed"]
    assert tuple(call["status"] for call in attempts) == what.statuses
    assert [call["attempt"] for call in attempts] == list(range(1, len(attempts) + 1))
    assert all(call["errors"] for call in attempts)
    assert len(made) == len(model_server.requests)
    assert [letter["id"] for letter in lakehouse("calls", "--dead", "--json").json] == [attempts[-1]["id"]]
    costs = {group["group"]: group for group in lakehouse("costs", "--json").json}
    assert (costs["acme/feed"]["calls"], costs["acme/feed"]["failed"]) == (len(attempts), len(attempts))
    assert costs["other/feed"]["failed"] == 0

    model_server.script[:] = [_planned]
    monkeypatch.delenv("LAKEHOUSE_BUDGET_FEED_CALLS", raising=False)
    mended = lakehouse("run", "--json")

    assert mended.code == 0
    assert [(feed["status"], feed["core_rows"]) for feed in mended.json["feeds"]] == [
        ("published", 40),
        ("unchanged", 0),
    ]
    assert lakehouse("calls", "--dead", "--json").json == []
