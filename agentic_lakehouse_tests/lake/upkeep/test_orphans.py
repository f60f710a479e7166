"""Orphans are what no root leads to, and nothing else: what goes, and what stays."""

from __future__ import annotations

import os

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.lake.scene import CORE, Scene, bronze, slice_of
from agentic_lakehouse_tests.lake.upkeep.tidy import KEEP_NEWEST, age, clean, compact, files, states, warehouse


def test_the_files_of_an_abandoned_branch_go(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    age(scene)
    clean(scene)
    before, stood = files(scene), states(scene)
    branch = scene.begin(feed, "run-2")
    scene.write(branch, "A2")
    scene.lake.abandon(branch.name)
    age(scene)

    clean(scene)

    assert files(scene) == before
    assert states(scene) == stood


def test_the_files_of_a_branch_that_is_done_again_go_and_those_of_its_new_start_stay(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed, "run-1")
    scene.write(branch, "A1")
    lost = set(branch.files(CORE.name))
    again = scene.begin(feed, "run-1")
    scene.write(again, "A2")
    age(scene)
    stood = states(scene)

    clean(scene)

    assert states(scene) == stood
    assert not {str(path) for path in files(scene)} & lost


def test_a_slice_that_a_step_replaced_again_goes(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, "A1")])
    for number in range(4):
        branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, f"A{number}")])
    age(scene)

    clean(scene)

    # The newest snapshots are still listed by the head's metadata.
    assert len(list((warehouse(scene) / "product_core" / "product" / "data").iterdir())) == 3
    assert scene.skus(branch) == ["A3"]


def test_forgotten_commits_let_their_files_go_and_kept_ones_none(scene: Scene, feed: Feed) -> None:
    for number in range(6):
        scene.run(feed, f"A{number}", run_id=str(number))
    age(scene)
    [newest, *older] = scene.lake.log()
    stood, before = states(scene), len(files(scene))

    clean(scene)
    kept_all = len(files(scene))
    clean(scene, KEEP_NEWEST)

    assert before >= kept_all > len(files(scene))
    assert states(scene) == {name: stood[name] for name in ("main", f"commit {newest.id}")}
    assert all(commit.forgotten for commit in scene.lake.log()[1:])
    assert len(older) == 6


def test_a_second_time_nothing_is_left_to_do(scene: Scene, feed: Feed) -> None:
    for number in range(3):
        scene.run(feed, f"A{number}", run_id=str(number))
    age(scene)

    assert clean(scene, KEEP_NEWEST)
    assert not clean(scene, KEEP_NEWEST)


def test_small_files_that_were_put_together_stay_as_long_as_history_needs_them(scene: Scene, feed: Feed) -> None:
    for number in range(5):
        scene.run(feed, f"A{number}", run_id=str(number))
    small = set(scene.lake.view().files(bronze(feed).name))
    compact(scene, feed)
    age(scene)

    clean(scene)
    kept = {str(path) for path in files(scene)}
    for number in range(3):
        scene.run(feed, f"A{number}", run_id=f"again {number}")
    age(scene)
    clean(scene, KEEP_NEWEST)

    assert small <= kept
    assert not small & {str(path) for path in files(scene)}


def test_what_is_young_stays_though_nothing_refers_to_it(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    age(scene)
    young = warehouse(scene) / "product_core" / "product" / "data" / "about-to-be-referred-to.parquet"
    young.write_bytes(b"rows")

    assert young.name not in clean(scene)
    age(scene)
    assert young.name in clean(scene)


def test_a_moved_file_is_as_young_as_its_move(scene: Scene, feed: Feed) -> None:
    staged = scene.core_rows(feed, "A1")
    os.utime(staged, (0, 0))
    location = scene.lake._warehouse.new_location(CORE.name)

    scene.lake._warehouse.put(staged, location)

    assert not clean(scene)


def test_a_branch_can_be_taken_up_at_each_step_that_it_recorded(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.ensure_table(bronze(feed))
    branch.append(bronze(feed).name, [scene.bronze_rows(feed, "A1")])
    branch.record_step("ingest", "same")
    for number in range(5):
        branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, f"A{number}")])
    branch.replace_slice(bronze(feed).name, {"vendor_name": feed.vendor}, [])
    branch.record_step("conform", "same")
    for _ in range(4):
        branch.append(bronze(feed).name, [scene.bronze_rows(feed, "A2")])
    age(scene)

    clean(scene)
    back = scene.lake.resume(feed, "run-1", after="ingest", inputs="same", lease_seconds=600)

    assert back.row_count(bronze(feed).name) == 1
    assert back.row_count(CORE.name) == 0


def test_only_what_stands_in_data_and_metadata_of_a_table_is_looked_at(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    root = warehouse(scene)
    others = [
        root / "_lake.json",
        root / "_raw" / "0123",
        root / "_raw" / "data" / "data" / "file",
        root / "notes.txt",
        root / "exports" / "product" / "data" / "mine.parquet",
        root / "product_core" / "readme",
        root / "product_core" / "product" / "readme",
        root / "product_core" / "product" / "backup" / "data" / "file.parquet",
    ]
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    age(scene)

    clean(scene)

    assert all(path.is_file() for path in others)


def test_what_a_link_leads_to_stays(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    outside = scene.folder / "outside"
    (outside / "data").mkdir(parents=True)
    (outside / "data" / "theirs.parquet").touch()
    core = warehouse(scene) / "product_core"
    (core / "product" / "data" / "linked.parquet").symlink_to(outside / "data" / "theirs.parquet")
    (core / "product" / "data" / "linked").symlink_to(outside)
    (core / "linked").symlink_to(outside)
    (outside / "product").mkdir()
    (warehouse(scene) / "linked").symlink_to(outside)
    age(scene)
    os.utime(outside / "data" / "theirs.parquet", (0, 0))

    clean(scene)

    assert (outside / "data" / "theirs.parquet").exists()
    assert (core / "product" / "data" / "linked.parquet").is_symlink()


def test_a_new_lake_has_none(scene: Scene) -> None:
    age(scene)

    assert not clean(scene)
