"""Every way in which the lake reads a metadata file, every damage: one error that names it, and nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse.lake.warehouse import Warehouse
from agentic_lakehouse_tests.damage import DAMAGES, damaged
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, Scene, slice_of

FEED, OTHER = Feed("acme", "prices"), Feed("kontor", "preisliste")


@dataclass
class Stage:
    """A lake with history, and a branch that is ready to be put onto a main that moved since."""

    scene: Scene
    branch: Branch
    first: str
    """Id of a commit to go back to."""

    def opened(self) -> Lake:
        """The lake as another process opens it: it remembers no metadata file."""
        return Lake.open(self.scene.catalog_url, str(self.scene.folder / "home" / "warehouse"))

    def standing(self) -> Any:
        """What must not change while a file is damaged."""
        lake = self.scene.lake
        deliveries = [d for feed in (FEED, OTHER) for d in lake.ledger.deliveries(feed)]
        return lake.view().pointers(), [c.id for c in lake.log()], deliveries, lake.governance.proposals(FEED)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Scene(tmp_path_factory.mktemp("lake")) as scene:
        first = scene.run(FEED, "A1")
        scene.deliver(FEED, "A")
        branch = scene.begin(FEED, "run-2")
        scene.write(branch, "A2")
        scene.audited(branch, scene.approve(FEED))
        scene.run(OTHER, "B1")
        yield Stage(scene, branch, first)


def _publish(stage: Stage, lake: Lake) -> None:
    branch = Branch(lake._database, lake._warehouse, FEED, stage.branch.lease)
    lake.publish(branch, author="run:run-2", message="publish")


def _write(stage: Stage, lake: Lake) -> None:
    branch = Branch(lake._database, lake._warehouse, FEED, stage.branch.lease)
    branch.replace_slice(CORE.name, slice_of(FEED), [stage.scene.core_rows(FEED, "A3")])


def _go_back(stage: Stage, lake: Lake) -> None:
    lake.rollback(stage.first, feed=FEED, slice_=slice_of(FEED), author="Mia")


Deed = Callable[[Stage, Lake], object]

ON_MAIN: Mapping[str, Deed] = {
    "files": lambda _, lake: lake.view().files(CORE.name),
    "rows": lambda _, lake: lake.view().row_count(CORE.name, **slice_of(FEED)),
    "local files": lambda stage, lake: lake.view().local_files(CORE.name, stage.scene.folder),
    "roll back": _go_back,
    "publish onto a newer main": _publish,
}
ON_BRANCH: Mapping[str, Deed] = {
    "files": lambda stage, lake: lake.view(stage.branch.name).files(CORE.name),
    "write": _write,
    "publish": _publish,
}
METADATA_ALONE: Mapping[str, Deed] = {
    "columns": lambda _, lake: lake.view().schema(CORE.name),
    "open": lambda _, lake: lake.create_shared([CORE, ERRORS]),
    "compare with the contract": lambda _, lake: lake.migrations([CORE]),
}


def objects(warehouse: Warehouse, location: str) -> dict[str, Path]:
    """One file of each kind that leads from a pointer to rows."""
    head = warehouse.table_at(location).current_snapshot()
    assert head is not None
    manifest = next(m for m in head.manifests(warehouse.io) if m.added_files_count or m.existing_files_count)
    return {
        "metadata file": Path(location),
        "manifest list": Path(head.manifest_list),
        "manifest": Path(manifest.manifest_path),
    }


def refused(stage: Stage, deed: Deed, path: Path, how: str) -> CatalogUnavailable:
    before = stage.standing()
    with damaged(path, how), stage.opened() as lake, pytest.raises(CatalogUnavailable) as error:
        deed(stage, lake)
    assert stage.standing() == before
    return error.value


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("kind", ["metadata file", "manifest list", "manifest"])
@pytest.mark.parametrize("deed", ON_MAIN)
def test_a_damaged_file_of_main_is_named_and_nothing_changes(stage: Stage, deed: str, kind: str, how: str) -> None:
    pointer = stage.scene.lake.view().pointers()[CORE.name]
    path = objects(stage.scene.lake._warehouse, pointer)[kind]

    error = refused(stage, ON_MAIN[deed], path, how)

    assert (error.details["table"], error.details["location"]) == (CORE.name, str(path))
    assert str(path) in error.message
    assert "lakehouse doctor" in str(error.hint)


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("kind", ["metadata file", "manifest list", "manifest"])
@pytest.mark.parametrize("deed", ON_BRANCH)
def test_a_damaged_file_of_a_branch_is_named_and_nothing_is_published(
    stage: Stage, deed: str, kind: str, how: str
) -> None:
    path = objects(stage.scene.lake._warehouse, stage.branch.pointers()[CORE.name])[kind]

    error = refused(stage, ON_BRANCH[deed], path, how)

    assert str(path) in error.message


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("deed", METADATA_ALONE)
def test_what_reads_metadata_alone_names_it_too(stage: Stage, deed: str, how: str) -> None:
    path = Path(stage.scene.lake.view().pointers()[CORE.name])

    assert str(path) in refused(stage, METADATA_ALONE[deed], path, how).message


@pytest.mark.parametrize("how", sorted(set(DAMAGES) - {"garbage", "garbage within"}))
def test_a_data_file_of_another_size_is_never_handed_out(stage: Stage, how: str) -> None:
    path = Path(stage.scene.lake.view().files(CORE.name, **slice_of(FEED))[0])

    error = refused(stage, lambda s, lake: lake.view().local_files(CORE.name, s.scene.folder), path, how)

    assert (error.details["table"], error.details["location"]) == (CORE.name, str(path))


def test_when_the_file_is_back_the_branch_is_published_as_if_nothing_had_been(tmp_path: Path) -> None:
    with Scene(tmp_path) as scene:
        branch, delivery = scene.begin(FEED), scene.deliver(FEED)
        scene.write(branch, "A1")
        scene.audited(branch, scene.approve(FEED))
        scene.run(OTHER, "B1", run_id="run-2")
        main = Path(scene.lake.view().pointers()[CORE.name])
        with damaged(main, "truncated"), pytest.raises(CatalogUnavailable):
            Scene(tmp_path)

        scene.publish(branch, delivery)

        assert scene.skus() == ["A1", "B1"]
        assert [d.status for d in scene.lake.ledger.deliveries(FEED)] == ["published"]
