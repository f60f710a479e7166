"""A manifest is proven before anything is read from it: pyiceberg would take a short one, and die of a garbled one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake import swap
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.whole import MANIFEST, MANIFEST_LIST, METADATA, fault
from agentic_lakehouse_tests.lake.scene import CORE, Scene

KINDS = (METADATA, MANIFEST_LIST, MANIFEST)


@pytest.fixture
def branch(scene: Scene) -> Branch:
    """A branch on which core has three files in one manifest."""
    feed = Feed("acme", "prices")
    branch = scene.begin(feed)
    branch.append(CORE.name, [scene.core_rows(feed, sku) for sku in ("A1", "A2", "A3")])
    return branch


def files_of(branch: Branch) -> dict[str, Path]:
    """The files that lead from the branch to core's rows, by kind."""
    location = branch.pointers()[CORE.name]
    head = branch._warehouse.table_at(location).current_snapshot()
    assert head is not None
    [manifest] = head.manifests(branch._warehouse.io)
    return {METADATA: Path(location), MANIFEST_LIST: Path(head.manifest_list), MANIFEST: Path(manifest.manifest_path)}


def ends_of_blocks(content: bytes) -> list[int]:
    """Where a file may be cut so that its container still looks whole."""
    mark, found = content[-16:], []
    place = content.find(mark)
    while place >= 0:
        found.append(place + 16)
        place = content.find(mark, place + 1)
    return found[1:]  # the first stands at the end of the header


def cut_between_entries(manifest: Path) -> None:
    content = manifest.read_bytes()
    manifest.write_bytes(content[: ends_of_blocks(content)[1]])


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_anywhere_is_not_whole(branch: Branch, kind: str) -> None:
    content = files_of(branch)[kind].read_bytes()
    between = ends_of_blocks(content) if kind == MANIFEST else []

    assert [length for length in range(len(content) + 1) if fault(kind, content[:length]) is None] == (
        between or [len(content)]
    )


def test_a_manifest_that_is_cut_between_two_entries_is_found_out(branch: Branch) -> None:
    cut_between_entries(files_of(branch)[MANIFEST])

    with pytest.raises(CatalogUnavailable, match="names 2 data files instead of 3"):
        branch.files(CORE.name)


def test_a_manifest_that_lacks_entries_is_never_merged_into_another(
    scene: Scene, branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_between_entries(files_of(branch)[MANIFEST])
    before = branch.pointers()
    monkeypatch.setattr(swap, "MANIFESTS_BOUND", 1)

    with pytest.raises(CatalogUnavailable, match="names 2 data files instead of 3"):
        branch.append(CORE.name, [scene.core_rows(branch.feed, "A4")])

    assert branch.pointers() == before


@pytest.mark.parametrize("kind", [MANIFEST_LIST, MANIFEST])
def test_a_garbled_file_ends_no_process_and_is_read_as_it_was_or_not_at_all(branch: Branch, kind: str) -> None:
    some, path, files, refused = random.Random(1), files_of(branch)[kind], branch.files(CORE.name), 0
    content = path.read_bytes()
    for _ in range(150):
        start, length = some.randrange(len(content)), some.randrange(1, 40)
        path.write_bytes(content[:start] + some.randbytes(length) + content[start + length :])
        branch._warehouse.data_files_at.cache_clear()  # a process reads once what never changes
        try:
            assert branch.files(CORE.name) == files  # what was hit is a comment in the header
        except CatalogUnavailable:
            refused += 1

    assert refused > 140


@settings(max_examples=200)
@given(st.sampled_from(KINDS), st.binary(max_size=300), st.booleans())
def test_no_bytes_at_all_are_too_much(kind: str, content: bytes, looks_right: bool) -> None:
    assert fault(kind, b"Obj\x01" + content if looks_right else content)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_is_not_whole(branch: Branch, kind: str) -> None:
    faults = {other: fault(kind, path.read_bytes()) for other, path in files_of(branch).items()}

    assert [other for other, found in faults.items() if found is None] == [kind]
