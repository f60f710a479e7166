"""For tests of housekeeping: time that passes at once, every state that must stay, and every file that stands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.policy import CompactionPolicy, RetentionPolicy
from agentic_lakehouse.lake.upkeep.bundles import Bundle
from agentic_lakehouse.lake.view import View
from agentic_lakehouse_tests.lake.scene import Scene, slice_of

KEEP_ALL = RetentionPolicy()
KEEP_NEWEST = RetentionPolicy(history_days=0, history_commits=1)
SMALL = CompactionPolicy(min_files=2, target_mb=1)


def now() -> datetime:
    return datetime.now(UTC)


def warehouse(scene: Scene) -> Path:
    return scene.folder / "home" / "warehouse"


def age(scene: Scene, *, days: float = 2) -> None:
    """Let all files of the warehouse be this much older."""
    for path in warehouse(scene).rglob("*"):
        if path.is_file() and not path.is_symlink():
            before = path.stat().st_mtime - timedelta(days=days).total_seconds()
            os.utime(path, (before, before))


def files(scene: Scene) -> set[Path]:
    """Every file of a table."""
    return {path for path in warehouse(scene).rglob("*") if path.is_file() and path.parent.name in {"data", "metadata"}}


def clean(scene: Scene, policy: RetentionPolicy = KEEP_ALL) -> set[str]:
    """Forget what the policy forgets, remove orphans, and return their names."""
    house = scene.lake.housekeeping
    house.forget(policy, now=now())
    found = house.orphans(policy, now=now())
    house.remove(found)
    scene.lake._warehouse.table_at.cache_clear()
    return {file.name for file in found}


def rows(view: View) -> dict[str, list[str]]:
    """Every row of every table of a state, in no order."""
    found = {}
    for table in view.tables():
        read = (pq.read_table(file) for file in view.files(table))
        found[table] = sorted(repr(row) for part in read for row in part.to_pylist())
    return found


def states(scene: Scene) -> dict[str, dict[str, list[str]]]:
    """The rows of main, of every branch, and of every commit that is kept."""
    lake = scene.lake
    views = [lake.view(), *(lake.view(branch.name) for branch in lake.branches())]
    views += [lake.view(at=commit.id) for commit in lake.log() if not commit.forgotten]
    return {view.name: rows(view) for view in views}


def bundles(scene: Scene, feed: Feed, policy: CompactionPolicy = SMALL, *, order_by: str = "artikel") -> list[Bundle]:
    return scene.lake.housekeeping.bundles({feed: slice_of(feed)}, policy, order_by=order_by).get(feed, [])


def rewritten(
    scene: Scene, found: Sequence[Bundle], *, copies: Sequence[Path] | None = None
) -> list[tuple[Bundle, Path]]:
    """Do what an engine does: one file with the rows of each bundle."""
    return [(bundle, write(scene, bundle, copies or [file.file_path for file in bundle.files])) for bundle in found]


def write(scene: Scene, bundle: Bundle, paths: Sequence[Any]) -> Path:
    out = scene.folder / f"new-{len(list(scene.folder.iterdir()))}.parquet"
    pq.write_table(pa.concat_tables([pq.read_table(path) for path in paths]), out)
    return out


def compact(scene: Scene, feed: Feed) -> str | None:
    return scene.lake.housekeeping.compact(feed, rewritten(scene, bundles(scene, feed)))
