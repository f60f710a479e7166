"""`lakehouse run` on a landing zone that is a real SFTP server."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import fsspec
import pytest

from agentic_lakehouse_tests.cli.conftest import Command, goods
from agentic_lakehouse_tests.sftp import PASSWORD, QUOTED, SftpServer


def told_by(tmp_path: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that was written below HOME: lake, catalog, Dagster's history."""
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()


def test_files_of_a_server_are_published_once(server: SftpServer, lakehouse: Command, tmp_path: Path) -> None:
    server.put("acme/feed/data.csv", goods(0))

    first = lakehouse("run", "--landing", server.url, "--json")
    again = lakehouse("run", "--landing", server.url, "--json")
    server.put("acme/feed/data.csv", goods(0, what="Pen"), at=1_700_000_100)
    corrected = lakehouse("run", "--landing", server.url, "--json")

    assert [first.code, again.code, corrected.code] == [0, 0, 0]
    assert [r.json["feeds"][0]["status"] for r in (first, again, corrected)] == ["published", "unchanged", "published"]
    with closing(sqlite3.connect(tmp_path / "home" / "catalog.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    secrets = (PASSWORD.encode(), QUOTED.encode())
    assert [path for path, content in told_by(tmp_path) if any(secret in content for secret in secrets)] == []


def test_what_may_not_be_read_stops_no_other_feed(server: SftpServer, lakehouse: Command) -> None:
    for vendor in ("acme", "beta", "gamma"):
        server.put(f"{vendor}/feed/data.csv", goods(0))
    server.refused = {"/landing/acme/feed", "/landing/beta/feed/data.csv"}

    ran = lakehouse("run", "--landing", server.url, "--json")

    assert ran.code == 1
    acme, beta, gamma = ran.json["feeds"]
    assert [f["status"] for f in (acme, beta, gamma)] == ["failed", "failed", "published"]
    assert acme["errors"][0].startswith("acme/feed: cannot be listed (permission denied).")
    assert beta["errors"][0].startswith("beta/feed/data.csv: cannot be opened (permission denied).")


@pytest.mark.parametrize("command", ["run", "doctor", "status"])
def test_a_server_that_is_gone_is_told_in_one_clear_message(
    server: SftpServer, lakehouse: Command, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LAKEHOUSE_LANDING", server.url)
    server.stop()

    ran = lakehouse(command)

    assert ran.code in {1, 2}
    told = " ".join((ran.out + ran.err).split())
    assert "cannot be reached: the connection was refused" in told
    assert "Check the address" in told
    assert "Traceback" not in told
    assert QUOTED not in told


def test_the_doctor_says_that_a_server_can_be_reached(
    server: SftpServer, lakehouse: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("acme/feed/data.csv", goods(0))
    monkeypatch.setenv("LAKEHOUSE_LANDING", server.url)

    found = lakehouse("doctor", "--json")

    [landing] = [line for line in found.json["checks"] if line["name"] == "landing"]
    assert landing["message"] == f"1 feeds in sftp://vendor:***@127.0.0.1:{server.port}/landing"


def test_files_in_memory_are_published_once(lakehouse: Command) -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/zone-run/acme/feed/data.csv", goods(0).encode())

    first = lakehouse("run", "--landing", "memory://zone-run", "--json")
    again = lakehouse("run", "--landing", "memory://zone-run", "--json")
    store.pipe("/zone-run/acme/feed/data.csv", goods(0, what="Pen").encode())
    corrected = lakehouse("run", "--landing", "memory://zone-run", "--json")

    assert [r.json["feeds"][0]["status"] for r in (first, again, corrected)] == ["published", "unchanged", "published"]
    assert corrected.code == 0
