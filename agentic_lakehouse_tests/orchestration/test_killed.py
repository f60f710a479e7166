"""Runs whose process is gone do not stay started for ever; all others are left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from agentic_lakehouse.lake.holders import Holder, this_process
from agentic_lakehouse.orchestration.graph import JOB, graph
from agentic_lakehouse.orchestration.instance import open_instance
from agentic_lakehouse.orchestration.killed import HOLDER_TAG, Note, end_killed, note_holder
from agentic_lakehouse.orchestration.run import run_feeds
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.orchestration.dagster_dev import price_list
from agentic_lakehouse_tests.orchestration.model_server import PATIENCE, ModelServer

STARTED, CANCELING = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING


class History:
    """A Dagster history with runs in the state that a test says."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.instance = sandbox.instance
        self._job = graph(sandbox.settings).resolve_job_def(JOB)

    def add(self, status: dg.DagsterRunStatus = STARTED, holder: Holder | None = None) -> str:
        run = self.instance.create_run_for_job(self._job, status=status)
        if holder is not None:
            self.tag(run.run_id, Note(run_id=run.run_id, holder=holder).model_dump_json())
        return run.run_id

    def tag(self, run_id: str, value: str) -> None:
        self.instance.add_run_tags(run_id, {HOLDER_TAG: value})

    def status(self, run_id: str) -> dg.DagsterRunStatus:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status


@pytest.fixture
def history(sandbox: Sandbox) -> History:
    return History(sandbox)


def test_a_run_whose_process_is_gone_has_failed_and_says_why(history: History, dead: Holder) -> None:
    run_id = history.add(holder=dead)

    assert end_killed(history.instance) == [run_id]

    assert history.status(run_id) is dg.DagsterRunStatus.FAILURE
    [event] = history.instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert f"The process of this run (pid {dead.pid}) ended without a word" in event.message
    assert end_killed(history.instance) == []


def test_a_run_that_was_being_terminated_is_canceled(history: History, dead: Holder) -> None:
    run_id = history.add(CANCELING, holder=dead)

    end_killed(history.instance)

    assert history.status(run_id) is dg.DagsterRunStatus.CANCELED


def test_what_is_not_certain_is_left_alone(history: History, dead: Holder) -> None:
    living = history.add(holder=this_process())
    elsewhere = history.add(holder=dead.model_copy(update={"machine": "another"}))
    silent, garbled, repeated = history.add(), history.add(), history.add()
    history.tag(garbled, "{}")
    history.tag(repeated, Note(run_id="the run before", holder=dead).model_dump_json())
    starting = history.add(dg.DagsterRunStatus.STARTING, holder=dead)
    before = {run: history.status(run) for run in (living, elsewhere, silent, garbled, repeated, starting)}

    assert end_killed(history.instance) == []

    assert {run: history.status(run) for run in before} == before


def test_a_process_notes_itself_over_what_a_repeated_run_brought(history: History, dead: Holder) -> None:
    run_id = history.add(holder=dead)

    note_holder(history.instance, run_id)

    assert end_killed(history.instance) == []


def test_every_run_notes_its_process_before_its_first_step(sandbox: Sandbox) -> None:
    run = sandbox.run(sandbox.drop("acme/feed", price_list()))

    kept = sandbox.instance.get_run_by_id(run.run_id)

    assert kept is not None
    assert Note.model_validate_json(kept.tags[HOLDER_TAG]) == Note(run_id=run.run_id, holder=this_process())


@pytest.fixture
def command(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """`lakehouse run` on the sandbox in a process of its own, which waits for a mapping as long as a test wants."""
    with ModelServer() as model:
        settings = {"HOME": sandbox.settings.home, "LANDING": sandbox.settings.landing, "BASE_URL": model.url}
        for name, value in {**settings, "MODEL": "openai-chat:unknowing,embedded"}.items():
            monkeypatch.setenv(f"LAKEHOUSE_{name}", str(value))
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        monkeypatch.setenv("DAGSTER_HOME", "")
        yield Command(sandbox, model)


@dataclass(frozen=True)
class Command:
    """The command, and Dagster's history in the home that it shares with everybody."""

    sandbox: Sandbox
    model: ModelServer

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        script = Path(sys.executable).with_name("lakehouse")
        return subprocess.Popen(
            [script, "run", "--json", *arguments],
            cwd=self.sandbox.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def runs(self) -> dict[str, dg.DagsterRun]:
        """All runs by feed; the latest where one has several."""
        with open_instance(self.sandbox.settings) as instance:
            return {run.tags["dagster/partition"]: run for run in reversed(instance.get_runs())}

    def status(self, run_id: str) -> dg.DagsterRunStatus:
        with open_instance(self.sandbox.settings) as instance:
            run = instance.get_run_by_id(run_id)
        assert run is not None
        return run.status


def test_the_command_line_ends_what_was_killed_and_publishes_once(sandbox: Sandbox, command: Command) -> None:
    sandbox.drop("acme/feed", price_list())
    with command.model.holding():
        process = command.start()
        command.model.wait_until_asked()
        process.kill()
        process.communicate(timeout=PATIENCE)
    killed = command.runs()["acme/feed"]
    assert killed.status is STARTED

    [result] = run_feeds(sandbox.lakehouse, on_done=lambda _: None)

    assert command.status(killed.run_id) is dg.DagsterRunStatus.FAILURE
    assert (result.status, result.core_rows) == ("published", 20)
    assert sandbox.query("SELECT count(*) AS n FROM product_core.product") == [{"n": 20}]
    assert sandbox.lakehouse.lake.branches() == []


def test_a_killed_process_stops_no_other_feed_and_the_next_command_heals(sandbox: Sandbox, command: Command) -> None:
    feeds = [sandbox.drop(f"acme/{name}", price_list(note=name)) for name in ("a", "b", "c")]
    with command.model.holding():
        process = command.start("--jobs", "2")
        command.model.wait_until_asked()
        killed = next(run for run in command.runs().values() if HOLDER_TAG in run.tags)
        os.kill(Note.model_validate_json(killed.tags[HOLDER_TAG]).holder.pid, signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert "Traceback" not in err
    told = {feed.pop("feed"): feed for feed in json.loads(out)["feeds"]}
    lost = told.pop(killed.tags["dagster/partition"])
    assert (lost["status"], lost["reason"]) == ("failed", "killed")
    assert "Hint: Run it again" in lost["errors"][0]
    assert [(feed["status"], feed["errors"]) for feed in told.values()] == [("published", [])] * 2

    run_feeds(sandbox.lakehouse, on_done=lambda _: None)

    assert command.status(killed.run_id) is dg.DagsterRunStatus.FAILURE
    assert [sandbox.lakehouse.slice_rows(feed) for feed in feeds] == [20, 20, 20]
    assert [len(sandbox.lakehouse.lake.log(feed=feed)) for feed in feeds] == [1, 1, 1]


def test_an_interrupted_command_ends_without_going_on_to_the_next_feed(sandbox: Sandbox, command: Command) -> None:
    for name in ("a", "b"):
        sandbox.drop(f"acme/{name}", price_list(note=name))
    with command.model.holding():
        process = command.start()
        command.model.wait_until_asked()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)

    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert {feed: run.status.value for feed, run in command.runs().items()} == {"acme/a": "FAILURE"}
    assert [branch.lease for branch in sandbox.lakehouse.lake.branches()] == ["free"]
