"""The same in a warehouse that is no folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from pyiceberg.io import fsspec as pyiceberg_fsspec

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, Scene, slice_of
from agentic_lakehouse_tests.lake.upkeep.tidy import KEEP_ALL, KEEP_NEWEST, bundles, now, rewritten


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A lake whose warehouse is an object store in memory."""
    MemoryFileSystem.store.clear()
    monkeypatch.setitem(pyiceberg_fsspec.SCHEME_TO_FS, "memory", lambda _: MemoryFileSystem())
    scene = Scene.__new__(Scene)
    scene.folder = tmp_path
    scene.lake = Lake.open(f"sqlite:///{tmp_path}/catalog.db", "memory://bucket/lake")
    scene.lake.create_shared([CORE, ERRORS])
    with scene:
        yield scene
    MemoryFileSystem.store.clear()


def skus(scene: Scene, staging: Path) -> list[str]:
    staging.mkdir()
    scene.folder = staging
    return scene.skus()


def test_orphans_go_and_what_is_referred_to_stays(scene: Scene, feed: Feed, other: Feed) -> None:
    for number in range(3):
        scene.run(feed, f"A{number}", run_id=str(number))
    branch = scene.begin(other)
    scene.write(branch, "B1")
    lost = set(branch.files(CORE.name, **slice_of(other)))
    scene.lake.abandon(branch.name)
    (raw := MemoryFileSystem()).pipe_file("/bucket/lake/_raw/0123", b"rows")
    house, later = scene.lake.housekeeping, now() + timedelta(days=2)

    assert house.orphans(KEEP_ALL, now=now()) == []
    house.forget(KEEP_NEWEST, now=now())
    found = house.orphans(KEEP_NEWEST, now=later)
    house.remove(found)

    assert lost <= {file.location for file in found}
    assert house.orphans(KEEP_NEWEST, now=later) == []
    assert skus(scene, scene.folder / "staging") == ["A2"]
    assert raw.exists("/bucket/lake/_raw/0123")
    assert raw.exists("/bucket/lake/_lake.json")


def test_small_files_are_put_together(scene: Scene, feed: Feed) -> None:
    for number in range(3):
        scene.run(feed, f"A{number}", run_id=str(number))
    house = scene.lake.housekeeping
    staging = scene.folder / "staging"
    staging.mkdir()
    [bundle] = bundles(scene, feed)

    copies = house.local_files(bundle, staging)
    house.compact(feed, rewritten(scene, [bundle], copies=copies))

    assert scene.lake.view().row_count(bundle.table) == 3
    assert len(scene.lake.view().files(bundle.table)) == 1


def test_stray_bytes_go(scene: Scene) -> None:
    files = MemoryFileSystem()
    files.pipe_file("/bucket/lake/_raw/.0123.part", b"half")
    kept = scene.lake.housekeeping.kept_bytes("_raw")

    [stray] = kept.stray(KEEP_ALL, now=now() + timedelta(days=2))

    assert (stray.location, stray.byte_size) == ("memory://bucket/lake/_raw/.0123.part", 4)
    assert kept.let_go(stray, KEEP_ALL, now=now())
    assert not files.exists("/bucket/lake/_raw/.0123.part")
