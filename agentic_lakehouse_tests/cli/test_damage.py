"""A damaged lake through the command line: one message that names the file, a hint, an exit code, never a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake.marker import MARKER
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse_tests.cli.conftest import Command, Result, drop, goods
from agentic_lakehouse_tests.damage import DAMAGES, damaged, fingerprint

CORE, BRONZE = "product_core.product", "product_raw.acme__feed"
METADATA, LIST, MANIFEST, DATA = "metadata file", "manifest list", "manifest", "data file"

MEETS: Mapping[tuple[str, ...], set[str]] = {
    ("query", f"SELECT * FROM {CORE}"): {METADATA, LIST, MANIFEST, DATA},
    ("query", "SELECT * FROM governance.commits"): {METADATA},
    ("status",): {METADATA, LIST, MANIFEST},
    ("rollback", "<first>", "--feed", "acme/feed"): {METADATA, LIST, MANIFEST},
    ("maintain", "--dry-run"): {METADATA, LIST, MANIFEST},
    ("log",): {METADATA},
    ("branches",): {METADATA},
    ("errors", "acme/feed"): {METADATA},
    ("checks", "acme/feed"): {METADATA},
}
"""Command to the kinds of core's files that it reads; each command demands that the shared tables stand."""


@pytest.fixture
def landing(restored: Path) -> Path:
    """Commands work on a lakehouse with history."""
    return restored


def files_of(table: str) -> dict[str, Path]:
    """One file of each kind that leads from main to a feed's rows of a table."""
    with Lakehouse().lake as lake:
        view = lake.view()
        location = view.pointers()[table]
        head = lake._warehouse.table_at(location).current_snapshot()
        assert head is not None
        manifests = [m.manifest_path for m in head.manifests(lake._warehouse.io) if m.has_added_files()]
        data = view.files(table, vendor_name="acme")
    return {METADATA: Path(location), LIST: Path(head.manifest_list), MANIFEST: Path(manifests[0]), DATA: Path(data[0])}


def standing() -> Any:
    """What must not change while something is damaged."""
    with Lakehouse().lake as lake:
        return lake.view().pointers(), [c.id for c in lake.log()], lake.ledger.deliveries(Feed("acme", "feed"))


def told_once(result: Result, *names: str) -> None:
    assert result.code in {1, 2}
    assert "Traceback" not in result.out + result.err
    assert result.err.count("Hint: ") == 1
    for name in names:
        assert name in result.err


@pytest.mark.parametrize("how", ["missing", "truncated", "garbage"])
@pytest.mark.parametrize("kind", [METADATA, LIST, MANIFEST, DATA])
def test_every_command_that_meets_a_damaged_file_names_it(lakehouse: Command, kind: str, how: str) -> None:
    path, before = files_of(CORE)[kind], standing()
    first = before[1][-1]

    with damaged(path, how):
        for command, kinds in MEETS.items():
            result = lakehouse(*(first if word == "<first>" else word for word in command))
            if kind in kinds:
                told_once(result, CORE, path.name)
            elif command[0] != "rollback":  # which is content with a lost data file, and goes back from it
                assert result.code == 0, command

    if kind != DATA:
        assert standing() == before


@pytest.mark.parametrize("how", DAMAGES)
def test_doctor_never_fails_and_never_writes(lakehouse: Command, landing: Path, how: str) -> None:
    paths = [*files_of(CORE).values(), *files_of(BRONZE).values(), landing.parent / "home" / "catalog.db"]
    for path in paths:
        with damaged(path, how):
            before = fingerprint(landing.parent)
            result = lakehouse("doctor", "--json")
            assert fingerprint(landing.parent) == before

        found = [check for check in result.json["checks"] if not check["ok"]]
        assert "Traceback" not in result.out + result.err
        if how not in {"garbage within", "its end cut off"}:  # SQLite and Parquet can do without some bytes
            assert result.code == 2
            assert any(path.name in check["message"] and check["hint"] for check in found)


def test_garbage_among_rows_is_found_by_reading_them(lakehouse: Command) -> None:
    path = files_of(CORE)[DATA]
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\xfe" * (len(whole) // 2) + whole[4 + len(whole) // 2 :])

    query = lakehouse("query", f"SELECT * FROM {CORE}")
    told_once(query, CORE, path.name, "lakehouse doctor --deep")
    assert lakehouse("doctor").code == 0
    deep = lakehouse("doctor", "--deep", "--json")
    assert deep.code == 2
    assert str(path) in next(check["message"] for check in deep.json["checks"] if not check["ok"])


@pytest.mark.parametrize("table", [CORE, BRONZE])
def test_a_run_that_meets_damage_publishes_nothing_and_everything_when_it_is_mended(
    lakehouse: Command, landing: Path, table: str
) -> None:
    drop(landing, "acme/feed", goods(100), "third.csv")
    path, before = files_of(table)[DATA], standing()

    with damaged(path, "truncated"):
        result = lakehouse("run", "--feed", "acme/feed", "--json")
        [feed] = result.json["feeds"]
        assert (result.code, feed["status"], feed["reason"]) == (1, "failed", "catalog_unavailable")
        assert path.name in feed["errors"][0]
        assert "Hint: " in feed["errors"][0]
        pointers, commits, deliveries = standing()
        assert (pointers, commits) == before[:2]
        assert [d.status for d in deliveries] == ["published", "published", "pending"]

    assert lakehouse("run").code == 0
    assert lakehouse("query", f"SELECT count(*) FROM {CORE} WHERE vendor_name = 'acme'", "--csv").out.endswith("100\n")


def _delete(database: Path) -> None:
    database.unlink()


def _no_database(database: Path) -> None:
    database.write_text("not a database at all, and long enough to be taken for one" * 100)


def _folder(database: Path) -> None:
    database.unlink()
    database.mkdir()


def _newer(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE lake_state SET version = 99")
        connection.commit()


def _of_another_lake(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE lake_state SET lake_id = 'another'")
        connection.commit()


def _cleaned(database: Path) -> None:
    (database.parent / "warehouse" / MARKER).unlink()


@pytest.mark.parametrize("spoil", [_delete, _no_database, _folder, _newer, _of_another_lake, _cleaned])
def test_a_catalog_database_that_does_not_fit_stops_every_command_and_touches_nothing(
    lakehouse: Command, landing: Path, spoil: Callable[[Path], None]
) -> None:
    home = landing.parent / "home"
    spoil(home / "catalog.db")
    before = fingerprint(home / "warehouse")

    for command in (["status"], ["run"], ["query", "SELECT 1"], ["maintain"], ["rollback", "a", "--all"]):
        told_once(lakehouse(*command), "catalog")
    doctor = lakehouse("doctor", "--json")

    assert fingerprint(home / "warehouse") == before
    assert doctor.code == 2
    assert next(c["name"] for c in doctor.json["checks"] if not c["ok"]) in {"catalog", "warehouse"}
    assert all(c["hint"] for c in doctor.json["checks"] if not c["ok"])
    if spoil is _delete:
        assert not (home / "catalog.db").exists()
