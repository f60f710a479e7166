"""A catalog database and a warehouse are of one lake, or nothing opens and nothing is touched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse.lake.marker import MARKER, Marker, read
from agentic_lakehouse.lake.object_store import RemoteIO
from agentic_lakehouse.lake.rows import STATE
from agentic_lakehouse.lake.warehouse import Warehouse
from agentic_lakehouse_tests.damage import fingerprint
from agentic_lakehouse_tests.lake.scene import CORE, Scene


def opened(folder: Path, *, database: str = "catalog.db", warehouse: str = "warehouse") -> Lake:
    return Lake.open(f"sqlite:///{folder}/home/{database}", str(folder / "home" / warehouse))


def lake_id(lake: Lake) -> str:
    with lake._database.read() as connection:
        return str(connection.execute(sa.select(STATE.c.lake_id)).scalar_one())


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """The folder of a lake that was published to and closed."""
    with Scene(tmp_path) as scene:
        scene.run(Feed("acme", "prices"), "A1")
    return tmp_path


def refused(folder: Path, **places: str) -> CatalogUnavailable:
    before = fingerprint(folder)
    with pytest.raises(CatalogUnavailable) as error:
        opened(folder, **places)
    assert fingerprint(folder) == before
    assert error.value.hint
    return error.value


def test_a_new_lake_marks_its_warehouse(tmp_path: Path) -> None:
    with opened(tmp_path) as lake:
        marker = json.loads((tmp_path / "home" / "warehouse" / MARKER).read_text())

        assert marker == {"lake_id": lake_id(lake), "version": 1}


def test_two_new_lakes_have_names_of_their_own(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as one, opened(tmp_path / "b") as two:
        assert lake_id(one) != lake_id(two)


def test_a_lake_whose_database_was_deleted_is_not_begun_anew(used: Path) -> None:
    (used / "home" / "catalog.db").unlink()

    error = refused(used)

    assert "is gone or empty" in error.message
    assert "Restore the database from a backup" in str(error.hint)
    assert not (used / "home" / "catalog.db").exists()


def _empty_file(path: Path) -> None:
    path.write_bytes(b"")


def _database_of_another_program(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()


@pytest.mark.parametrize("spoil", [_empty_file, _database_of_another_program])
def test_a_database_without_a_lake_does_not_take_a_warehouse_that_has_one(
    used: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(used / "home" / "catalog.db")

    with pytest.raises(CatalogUnavailable, match="is gone or empty"):
        opened(used)


def test_a_warehouse_that_was_cleaned_is_told_as_such(used: Path) -> None:
    marker = used / "home" / "warehouse" / MARKER
    said = marker.read_text()
    marker.unlink()

    error = refused(used)
    assert "lacks the file _lake.json" in error.message

    marker.write_text(str(error.hint).rpartition(": ")[2])
    assert json.loads(marker.read_text()) == json.loads(said)
    with opened(used) as healed:
        assert healed.view().exists(CORE.name)


def test_an_empty_folder_is_not_the_warehouse_of_a_lake_that_was_used(used: Path) -> None:
    (used / "home" / "elsewhere").mkdir()

    assert "point LAKEHOUSE_WAREHOUSE back" in str(refused(used, warehouse="elsewhere").hint)


def test_a_second_lake_does_not_take_a_warehouse(used: Path) -> None:
    with opened(used, database="second.db", warehouse="second"):
        pass

    error = refused(used, database="second.db")

    assert "is of lake" in error.message
    assert "that belong together" in str(error.hint)


def test_a_lake_that_was_made_and_not_marked_yet_is_marked(tmp_path: Path) -> None:
    with opened(tmp_path) as made:
        name = lake_id(made)
    marker = tmp_path / "home" / "warehouse" / MARKER
    marker.unlink()

    with opened(tmp_path):
        assert Marker.model_validate_json(marker.read_text()).lake_id == name


@pytest.mark.parametrize("text", ["", "{", '{"lake": 1}', "\udcff"])
def test_a_damaged_marker_is_named(used: Path, text: str) -> None:
    marker = used / "home" / "warehouse" / MARKER
    marker.write_text(text, errors="surrogateescape")

    assert str(marker) in refused(used).message


def test_a_marker_of_a_newer_version_is_refused(used: Path) -> None:
    marker = used / "home" / "warehouse" / MARKER
    marker.write_text(Marker(lake_id="a", version=2).model_dump_json())

    assert refused(used).hint == "Upgrade agentic-lakehouse."


def test_many_that_open_a_new_lake_at_once_open_the_same(tmp_path: Path) -> None:
    def make(_: int) -> str:
        with Scene(tmp_path) as scene:
            return lake_id(scene.lake)

    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(make, range(16)))

    assert names == {Marker.model_validate_json((tmp_path / "home" / "warehouse" / MARKER).read_text()).lake_id}


def test_an_object_store_is_marked_too(tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path))
    warehouse.is_local = False  # an object store as far as its files go
    warehouse.properties["py-io-impl"] = f"{RemoteIO.__module__}.{RemoteIO.__name__}"

    assert read(warehouse) is None
    warehouse.write_text(MARKER, Marker(lake_id="a").model_dump_json())

    assert read(warehouse) == Marker(lake_id="a")
