from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import BranchLeased, LeaseLost, StepOutOfOrder
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse_tests.lake.scene import Scene, bronze


def resume(scene: Scene, feed: Feed, run_id: str = "run-1", *, after: str = "ingest", inputs: str = "x") -> Branch:
    return scene.lake.resume(feed, run_id, after=after, inputs=inputs, lease_seconds=600)


def test_the_same_run_goes_on_where_it_was(scene: Scene, feed: Feed) -> None:
    first = scene.begin(feed)
    scene.write(first, "A1")
    first.record_step("ingest", "x")

    again = resume(scene, feed)

    assert scene.skus(again) == ["A1"]
    assert again.lease == first.lease


def test_another_run_goes_on_once_the_branch_was_let_go(scene: Scene, feed: Feed) -> None:
    first = scene.begin(feed)
    scene.write(first, "A1")
    first.record_step("ingest", "x")
    with pytest.raises(BranchLeased):
        resume(scene, feed, "run-2")
    first.release()

    second = resume(scene, feed, "run-2")
    scene.write(second, "A2")

    assert scene.skus(second) == ["A2"]
    assert second.steps() == {"ingest": "x"}
    assert second.lease.token > first.lease.token


def test_another_run_goes_on_once_the_lease_is_stale(scene: Scene, feed: Feed) -> None:
    first = scene.begin(feed, lease_seconds=0)
    first.record_step("ingest", "x")

    assert resume(scene, feed, "run-2").run_id == "run-2"


def test_a_run_that_let_its_branch_go_takes_it_up_again(scene: Scene, feed: Feed) -> None:
    first = scene.begin(feed)
    first.record_step("ingest", "x")
    first.release()

    resume(scene, feed).heartbeat()


def test_without_a_branch_there_is_nothing_to_go_on_from(scene: Scene, feed: Feed) -> None:
    with pytest.raises(StepOutOfOrder, match="no open branch"):
        resume(scene, feed)


def test_a_step_that_was_not_done_is_named(scene: Scene, feed: Feed) -> None:
    scene.begin(feed).record_step("receive", "x")

    with pytest.raises(StepOutOfOrder, match="step 'ingest' was not done there") as error:
        resume(scene, feed)

    assert error.value.details["recorded"] == ["receive"]


def test_a_step_that_was_done_with_other_inputs_does_not_count(scene: Scene, feed: Feed) -> None:
    scene.begin(feed).record_step("ingest", "y")

    with pytest.raises(StepOutOfOrder, match="other inputs"):
        resume(scene, feed)


def test_a_refused_resume_changes_nothing(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.release()
    before = scene.lake.branches()

    with pytest.raises(StepOutOfOrder):
        resume(scene, feed, "run-2")

    assert scene.lake.branches() == before


def test_steps_stand_in_the_order_in_which_they_were_last_done(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    for step, inputs in (("receive", "1"), ("ingest", "2"), ("receive", "3")):
        branch.record_step(step, inputs)

    assert list(branch.steps().items()) == [("ingest", "2"), ("receive", "3")]
    assert list(scene.lake.branches()[0].steps) == ["ingest", "receive"]


def test_what_is_not_recorded_did_not_happen(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.record_step("receive", "x")
    scene.write(branch, "A1")  # the process dies here, before it records the step
    branch.release()

    again = resume(scene, feed, "run-2", after="receive")

    assert again.changed_pointers() == {}
    scene.write(again, "A1")
    assert scene.skus(again) == ["A1"]
    assert again.row_count(bronze(feed).name) == 1


def test_a_step_done_again_forgets_those_that_came_after_it(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.record_step("ingest", "x")
    left = branch.changed_pointers()
    scene.write(branch, "A1")
    branch.record_step("conform", "x")

    again = resume(scene, feed)

    assert again.steps() == {"ingest": "x"}
    assert again.changed_pointers() == left
    with pytest.raises(StepOutOfOrder, match="'conform' was not done there"):
        resume(scene, feed, after="conform")


def test_who_only_looks_keeps_every_recorded_step(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.record_step("ingest", "x")
    scene.write(branch, "A1")
    branch.record_step("conform", "x")
    left = branch.changed_pointers()
    scene.write(branch, "half done")

    looking = scene.lake.resume(feed, "run-1", after="ingest", inputs="x", lease_seconds=600, redo=False)

    assert looking.steps() == {"ingest": "x", "conform": "x"}
    assert looking.changed_pointers() == left


def test_a_process_that_holds_no_current_lease_cannot_write_what_was_rewound(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.record_step("ingest", "x")
    scene.write(branch, "A1")

    resume(scene, feed)

    with pytest.raises(LeaseLost):
        scene.write(branch, "A2")
