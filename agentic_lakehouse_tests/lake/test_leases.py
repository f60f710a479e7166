from __future__ import annotations

import subprocess
import sys

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import BranchLeased, LeaseLost, MergeConflict
from agentic_lakehouse.lake.catalog import NamedCatalog
from agentic_lakehouse.lake.tables import create
from agentic_lakehouse_tests.lake.scene import CORE, Scene, bronze, slice_of


def test_a_second_run_is_told_who_holds_the_feed(scene: Scene, feed: Feed) -> None:
    scene.begin(feed, "run-1")

    with pytest.raises(BranchLeased, match="run run-1") as error:
        scene.begin(feed, "run-2")

    assert error.value.details["run_id"] == "run-1"


def test_two_feeds_are_held_by_two_runs(scene: Scene, feed: Feed, other: Feed) -> None:
    scene.begin(feed, "run-1")
    scene.begin(other, "run-2")

    assert [(b.run_id, b.lease) for b in scene.lake.branches()] == [("run-1", "held"), ("run-2", "held")]


def test_a_run_may_begin_its_own_branch_again(scene: Scene, feed: Feed) -> None:
    first = scene.begin(feed)
    scene.write(first, "A1")

    second = scene.begin(feed)

    assert scene.skus(second) == []


def test_a_released_branch_is_free_and_keeps_its_content(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    scene.write(branch, "A1")

    branch.release()

    assert scene.lake.branches()[0].lease == "free"
    assert scene.skus(branch) == ["A1"]
    assert scene.skus(scene.begin(feed, "run-2")) == []


def test_a_lease_without_a_sign_of_life_can_be_taken(scene: Scene, feed: Feed) -> None:
    scene.begin(feed, "run-1", lease_seconds=0)
    assert scene.lake.branches()[0].lease == "stale"

    scene.begin(feed, "run-2")

    assert scene.lake.branches()[0].run_id == "run-2"


@pytest.mark.parametrize("taken", ["begun anew", "resumed", "abandoned", "released", "published"])
def test_whoever_lost_its_lease_can_change_nothing(scene: Scene, feed: Feed, taken: str) -> None:
    branch = scene.begin(feed, "run-1", lease_seconds=0)
    scene.write(branch, "A1")
    branch.record_step("conform", "x")
    mapping = scene.approve(feed)
    scene.audited(branch, mapping)
    if taken == "begun anew":
        scene.begin(feed, "run-2")
    elif taken == "resumed":
        scene.lake.resume(feed, "run-2", after="conform", inputs="x", lease_seconds=600)
    elif taken == "abandoned":
        scene.lake.abandon(branch.name)
    elif taken == "released":
        branch.release()
    else:
        scene.publish(branch)
    before = scene.lake.view().pointers()

    writes = [
        lambda: branch.ensure_table(bronze(Feed("acme", "stock"))),
        lambda: branch.append(CORE.name, [scene.core_rows(feed, "A2")]),
        lambda: branch.replace_slice(CORE.name, slice_of(feed), []),
        lambda: branch.record_step("publish", "x"),
        branch.heartbeat,
        lambda: scene.publish(branch),
    ]
    for write in writes:
        with pytest.raises(LeaseLost, match="run-1"):
            write()

    assert scene.lake.view().pointers() == before


def test_letting_go_what_is_lost_already_takes_nothing_from_its_new_holder(scene: Scene, feed: Feed) -> None:
    first = scene.begin(feed, "run-1", lease_seconds=0)
    scene.begin(feed, "run-2")

    first.release()

    assert scene.lake.branches()[0].lease == "held"


def test_a_write_that_is_overtaken_between_its_check_and_its_commit_is_lost(
    scene: Scene, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    zombie = scene.begin(feed, "run-1", lease_seconds=0)
    load = NamedCatalog.load_table

    def load_then_lose(self: NamedCatalog, identifier: str) -> object:
        table = load(self, identifier)
        monkeypatch.undo()
        scene.begin(feed, "run-2")
        return table

    monkeypatch.setattr(NamedCatalog, "load_table", load_then_lose)

    with pytest.raises(LeaseLost):
        zombie.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, "Z1")])

    assert scene.skus(scene.lake.view(feed.branch)) == []


def test_a_table_that_an_overtaken_run_creates_is_seen_by_nobody(scene: Scene, feed: Feed) -> None:
    zombie = scene.begin(feed, "run-1", lease_seconds=0)
    branch = scene.begin(feed, "run-2")

    create(zombie._catalog, bronze(feed), scene.lake._warehouse, shared=False)

    assert not branch.exists(bronze(feed).name)
    scene.lake.abandon(branch.name)
    assert zombie._catalog.list_namespaces() == []


def test_a_lease_lost_while_a_merge_is_prepared_stops_it(
    scene: Scene, feed: Feed, other: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = scene.begin(feed, "run-1", lease_seconds=0)
    scene.write(branch, "A1")
    scene.audited(branch, scene.approve(feed))
    scene.run(other, "B1")

    def take_over(_: object) -> list[object]:
        scene.begin(feed, "run-2")
        return []

    with pytest.raises(LeaseLost):
        scene.lake.publish(branch, author="run", message="publish", recheck=take_over)

    assert scene.skus() == ["B1"]


def test_two_places_of_one_run_that_write_the_same_table_at_once_are_told_apart(
    scene: Scene, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = scene.begin(feed)
    load = NamedCatalog.load_table

    def load_then_race(self: NamedCatalog, identifier: str) -> object:
        table = load(self, identifier)
        monkeypatch.undo()
        branch.append(CORE.name, [scene.core_rows(feed, "A1")])
        return table

    monkeypatch.setattr(NamedCatalog, "load_table", load_then_race)

    with pytest.raises(MergeConflict, match="by something else in the same run"):
        branch.append(CORE.name, [scene.core_rows(feed, "A2")])

    assert scene.skus(branch) == ["A1"]


KILLED = """
import os, signal, sys
from pathlib import Path
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.lake.scene import Scene

Scene(Path(sys.argv[1]), sys.argv[2]).begin(Feed("acme", "prices"), "killed", lease_seconds=600)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_lease_of_a_process_that_was_killed_is_free_at_once(scene: Scene, feed: Feed) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(scene.folder), scene.catalog_url], check=False)
    assert [(b.run_id, b.lease) for b in scene.lake.branches()] == [("killed", "stale")]

    scene.begin(feed, "next").heartbeat()
