"""What replacing a slice needs of pyiceberg, and pyiceberg 0.12 does not give by itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pyiceberg.table import Table

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake.files import live_files
from agentic_lakehouse.lake.swap import _Change, _Replacement
from agentic_lakehouse_tests.lake.scene import CORE, Scene, slice_of


def two_slices(scene: Scene, feed: Feed, other: Feed) -> Table:
    """Return core with a manifest for each of two feeds."""
    branch = scene.begin(feed)
    for one in (feed, other):
        branch.replace_slice(CORE.name, slice_of(one), [scene.core_rows(one, one.name)])
    return branch._catalog.load_table(CORE.name)


def test_a_file_is_found_though_another_thread_looks_at_its_manifest_meanwhile(
    scene: Scene, feed: Feed, other: Feed
) -> None:
    core = two_slices(scene, feed, other)
    replacement = _Replacement(core, _Change(core))
    for file in live_files(core, slice_of(feed)):
        replacement.delete_data_file(file)
    replacement._build_delete_files_partition_predicate()
    evaluate = replacement._build_manifest_evaluator(core.spec().spec_id)
    head = core.current_snapshot()
    assert head is not None
    others, its = head.manifests(core.io)
    assert (evaluate(its), evaluate(others)) == (True, False)

    class LookedAtInTurns(list[Any]):
        def __getitem__(self, place: Any) -> Any:
            evaluate(others)
            return super().__getitem__(place)

    assert evaluate(SimpleNamespace(partitions=LookedAtInTurns(its.partitions or [])))  # type: ignore[arg-type]


def test_a_slice_that_is_replaced_again_and_again_leaves_no_manifests_behind(
    scene: Scene, feed: Feed, other: Feed
) -> None:
    branch = scene.begin(feed)
    branch.replace_slice(CORE.name, slice_of(other), [scene.core_rows(other, "B1")])
    for number in range(4):
        branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, str(number))])

    core = branch._catalog.load_table(CORE.name)
    head = core.current_snapshot()
    assert head is not None
    counts = [(m.added_files_count, m.existing_files_count, m.deleted_files_count) for m in head.manifests(core.io)]
    assert sorted(counts) == [(0, 0, 1), (1, 0, 0), (1, 0, 0)]
    assert scene.skus(branch) == ["3", "B1"]
