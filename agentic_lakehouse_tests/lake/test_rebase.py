from __future__ import annotations

from collections.abc import Sequence

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import CheckResult, Proposal
from agentic_lakehouse.errors import MergeConflict, PublishRefused
from agentic_lakehouse.lake import merge
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.view import View
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, Scene, bronze, passed, slice_of


def ready(scene: Scene, feed: Feed, *skus: str) -> Branch:
    branch = scene.begin(feed, f"run of {feed}")
    scene.write(branch, *skus)
    scene.audited(branch, scene.approve(feed))
    return branch


def test_two_feeds_that_began_at_the_same_main_both_land(scene: Scene, feed: Feed, other: Feed) -> None:
    first, second = ready(scene, feed, "A1", "A2"), ready(scene, other, "B1")

    scene.publish(first)
    scene.publish(second)

    assert scene.skus() == ["A1", "A2", "B1"]
    assert scene.skus(**slice_of(other)) == ["B1"]
    assert scene.lake.view().row_count(CORE.name) == 3


def test_a_rebase_moves_files_and_rewrites_none(scene: Scene, feed: Feed, other: Feed) -> None:
    first, second = ready(scene, feed, "A1"), ready(scene, other, "B1")
    files = {*first.files(CORE.name), *second.files(CORE.name)}

    scene.publish(first)
    scene.publish(second)

    assert set(scene.lake.view().files(CORE.name)) == files


def test_a_replaced_slice_replaces_only_itself_on_the_newer_main(scene: Scene, feed: Feed, other: Feed) -> None:
    scene.run(feed, "A1", "A2")
    scene.run(other, "B1", "B2")
    first, second = ready(scene, feed, "A3"), ready(scene, other, "B3")

    scene.publish(second)
    scene.publish(first)

    assert scene.skus() == ["A3", "B3"]


def test_a_slice_that_became_empty_is_empty_on_the_newer_main(scene: Scene, feed: Feed, other: Feed) -> None:
    scene.run(feed, "A1")
    scene.run(other, "B1")
    branch = scene.begin(feed, "run-2")
    branch.replace_slice(CORE.name, slice_of(feed), [])
    scene.audited(branch, scene.approve(feed))
    scene.run(other, "B2", run_id="run-2")

    scene.publish(branch)

    assert scene.skus() == ["B2"]


def test_errors_of_several_feeds_add_up(scene: Scene, feed: Feed, other: Feed) -> None:
    branches = []
    for one in (feed, other):
        branch = scene.begin(one)
        branch.append(ERRORS.name, [scene.parquet(ERRORS, [{"raw": f"bad row of {one}", **slice_of(one)}])])
        scene.audited(branch, scene.approve(one))
        branches.append(branch)

    for branch in branches:
        scene.publish(branch)

    view = scene.lake.view()
    assert view.row_count(ERRORS.name) == 2
    assert view.row_count(ERRORS.name, **slice_of(feed)) == 1


def test_the_commit_says_what_was_rebased_and_what_it_did_to_main(scene: Scene, feed: Feed, other: Feed) -> None:
    first, second = ready(scene, feed, "A1", "A2"), ready(scene, other, "B1")
    scene.publish(first)

    scene.publish(second)

    commit = scene.lake.log(1)[0]
    core = next(c for c in commit.changes if c.table == CORE.name)
    assert commit.audit is not None
    assert commit.audit.rebased == (CORE.name,)
    assert (core.rows_before, core.rows_after) == (2, 3)


def test_where_the_feeds_own_slice_moved_nothing_is_published(scene: Scene, feed: Feed, other: Feed) -> None:
    mine = ready(scene, feed, "A1")
    intruder = scene.begin(other)
    intruder.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, "X1")])
    scene.audited(intruder, scene.approve(other))
    scene.publish(intruder)

    with pytest.raises(MergeConflict, match="own slice") as error:
        scene.publish(mine)

    assert error.value.details["table"] == CORE.name
    assert scene.skus() == ["X1"]
    assert not scene.lake.view().exists(bronze(feed).name)
    assert scene.skus(mine) == ["A1"]


