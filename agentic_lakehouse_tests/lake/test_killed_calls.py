"""Whatever process dies or races, no call goes uncounted, no bound is passed, and no answer is paid for twice."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Barrier, Event

import pytest

from agentic_lakehouse.brain.budget import Bounds, Budget
from agentic_lakehouse.errors import BudgetExceeded
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse_tests.lake.asking import REFUSED, ask, asking
from agentic_lakehouse_tests.lake.scene import Scene, call
from agentic_lakehouse_tests.model_server import ModelServer, serving

GOOD = json.dumps({"columns": [{"source_name": "sku", "type": "string"}], "primary_key": ["sku"]})


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return _file(tmp_path, "prices")


def _file(folder: Path, name: str) -> Path:
    path = folder / f"{name}.csv"
    path.write_text("sku\n" + "".join(f"{name}-{n}\n" for n in range(9)), encoding="utf-8")
    return path


@pytest.fixture
def where(scene: Scene) -> tuple[str, Path]:
    """The lake's places."""
    return scene.catalog_url, scene.folder / "home" / "warehouse"


def test_a_call_whose_process_was_killed_before_the_reply_stays_counted(
    scene: Scene, where: tuple[str, Path], model: ModelServer, file: Path
) -> None:
    asked, released = Event(), Event()

    def hold(_: object) -> tuple[int, dict[str, str], str]:
        asked.set()
        released.wait(60)
        return 500, {}, "{}"

    model.script.append(hold)
    with asking(*where, model.url, file) as child:
        assert asked.wait(60)
        child.kill()
    released.set()

    [row] = scene.lake.governance.calls()
    assert (row.status, row.raw_output, row.errors, row.output_tokens) == ("sent", "", (), 0)
    assert row.input_tokens == len(row.rendered_prompt) // 4
    [spent] = scene.lake.governance.spending("feed")
    assert (spent.calls, spent.failed, spent.input_tokens, spent.unpriced) == (1, 1, row.input_tokens, 1)
    assert scene.lake.governance.dead_letters() == [row]
    with pytest.raises(BudgetExceeded, match="1 calls a day"):
        ask(scene.lake, model.url, file, run_id="run-2")
    assert len(model.requests) == 1


def test_an_answer_whose_process_was_killed_before_its_use_is_not_paid_for_again(
    scene: Scene, where: tuple[str, Path], model: ModelServer, file: Path
) -> None:
    model.says(GOOD)
    with asking(*where, model.url, file, "dies") as child:
        child.wait()
    assert child.returncode == -signal.SIGKILL
    [row] = scene.lake.governance.calls()
    assert (row.status, row.raw_output, row.model_version, row.input_tokens) == (
        "received",
        GOOD,
        "weak-2026-11-01",
        100,
    )

    answer = ask(scene.lake, model.url, file, run_id="run-2")

    assert (answer.cached, answer.value.primary_key, len(model.requests)) == (True, ("sku",), 1)
    again, first = scene.lake.governance.calls()
    assert first == row.model_copy(update={"status": "ok"})
    assert (again.status, again.cached, again.run_id) == ("ok", True, "run-2")
    assert scene.lake.governance.dead_letters() == []


def test_of_two_processes_with_a_budget_of_one_call_one_asks(
    scene: Scene, where: tuple[str, Path], model: ModelServer, tmp_path: Path
) -> None:
    refused = Event()

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        refused.wait(60)
        return 401, {}, "{}"

    model.script.append(answer)
    children = [asking(*where, model.url, _file(tmp_path, name)) for name in ("prices", "stock")]
    with ThreadPoolExecutor(2) as threads:
        ended = {threads.submit(child.wait): child for child in children}
        [first], _ = wait(ended, return_when=FIRST_COMPLETED)
        refused.set()

    assert ended[first].returncode == REFUSED
    assert len(model.requests) == 1
    assert [row.status for row in scene.lake.governance.calls()] == ["configuration"]


def test_of_eight_threads_that_would_enter_the_last_call_of_a_budget_one_does(
    scene: Scene, where: tuple[str, Path]
) -> None:
    budget, start = Budget(run=Bounds(calls=1)), Barrier(8)
    lakes = [Lake.open(where[0], str(where[1])) for _ in range(8)]

    def enter(lake: Lake, run_id: str) -> bool:
        start.wait()
        try:
            lake.governance.enter_call(call(run_id=run_id, status="sent"), budget.require)
        except BudgetExceeded:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        for run_id in ("run-1", "run-2", "run-3", "run-4", "run-5"):
            assert sum(threads.map(enter, lakes, [run_id] * 8)) == 1
            assert len(scene.lake.governance.calls(run_id=run_id)) == 1
    for lake in lakes:
        lake.close()
