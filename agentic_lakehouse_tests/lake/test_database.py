from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from agentic_lakehouse.contracts import governed
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import CatalogUnavailable, SettingsInvalid
from agentic_lakehouse.lake.governed_rows import AUDITS, CALLS, PROPOSALS, REVIEWS, RUNS
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse.lake.rows import DELIVERIES, STATE
from agentic_lakehouse_tests.lake.scene import Scene, call


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_a_new_lake_makes_its_database_and_folders(tmp_path: Path) -> None:
    with Lake.open(url(tmp_path / "a" / "b" / "catalog.db"), str(tmp_path / "c" / "warehouse")) as lake:
        assert lake.view().tables() == []
        assert lake.log() == []

    assert (tmp_path / "c" / "warehouse").is_dir()


@pytest.mark.parametrize("name", ["a b", "a:b", "at@home", "100%", "größe"])
def test_a_lake_stands_in_a_folder_of_any_name(tmp_path: Path, feed: Feed, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()

    with Scene(folder) as scene:
        scene.run(feed, "A1")

        assert scene.skus() == ["A1"]


def test_a_lake_opened_again_is_the_same(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    scene.lake.close()

    with Scene(scene.folder) as again:
        assert again.skus() == ["A1"]


def test_readers_do_not_wait_for_a_writer_and_see_nothing_of_it(scene: Scene) -> None:
    governance = scene.lake.governance

    with scene.lake._database.write() as connection:
        connection.execute(STATE.update().values(last_token=99))
        assert governance.calls() == []

    governance.record_call(call())


def test_a_failed_write_leaves_nothing(scene: Scene) -> None:
    with pytest.raises(ZeroDivisionError), scene.lake._database.write() as connection:
        connection.execute(STATE.update().values(last_token=1 // 0))

    with scene.lake._database.read() as connection:
        assert connection.execute(sa.select(STATE.c.last_token)).scalar_one() == 0


def test_a_database_of_a_newer_version_is_refused(scene: Scene) -> None:
    with scene.lake._database.write() as connection:
        connection.execute(STATE.update().values(version=99))

    with pytest.raises(CatalogUnavailable, match="has version 99") as error:
        Scene(scene.folder)

    assert error.value.hint == "Upgrade agentic-lakehouse."


def test_a_locked_database_is_told_as_such(scene: Scene) -> None:
    home = scene.folder / "home"
    impatient = Lake.open(url(home / "catalog.db"), str(home / "warehouse"), busy_seconds=0.01)

    with scene.lake._database.write(), pytest.raises(CatalogUnavailable, match="database is locked") as error:
        impatient.governance.record_call(call())

    assert error.value.hint is not None
    assert "Another process" in error.value.hint
    impatient.close()


def _garbage(path: Path) -> None:
    path.write_bytes(b"no database at all, but long enough to be one" * 100)


def _folder(path: Path) -> None:
    path.mkdir()


def _damaged(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE lake_state (version, last_token)")
    connection.close()
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * 5000)


@pytest.mark.parametrize("spoil", [_garbage, _folder, _damaged])
def test_what_cannot_be_opened_is_named_with_a_hint(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / "catalog.db"
    spoil(path)

    with pytest.raises(CatalogUnavailable, match="catalog database") as error:
        Lake.open(url(path), str(tmp_path / "warehouse"))

    assert error.value.hint


def test_a_warehouse_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "warehouse").write_text("x")

    with pytest.raises(CatalogUnavailable, match="warehouse cannot be made"):
        Lake.open(url(tmp_path / "catalog.db"), str(tmp_path / "warehouse"))


def test_a_catalog_folder_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x")

    with pytest.raises(CatalogUnavailable, match="catalog database cannot be made"):
        Lake.open(url(tmp_path / "home" / "catalog.db"), str(tmp_path / "warehouse"))


@pytest.mark.parametrize(
    "bad", ["", "catalog.db", "sqlite://", "sqlite:///:memory:", "mysql://host/lake", "postgresql+nodriver://host/lake"]
)
def test_a_url_that_names_no_database_is_a_wrong_setting(tmp_path: Path, bad: str) -> None:
    with pytest.raises(SettingsInvalid):
        Lake.open(bad, str(tmp_path))


def test_no_password_is_told(tmp_path: Path) -> None:
    address = "postgresql+psycopg://me:geheim@127.0.0.1:1/lake"

    with pytest.raises((SettingsInvalid, CatalogUnavailable)) as error:
        Lake.open(address, str(tmp_path))

    assert "geheim" not in str(error.value) + str(error.value.details)


def test_the_tables_have_the_columns_of_their_records() -> None:
    for record, table in {
        governed.Delivery: DELIVERIES,
        governed.Proposal: PROPOSALS,
        governed.Review: REVIEWS,
        governed.ModelCall: CALLS,
        governed.Audit: AUDITS,
        governed.FeedRun: RUNS,
    }.items():
        assert {c.name for c in table.columns} - {"seq"} == set(record.model_fields)
