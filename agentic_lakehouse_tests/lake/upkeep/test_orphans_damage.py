"""Where it cannot be told what is referred to, nothing is removed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse_tests.lake.scene import CORE, Scene
from agentic_lakehouse_tests.lake.upkeep.tidy import KEEP_ALL, age, clean, files, now, warehouse


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.fixture
def littered(scene: Scene, feed: Feed) -> Scene:
    """A lake with history and with orphans, all old enough to go."""
    for number in range(3):
        scene.run(feed, f"A{number}", run_id=str(number))
    scene.write(branch := scene.begin(feed, "run-9"), "X")
    scene.lake.abandon(branch.name)
    age(scene)
    return scene


@pytest.mark.parametrize("harm", [Path.unlink, cut, garble, empty])
@pytest.mark.parametrize("kind", ["metadata", "manifest list", "manifest"])
def test_a_broken_root_is_named_and_nothing_goes(
    littered: Scene, feed: Feed, kind: str, harm: Callable[[Path], None]
) -> None:
    oldest = [commit for commit in littered.lake.log() if commit.feed][-1]
    broken = Path(of_core(littered, oldest.id)[kind])
    littered.lake._warehouse.table_at.cache_clear()
    harm(broken)
    before = files(littered)

    with pytest.raises(CatalogUnavailable, match=broken.name):
        clean(littered)

    assert files(littered) == before


def test_a_manifest_with_fewer_entries_than_its_list_says_is_damaged(scene: Scene, feed: Feed, other: Feed) -> None:
    branch = scene.begin(feed)
    branch.append(CORE.name, [scene.core_rows(feed, "A1"), scene.core_rows(feed, "A2")])
    scene.audited(branch, scene.approve(feed))
    scene.publish(branch)
    scene.run(other, "B1")
    one, two = (next(m.manifest_path for m in manifests(scene) if m.added_files_count == count) for count in (1, 2))
    shutil.copy(one, two)
    age(scene)
    before = files(scene)

    with pytest.raises(CatalogUnavailable, match="names 1 data files instead of 2"):
        clean(scene)

    assert files(scene) == before


def test_a_manifest_list_with_fewer_manifests_than_its_snapshot_says_is_damaged(
    scene: Scene, feed: Feed, other: Feed
) -> None:
    scene.run(feed, "A1")
    first = of_core(scene, scene.lake.log(1)[0].id)["manifest list"]
    scene.run(other, "B1")
    second = of_core(scene, scene.lake.log(1)[0].id)["manifest list"]
    shutil.copy(first, second)
    age(scene)

    with pytest.raises(CatalogUnavailable, match="leads to 1 data files instead of 2"):
        clean(scene)


def test_a_warehouse_that_is_called_by_another_name_is_left_alone(littered: Scene) -> None:
    link = littered.folder / "linked"
    link.symlink_to(warehouse(littered))
    before = files(littered)

    with (
        Lake.open(f"sqlite:///{littered.folder}/home/catalog.db", str(link)) as lake,
        pytest.raises(CatalogUnavailable, match="outside of its warehouse"),
    ):
        lake.housekeeping.orphans(KEEP_ALL, now=now())

    assert files(littered) == before


def of_core(scene: Scene, commit: str) -> dict[str, str]:
    """One file of each kind that core had at a commit."""
    location = scene.lake.view(at=commit).pointers()[CORE.name]
    snapshot = scene.lake._warehouse.table_at(location).current_snapshot()
    assert snapshot is not None
    [manifest, *_] = snapshot.manifests(scene.lake._warehouse.io)
    return {"metadata": location, "manifest list": snapshot.manifest_list, "manifest": manifest.manifest_path}


def manifests(scene: Scene) -> list:
    location = scene.lake.view().pointers()[CORE.name]
    snapshot = scene.lake._warehouse.table_at(location).current_snapshot()
    assert snapshot is not None
    return snapshot.manifests(scene.lake._warehouse.io)
