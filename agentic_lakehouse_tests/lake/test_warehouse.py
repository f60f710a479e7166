from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import CatalogUnavailable, SettingsInvalid
from agentic_lakehouse.lake.warehouse import Warehouse
from agentic_lakehouse_tests.lake.scene import CORE, Scene


def test_a_file_url_is_a_plain_path(tmp_path: Path) -> None:
    warehouse = Warehouse((tmp_path / "my lake").as_uri())

    assert warehouse.root == str(tmp_path / "my lake")
    assert warehouse.is_local


def test_a_relative_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert Warehouse("warehouse/").root == str(tmp_path / "warehouse")


def test_locations_are_absolute_paths(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    view = scene.lake.view()

    for location in [*view.pointers().values(), *view.files(CORE.name)]:
        assert Path(location).is_file()
        assert Path(location).is_absolute()


def test_a_scheme_without_a_file_system_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsInvalid, match="nosuch://"):
        Warehouse("nosuch://bucket/lake")


def test_a_remote_file_is_copied_into_staging_once(tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path / "remote"))
    warehouse.is_local = False  # an object store as far as moving files goes
    source, staging = tmp_path / "a.parquet", tmp_path / "staging"
    source.write_bytes(b"rows")
    staging.mkdir()
    location = warehouse.new_location(CORE.name)

    warehouse.put(source, location)
    copy = warehouse.local_copy(location, staging, size=4)
    Path(location).unlink()

    assert source.exists()
    assert copy.read_bytes() == b"rows"
    assert warehouse.local_copy(location, staging, size=4) == copy
    with pytest.raises(CatalogUnavailable, match="which is not there"):
        warehouse.local_copy(location, tmp_path, size=4)


def test_a_manifest_that_is_gone_is_named(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    for manifest in (scene.folder / "home" / "warehouse" / "product_core" / "product" / "metadata").glob("*.avro"):
        manifest.unlink()

    with pytest.raises(CatalogUnavailable, match="which is not there"):
        scene.lake.view().files(CORE.name)


def test_a_warehouse_that_cannot_be_written_is_named(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    folder = scene.folder / "home" / "warehouse" / "product_core" / "product" / "data"
    folder.write_text("a file where the folder should be")

    with pytest.raises(CatalogUnavailable, match="cannot be used"):
        branch.append(CORE.name, [scene.core_rows(feed, "A1")])
