from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.policy import CompactionPolicy
from agentic_lakehouse.errors import BranchLeased, MergeConflict, UsageInvalid
from agentic_lakehouse.lake.upkeep import compaction
from agentic_lakehouse.lake.upkeep.bundles import MEGABYTE
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, Scene, bronze, slice_of
from agentic_lakehouse_tests.lake.upkeep.tidy import bundles, compact, rewritten, rows, states, write


@pytest.fixture
def many(scene: Scene, feed: Feed, other: Feed) -> Scene:
    """Two feeds, one of which came thrice: three small bronze files."""
    for number in range(3):
        scene.run(feed, f"A{number}", run_id=str(number))
    scene.run(other, "B1")
    return scene


def bad_rows(scene: Scene, feed: Feed, *raw: str) -> Path:
    return scene.parquet(ERRORS, [{"raw": text, **slice_of(feed)} for text in raw])


def test_small_files_of_a_partition_become_one_and_every_state_reads_as_before(many: Scene, feed: Feed) -> None:
    before = states(many)

    commit = compact(many, feed)

    after = states(many)
    newest = many.lake.log(1)[0]
    assert len(many.lake.view().files(bronze(feed).name)) == 1
    assert {name: after[name] for name in before} == before
    assert (newest.id, newest.kind, newest.author, newest.feed) == (commit, "compact", "maintenance", str(feed))
    assert newest.message == f"compact {feed}: 3 files into 1"
    assert [(c.table, c.rows_before, c.rows_after, c.files) for c in newest.changes] == [(bronze(feed).name, 3, 3, 1)]


def test_after_it_nothing_is_small_enough_to_do_it_again(many: Scene, feed: Feed) -> None:
    compact(many, feed)

    assert bundles(many, feed) == []


def test_fewer_files_than_the_policy_asks_for_are_left(many: Scene, feed: Feed) -> None:
    assert bundles(many, feed, CompactionPolicy(min_files=4)) == []