def test_where_the_feeds_bronze_moved_nothing_is_published(scene: Scene, feed: Feed, other: Feed) -> None:
    scene.run(feed, "A1")
    mine = scene.begin(feed, "run-2")
    mine.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, "A2")])
    scene.audited(mine, scene.approve(feed))
    intruder = scene.begin(other)
    intruder.append(bronze(feed).name, [scene.bronze_rows(feed, "X1")])
    scene.audited(intruder, scene.approve(other))
    scene.publish(intruder)

    with pytest.raises(MergeConflict, match="bronze table"):
        scene.publish(mine)

    assert scene.skus() == ["A1"]


def test_a_table_that_both_branches_created_is_a_conflict(scene: Scene, feed: Feed, other: Feed) -> None:
    branches: list[tuple[Branch, Proposal]] = []
    for one in (feed, other):
        branch = scene.begin(one)
        branch.ensure_table(bronze(Feed("acme", "notes")))
        branches.append((branch, scene.approve(one)))
        scene.audited(*branches[-1])
    scene.publish(branches[0][0])

    with pytest.raises(MergeConflict, match="alone"):
        scene.publish(branches[1][0])


def test_rules_over_all_feeds_are_checked_again_after_a_rebase(scene: Scene, feed: Feed, other: Feed) -> None:
    first, second = ready(scene, feed, "A1"), ready(scene, other, "A1")
    scene.publish(first)

    def recheck(view: View) -> Sequence[CheckResult]:
        skus = scene.skus(view)
        twice = len(skus) - len(set(skus))
        return [CheckResult(name="sku_unique", table=CORE.name, severity="ERROR", passed=not twice, count=twice)]

    with pytest.raises(PublishRefused, match="sku_unique"):
        scene.lake.publish(second, author="run", message="publish", recheck=recheck)

    assert scene.skus() == ["A1"]
    assert scene.skus(second) == ["A1"]


def test_the_check_after_a_rebase_is_recorded(scene: Scene, feed: Feed, other: Feed) -> None:
    first, second = ready(scene, feed, "A1"), ready(scene, other, "B1")
    scene.publish(first)

    scene.lake.publish(second, author="run", message="publish", recheck=lambda _: [passed("sku_unique")])

    assert [a.stage for a in scene.lake.governance.audits(other)] == ["bronze", "staged", "rebased"]


def test_without_a_rebase_nothing_is_checked_again(scene: Scene, feed: Feed) -> None:
    seen: list[View] = []

    scene.lake.publish(
        ready(scene, feed, "A1"), author="run", message="publish", recheck=lambda view: seen.append(view) or []
    )

    assert seen == []


def test_a_merge_that_is_overtaken_while_it_is_prepared_starts_over(scene: Scene, feed: Feed, other: Feed) -> None:
    branch = ready(scene, feed, "A1")
    scene.run(other, "B1")
    overtakers = [Feed("acme", "stock"), Feed("acme", "images")]

    def recheck(_: View) -> list[CheckResult]:
        if overtakers:
            late = overtakers.pop()
            scene.run(late, late.name)
        return []

    scene.lake.publish(branch, author="run", message="publish", recheck=recheck)

    assert scene.skus() == ["A1", "B1", "images", "stock"]


def test_a_merge_that_is_overtaken_for_ever_gives_up(
    scene: Scene, feed: Feed, other: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "ATTEMPTS", 2)
    branch = ready(scene, feed, "A1")
    scene.run(other, "B1")

    def recheck(_: View) -> list[CheckResult]:
        scene.run(other, "B2", run_id="again")
        return []

    with pytest.raises(MergeConflict, match="main moved 2 times"):
        scene.lake.publish(branch, author="run", message="publish", recheck=recheck)

    assert scene.skus(branch) == ["A1"]
