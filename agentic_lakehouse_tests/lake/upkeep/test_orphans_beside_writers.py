"""A maintenance that runs in the middle of what writers do: each time all that is there already is old enough to go."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake import branches, rollback
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.rollback import Rollback
from agentic_lakehouse.lake.upkeep import compaction, orphans
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, Scene, bronze, slice_of
from agentic_lakehouse_tests.lake.upkeep.tidy import (
    KEEP_NEWEST,
    age,
    bundles,
    clean,
    compact,
    now,
    rewritten,
    rows,
    states,
)


def ready(scene: Scene, feed: Feed, *skus: str, bad: bool = False) -> Branch:
    branch = scene.begin(feed, "run-9")
    scene.write(branch, *skus)
    if bad:
        branch.append(ERRORS.name, [scene.parquet(ERRORS, [{"raw": "bad", **slice_of(feed)}])])
    scene.audited(branch, scene.approve(feed))
    return branch


def first(then: Callable[[], object], do: Callable[..., Any]) -> Callable[..., Any]:
    """Let something else happen before a function does its work, the first time."""
    left = [then]

    def wrapped(*args: Any, **options: Any) -> Any:
        if left:
            left.pop()()
        return do(*args, **options)

    return wrapped


def test_between_a_file_that_got_its_place_and_the_commit_that_refers_to_it(
    scene: Scene, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.run(feed, "A1")
    age(scene)
    monkeypatch.setattr(branches, "swap", first(lambda: clean(scene, KEEP_NEWEST), branches.swap))

    branch = ready(scene, feed, "A2", "A3")
    scene.publish(branch)

    assert scene.skus() == ["A2", "A3"]
    assert scene.lake.view().row_count(bronze(feed).name) == 3
    rows(scene.lake.view())


def test_while_branches_are_open(scene: Scene, feed: Feed, other: Feed) -> None:
    scene.run(feed, "A1")
    mine, theirs = ready(scene, feed, "A2"), ready(scene, other, "B1")
    scene.run(Feed("acme", "stock"), "S1")
    age(scene)
    stood = states(scene)

    clean(scene, KEEP_NEWEST)

    assert states(scene).items() <= stood.items()
    scene.publish(mine)
    scene.publish(theirs)
    assert scene.skus() == ["A2", "B1", "S1"]


def test_between_the_preparation_of_a_merge_and_the_merge(scene: Scene, feed: Feed, other: Feed) -> None:
    theirs, mine = (ready(scene, one, one.vendor, bad=True) for one in (other, feed))
    scene.publish(theirs)

    def recheck(_: object) -> list[Any]:
        age(scene)
        clean(scene, KEEP_NEWEST)
        return []

    scene.lake.publish(mine, author="run", message="publish", recheck=recheck)

    assert scene.lake.log(1)[0].audit.rebased == (CORE.name, ERRORS.name)
    assert scene.skus() == ["acme", "kontor"]
    assert len(rows(scene.lake.view())[ERRORS.name]) == 2


def test_a_branch_that_begins_between_the_look_and_the_removal(scene: Scene, feed: Feed, other: Feed) -> None:
    for number in range(4):
        scene.run(feed, f"A{number}", run_id=str(number))
    age(scene)
    house = scene.lake.housekeeping
    house.forget(KEEP_NEWEST, now=now())
    found = house.orphans(KEEP_NEWEST, now=now())

    mine, theirs = ready(scene, feed, "A9"), ready(scene, other, "B1")
    house.remove(found)

    scene.publish(theirs)
    scene.publish(mine)
    assert scene.skus() == ["A9", "B1"]
    rows(scene.lake.view())


def test_a_publish_between_the_look_and_the_removal(scene: Scene, feed: Feed, other: Feed) -> None:
    scene.run(feed, "A1")
    mine, theirs = ready(scene, feed, "A2"), ready(scene, other, "B1")
    age(scene)
    house = scene.lake.housekeeping
    house.forget(KEEP_NEWEST, now=now())
    found = house.orphans(KEEP_NEWEST, now=now())

    scene.publish(mine)
    scene.publish(theirs)
    house.remove(found)

    assert scene.skus() == ["A2", "B1"]
    states(scene)


def test_a_rollback_to_a_commit_that_is_forgotten_meanwhile_is_refused(
    scene: Scene, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = scene.run(feed, "A1")
    for number in range(2, 5):
        scene.run(feed, f"A{number}", run_id=str(number))
    age(scene)
    back = Rollback(scene.lake._database, scene.lake._warehouse, to=target, author="person:Mia", note="")
    before = scene.lake.view().pointers()
    forget = partial(scene.lake.housekeeping.forget, KEEP_NEWEST, now=now())
    monkeypatch.setattr(rollback, "Amendment", first(forget, rollback.Amendment))

    with pytest.raises(UsageInvalid, match="no longer kept"):
        back.all()

    assert scene.lake.view().pointers() == before
    clean(scene, KEEP_NEWEST)
    assert scene.skus() == ["A4"]


def test_a_rollback_brings_the_oldest_kept_commit_back(scene: Scene, feed: Feed, other: Feed) -> None:
    target = scene.run(feed, "A1")
    scene.run(other, "B1")
    for number in range(2, 6):
        scene.run(feed, f"A{number}", run_id=str(number))
    compact(scene, feed)
    age(scene)
    policy = KEEP_NEWEST.model_copy(update={"history_commits": 7})

    clean(scene, policy)
    kept = [commit for commit in scene.lake.log() if not commit.forgotten]
    scene.lake.rollback(kept[-1].id, feed=feed, slice_=slice_of(feed), author="person:Mia")
    age(scene)
    clean(scene, policy)

    assert kept[-1].id == target
    assert scene.skus() == ["A1", "B1"]
    states(scene)
    scene.run(feed, "A9", run_id="run-9")
    assert scene.skus() == ["A9", "B1"]


def test_new_files_of_a_compaction_before_its_commit(scene: Scene, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        scene.run(feed, f"A{number}", run_id=str(number))
    age(scene)
    monkeypatch.setattr(compaction, "swap", first(lambda: clean(scene, KEEP_NEWEST), compaction.swap))
    before = rows(scene.lake.view())

    scene.lake.housekeeping.compact(feed, rewritten(scene, bundles(scene, feed)))

    assert rows(scene.lake.view()) == before


def test_another_maintenance_that_removes_what_this_one_is_reading(
    scene: Scene, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        scene.run(feed, f"A{number}", run_id=str(number))
    age(scene)
    house = scene.lake.housekeeping
    monkeypatch.setattr(orphans, "reach", first(lambda: clean(scene, KEEP_NEWEST), orphans.reach))

    assert house.orphans(KEEP_NEWEST, now=now()) == []


def test_what_another_maintenance_removed_already_is_no_error(scene: Scene, feed: Feed) -> None:
    scene.lake.abandon(ready(scene, feed, "A1").name)
    age(scene)
    house = scene.lake.housekeeping
    found = house.orphans(KEEP_NEWEST, now=now())
    house.remove(found)

    house.remove(found)

    assert found