def test_only_small_files_go_and_new_ones_are_of_the_target_size(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.ensure_table(bronze(feed))
    for number, megabytes in enumerate([0.4, 0.4, 0.6, 0.4, 0.1]):
        branch.append(bronze(feed).name, [scene.bronze_rows(feed, *noise(number, megabytes))])
    scene.audited(branch, scene.approve(feed))
    scene.publish(branch)

    sizes = [bundle.byte_size / MEGABYTE for bundle in bundles(scene, feed)]

    assert sizes == [pytest.approx(0.8, abs=0.05), pytest.approx(0.5, abs=0.05)]


def noise(number: int, megabytes: float) -> list[str]:
    """Text that does not compress."""
    made = random.Random(number)
    return [f"{number} {made.randbytes(500).hex()}" for _ in range(int(megabytes * 1000))]


def test_files_are_put_together_in_the_order_of_a_column(scene: Scene, feed: Feed) -> None:
    for item in ("A2", "A3", "A1"):
        scene.run(feed, item, run_id=item)

    [bundle] = bundles(scene, feed, order_by="artikel")

    assert [pq.read_table(file.file_path)["artikel"].to_pylist() for file in bundle.files] == [["A1"], ["A2"], ["A3"]]


def test_files_of_two_days_stay_apart(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.ensure_table(bronze(feed))
    for day in (1, 1, 2, 2):
        row = {"artikel": "A", "ingestion_date": f"2026-11-0{day}", "vendor_name": feed.vendor}
        branch.append(bronze(feed).name, [dated(scene, feed, row)])
    scene.audited(branch, scene.approve(feed))
    scene.publish(branch)

    compact(scene, feed)

    assert len(scene.lake.view().files(bronze(feed).name)) == 2


def dated(scene: Scene, feed: Feed, row: dict[str, Any]) -> Path:
    return scene.parquet(bronze(feed), [row | {"ingestion_date": date.fromisoformat(row["ingestion_date"])}])


def test_a_feeds_slice_of_a_shared_table_is_put_together_and_no_other_feeds(
    scene: Scene, feed: Feed, other: Feed
) -> None:
    for one in (feed, other):
        branch = scene.begin(one)
        for number in range(2):
            branch.append(ERRORS.name, [bad_rows(scene, one, f"{one} {number}")])
        scene.audited(branch, scene.approve(one))
        scene.publish(branch)
    before = rows(scene.lake.view())

    compact(scene, feed)

    view = scene.lake.view()
    assert len(view.files(ERRORS.name, **slice_of(feed))) == 1
    assert len(view.files(ERRORS.name, **slice_of(other))) == 2
    assert rows(view) == before


def test_all_tables_of_a_feed_change_in_one_commit(many: Scene, feed: Feed) -> None:
    branch = many.begin(feed, "run-9")
    for number in range(2):
        branch.append(ERRORS.name, [bad_rows(many, feed, str(number))])
    many.audited(branch, many.approve(feed))
    many.publish(branch)

    compact(many, feed)

    assert {change.table for change in many.lake.log(1)[0].changes} == {bronze(feed).name, ERRORS.name}


def test_a_file_with_other_rows_than_its_bundle_is_refused(many: Scene, feed: Feed) -> None:
    [bundle] = bundles(many, feed)
    short = write(many, bundle, [file.file_path for file in bundle.files[:2]])
    before = many.lake.view().pointers()

    with pytest.raises(UsageInvalid, match="holds 2 rows"):
        many.lake.housekeeping.compact(feed, [(bundle, short)])

    assert many.lake.view().pointers() == before


def test_a_feed_with_an_open_branch_is_left_alone(many: Scene, feed: Feed) -> None:
    ready = rewritten(many, bundles(many, feed))
    branch = many.begin(feed, "run-9")
    before = many.lake.view().pointers()

    with pytest.raises(BranchLeased, match="open branch"):
        many.lake.housekeeping.compact(feed, ready)

    assert many.lake.view().pointers() == before
    many.write(branch, "A9")
    many.audited(branch, many.approve(feed))
    many.publish(branch)
    assert many.skus() == ["A9", "B1"]


def test_a_branch_that_waits_counts_as_open(many: Scene, feed: Feed) -> None:
    many.begin(feed, "run-9").release()

    with pytest.raises(BranchLeased):
        compact(many, feed)


def test_a_branch_that_begins_after_it_stands_on_the_new_file(many: Scene, feed: Feed) -> None:
    compact(many, feed)

    branch = many.begin(feed, "run-9")
    many.write(branch, "A9")
    many.audited(branch, many.approve(feed))
    many.publish(branch)

    assert len(many.lake.view().files(bronze(feed).name)) == 2
    assert many.lake.view().row_count(bronze(feed).name) == 4


def test_another_feeds_open_branch_still_merges(scene: Scene, feed: Feed, other: Feed) -> None:
    for one in (feed, other):
        branch = scene.begin(one)
        for number in range(2):
            branch.append(ERRORS.name, [bad_rows(scene, one, f"{one} {number}")])
        scene.audited(branch, scene.approve(one))
        scene.publish(branch)
    theirs = scene.begin(other, "run-2")
    theirs.replace_slice(ERRORS.name, slice_of(other), [bad_rows(scene, other, "the last one")])
    scene.audited(theirs, scene.approve(other))

    compact(scene, feed)
    scene.publish(theirs)

    view = scene.lake.view()
    assert (len(view.files(ERRORS.name)), view.row_count(ERRORS.name)) == (2, 3)
    assert scene.lake.log(1)[0].audit.rebased == (ERRORS.name,)


def test_another_feed_that_is_published_meanwhile_is_not_lost(
    many: Scene, feed: Feed, other: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = many.begin(feed, "run-9")
    for number in range(2):
        branch.append(ERRORS.name, [bad_rows(many, feed, str(number))])
    many.audited(branch, many.approve(feed))
    many.publish(branch)
    swap, times = compaction.swap, []

    def overtaken(*args: Any, **changes: Any) -> None:
        swap(*args, **changes)
        if not times:
            theirs = many.begin(other, "run-2")
            theirs.append(ERRORS.name, [bad_rows(many, other, "theirs")])
            many.audited(theirs, many.approve(other))
            many.publish(theirs)
        times.append(1)

    monkeypatch.setattr(compaction, "swap", overtaken)
    compact(many, feed)

    view = many.lake.view()
    assert (len(view.files(ERRORS.name)), view.row_count(ERRORS.name)) == (2, 3)


def test_files_that_a_publish_took_away_meanwhile_are_not_brought_back(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    for number in range(2):
        branch.append(ERRORS.name, [bad_rows(scene, feed, str(number))])
    scene.audited(branch, scene.approve(feed))
    scene.publish(branch)
    ready = rewritten(scene, bundles(scene, feed))
    again = scene.begin(feed, "run-2")
    again.replace_slice(ERRORS.name, slice_of(feed), [])
    scene.audited(again, scene.approve(feed))
    scene.publish(again)

    with pytest.raises(MergeConflict, match="was changed while"):
        scene.lake.housekeeping.compact(feed, ready)

    assert scene.lake.view().row_count(ERRORS.name) == 0


def test_the_feed_stands_as_before_and_its_log_shows_it(many: Scene, feed: Feed) -> None:
    delivery = many.deliver(feed)
    branch = many.begin(feed, "run-9")
    many.write(branch, "A9")
    many.audited(branch, many.approve(feed))
    published = many.publish(branch, delivery)
    fold, mark = many.lake.published_fold(feed), many.lake.mark(feed)

    commit = compact(many, feed)

    assert many.lake.published_fold(feed) == fold
    assert mark is not None
    assert many.lake.mark(feed) == mark.model_copy(update={"deliveries": {}})
    assert [c.id for c in many.lake.log(2, feed=feed)] == [commit, published]
    assert many.lake.ledger.deliveries(feed)[0].status == "published"


def test_one_can_go_back_behind_it_and_the_delivery_after_is_withdrawn(many: Scene, feed: Feed) -> None:
    before = many.lake.log(1)[0].id
    rows_before = rows(many.lake.view())
    compact(many, feed)
    delivery = many.deliver(feed)
    branch = many.begin(feed, "run-9")
    many.write(branch, "A9")
    many.audited(branch, many.approve(feed))
    many.publish(branch, delivery)

    many.lake.rollback(before, feed=feed, slice_=slice_of(feed), author="person:Mia")

    assert rows(many.lake.view()) == rows_before
    assert many.lake.ledger.deliveries(feed)[0].status == "withdrawn"


def test_one_can_go_back_to_it(many: Scene, feed: Feed) -> None:
    commit = compact(many, feed)
    delivery = many.deliver(feed)
    branch = many.begin(feed, "run-9")
    many.write(branch, "A9")
    many.audited(branch, many.approve(feed))
    many.publish(branch, delivery)

    many.lake.rollback(str(commit), feed=feed, slice_=slice_of(feed), author="person:Mia")

    assert many.skus(**slice_of(feed)) == ["A2"]
    assert len(many.lake.view().files(bronze(feed).name)) == 1
    assert CORE.name in many.lake.view().tables()
