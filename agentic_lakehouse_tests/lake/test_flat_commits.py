"""A table stays as quick to commit to and to read as it was, however long it lives."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyiceberg.table import StaticTable

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake import swap
from agentic_lakehouse_tests.lake.scene import CORE, Scene, slice_of


def test_metadata_and_manifests_stay_bounded_over_many_slices_and_replacements(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "MANIFESTS_BOUND", 6)
    feeds = [Feed("acme", f"feed_{number}") for number in range(12)]
    branch = scene.begin(Feed("acme", "prices"))
    sizes = []
    for number, feed in enumerate([*feeds, *feeds]):
        branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, f"{feed.name}-{number}")])
        location = branch.pointers()[CORE.name]
        table = StaticTable.from_metadata(location)
        snapshot = table.current_snapshot()
        assert snapshot is not None
        assert len(snapshot.manifests(table.io)) <= 6
        assert len(table.metadata.snapshots) <= swap.SNAPSHOTS_KEPT
        sizes.append(Path(location).stat().st_size)

    assert max(sizes[6:]) < 1.5 * sizes[6]
    assert branch.row_count(CORE.name) == len(feeds)
    (change,) = scene.lake.diff(branch.name)
    assert (change.rows_after, change.files) == (len(feeds), len(feeds))
    assert scene.skus(branch) == sorted(f"{feed.name}-{number}" for number, feed in enumerate(feeds, start=12))
