"""Every fault that a model server can have: who is asked how often, what the journal says of it, and what comes out.

The journal is a real one: what a server sends must also be fit to be kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.brain.reply import MAX_ANSWER
from agentic_lakehouse.contracts.governed import ModelCall
from agentic_lakehouse.errors import AnswerRejected, LakehouseError, ModelUnavailable
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.lake.rows import create_tables
from agentic_lakehouse_tests.model_faults import FAULTS, GOOD, HARMLESS, WRONG, Fault
from agentic_lakehouse_tests.model_server import scripts

WEAK, STRONG = "openai-chat:weak", "openai-chat:strong"

ASKED = {"transport": 4, "unparsable": 3, "schema": 3, "semantic": 3, "configuration": 1, "ok": 1}
"""How often one model is asked that always fails so: transport is tried again, an answer may be mended."""
OUTCOME: dict[str, tuple[type[LakehouseError], str]] = {
    "transport": (ModelUnavailable, "no model of the ladder could be reached in"),
    "unparsable": (AnswerRejected, "no answer to describe_feed passed in"),
    "schema": (AnswerRejected, "no answer to describe_feed passed in"),
    "semantic": (AnswerRejected, "no answer to describe_feed passed in"),
    "configuration": (ModelUnavailable, "openai-chat:weak refused the question"),
}


pytestmark = pytest.mark.filterwarnings("ignore:Failed to extract usage")
each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
ALIKE = {name for name in FAULTS if name.startswith("HTTP ")} - {"HTTP 302", "HTTP 401", "HTTP 429", "HTTP 503"}
each_kind_of_fault = pytest.mark.parametrize(
    "fault",
    # A deadline that is short enough for what never comes would be too short for a good answer on a busy machine.
    [pytest.param(f, id=name) for name, f in FAULTS.items() if name not in ALIKE and f.says != "timed out"],
)
each_harmless = pytest.mark.parametrize("fault", HARMLESS.values(), ids=HARMLESS)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Governance]:
    database = Database.open(f"sqlite:///{tmp_path}/catalog.db")
    with database.write() as connection:
        create_tables(connection)
    yield Governance(database)
    database.close()


@pytest.fixture
def rows(journal: Governance) -> Callable[[], list[ModelCall]]:
    """Return the journal's rows, oldest first."""
    return lambda: journal.calls()[::-1]


@pytest.fixture
def ask_ladder(think, ask) -> Callable[..., Any]:
    """Ask a ladder that waits no longer than it must."""
    return lambda fault, *ladder: ask(think(*ladder, timeout_seconds=0.1 if "timed out" in fault.says else 20.0))


def _is_as_told(row: ModelCall, fault: Fault) -> None:
    assert row.status == fault.status
    assert fault.says in "\n".join(row.errors)
    assert bool(row.errors) == (fault.status != "ok")
    assert len(row.errors) <= 51
    if fault.raw is not None:
        assert row.raw_output == fault.raw
    estimate = len(row.rendered_prompt) // 4
    if fault.counted == "told":
        assert (row.input_tokens, row.output_tokens) == (100, 10)
    elif fault.counted == "free":
        assert (row.input_tokens, row.output_tokens, row.cost_usd) == (0, 0, 0.0)
    else:
        assert row.input_tokens >= estimate
        assert row.output_tokens == len(row.raw_output) // 4
    assert row.seconds > 0


@each_fault
def test_a_model_that_always_fails_is_asked_so_often_and_no_more(server, rows, ask_ladder, fault: Fault) -> None:
    fault.does(server)
    kind, message = OUTCOME[fault.status]

    with pytest.raises(kind, match=message) as caught:
        ask_ladder(fault, WEAK)

    found = rows()
    assert len(server.requests) == len(found) == ASKED[fault.status]
    assert [row.attempt for row in found] == list(range(1, len(found) + 1))
    for row in found:
        _is_as_told(row, fault)
        assert (row.model, row.model_version) == (WEAK, fault.version)
    assert caught.value.hint
    assert len(str(caught.value)) < 3000


@each_kind_of_fault
def test_a_stronger_model_is_asked_once_the_weak_one_gave_up_but_never_after_a_refusal(
    server, rows, ask_ladder, fault: Fault
) -> None:
    [fails], [answers] = scripts(fault.does), scripts(lambda s: s.says(GOOD))
    server.script.append(lambda request: (fails if request["model"] == "weak" else answers)(request))

    if fault.status == "configuration":
        with pytest.raises(ModelUnavailable):
            ask_ladder(fault, WEAK, STRONG)
    else:
        assert ask_ladder(fault, WEAK, STRONG).value.primary_key == ("artikel",)

    path = [(WEAK, fault.status)] * ASKED[fault.status]
    assert [(row.model, row.status) for row in rows()] == path + [(STRONG, "ok")] * (fault.status != "configuration")
    assert len(server.requests) == len(rows())


@each_kind_of_fault
def test_a_fault_between_a_wrong_answer_and_a_good_one_is_what_it_is_and_forgets_nothing(
    server, rows, ask_ladder, fault: Fault
) -> None:
    server.script.extend(scripts(lambda s: s.says(WRONG), fault.does, lambda s: s.says(GOOD)))

    if fault.status == "configuration":
        with pytest.raises(ModelUnavailable):
            ask_ladder(fault, WEAK)
    else:
        answer = ask_ladder(fault, WEAK)
        assert (answer.value.primary_key, len(answer.calls)) == (("artikel",), 3)
        roles = [m["role"] for m in server.requests[2]["messages"]]
        assert roles in (["user", "assistant", "user"], ["user", "user"])
        assert server.words(0) in server.words(2)
        assert len(json.dumps(server.requests[2])) < 2 * MAX_ANSWER

    found = rows()
    assert [row.status for row in found] == ["semantic", fault.status, "ok"][: len(server.requests)]
    _is_as_told(found[1], fault)


@each_harmless
def test_what_is_odd_and_harmless_is_an_answer_and_is_counted(server, rows, ask_ladder, fault: Fault) -> None:
    fault.does(server)

    answer = ask_ladder(fault, WEAK)

    [row] = rows()
    _is_as_told(row, fault)
    assert (row.model_version, answer.value.primary_key) == (fault.version, ("artikel",))
    assert ask_ladder(fault, WEAK).cached
    assert len(server.requests) == 1
