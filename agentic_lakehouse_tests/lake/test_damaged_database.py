"""Whatever becomes of the catalog database: one error that says where it is and what to do, never a new empty lake."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse.lake.rows import SCHEMA_VERSION, STATE
from agentic_lakehouse_tests.damage import damaged, fingerprint
from agentic_lakehouse_tests.lake.scene import Scene, call

FEED = Feed("acme", "prices")


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """The folder of a lake that was published to and closed."""
    with Scene(tmp_path) as scene:
        scene.run(FEED, "A1")
    return tmp_path


def opened(folder: Path) -> Lake:
    return Lake.open(f"sqlite:///{folder}/home/catalog.db", str(folder / "home" / "warehouse"), busy_seconds=0.01)


def everything(lake: Lake) -> None:
    """Read all that a lake records, and write."""
    lake.view().pointers()
    lake.log()
    lake.branches()
    lake.ledger.deliveries(FEED)
    lake.governance.as_arrow()
    lake.begin(FEED, "run-2", lease_seconds=600)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Let another connection hold the database for itself."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE lake_state SET last_token = last_token")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("how", ["missing", "empty", "truncated", "garbage", "another kind of file"])
def test_a_damaged_database_is_named_and_the_warehouse_stays(used: Path, how: str) -> None:
    path = used / "home" / "catalog.db"
    before = fingerprint(used / "home" / "warehouse")

    with damaged(path, how), pytest.raises(CatalogUnavailable) as error, opened(used) as lake:
        everything(lake)

    assert str(path) in error.value.message
    assert error.value.hint
    assert fingerprint(used / "home" / "warehouse") == before


def test_garbage_in_any_page_is_refused_or_does_no_harm(used: Path) -> None:
    path, refused = used / "home" / "catalog.db", 0
    whole = path.read_bytes()
    for start in range(0, len(whole), 2048):
        for left in path.parent.glob("catalog.db-*"):
            left.unlink()
        path.write_bytes(whole[:start] + b"\x98{}garbage" * 100 + whole[start + 1000 :])
        try:
            with opened(used) as lake:
                everything(lake)
        except CatalogUnavailable:
            refused += 1

    assert refused > 10


def test_a_database_that_another_process_holds_is_told_as_such(used: Path) -> None:
    with held(used / "home" / "catalog.db"), pytest.raises(CatalogUnavailable, match="locked") as error:
        opened(used)

    assert "Another process" in str(error.value.hint)


def test_a_database_that_cannot_be_written_can_be_read_and_says_why_it_stays_so(used: Path) -> None:
    with opened(used) as lake:
        sa.event.listen(lake._database.engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
        lake._database.close()

        assert len(lake.log()) == 2
        with pytest.raises(CatalogUnavailable, match="readonly") as error:
            lake.governance.record_call(call())

    assert "must be writable" in str(error.value.hint)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_folder_that_cannot_be_written_is_told_as_such(used: Path) -> None:
    home = used / "home"
    for path in (home / "catalog.db", home):
        path.chmod(path.stat().st_mode & ~0o222)

    with pytest.raises(CatalogUnavailable) as error, opened(used) as lake:
        everything(lake)

    home.chmod(0o755)
    assert "writable" in str(error.value.hint)


@pytest.mark.parametrize(
    ("version", "hint"),
    [(SCHEMA_VERSION + 1, "Upgrade agentic-lakehouse."), (SCHEMA_VERSION - 1, "the release that wrote it")],
)
def test_a_database_of_another_version_is_refused_and_not_changed(used: Path, version: int, hint: str) -> None:
    with opened(used) as lake, lake._database.write() as connection:
        connection.execute(STATE.update().values(version=version))
    before = (used / "home" / "catalog.db").read_bytes()

    with pytest.raises(CatalogUnavailable, match=f"has version {version}") as error:
        opened(used)

    assert hint in str(error.value.hint)
    assert (used / "home" / "catalog.db").read_bytes() == before


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("spoil", [_folder, _half])
def test_a_database_that_is_spoilt_while_a_lake_is_open_ends_in_the_same_error(
    used: Path, spoil: Callable[[Path], None]
) -> None:
    with opened(used) as lake:
        lake._database.close()
        spoil(used / "home" / "catalog.db")

        with pytest.raises(CatalogUnavailable, match="catalog database"):
            everything(lake)
