"""A new SQLite file is made ready by whoever connects first, while others connect as well."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from agentic_lakehouse.lake.database import Database, _switch_to_wal


def test_who_is_refused_because_another_makes_the_file_ready_waits_for_it(tmp_path: Path) -> None:
    mine, other = (sqlite3.connect(tmp_path / "new.db", isolation_level=None) for _ in range(2))
    other.execute("BEGIN IMMEDIATE")
    said = []

    class Mine:
        def execute(self, sql: str) -> Any:
            said.append(sql)
            if sql == "BEGIN IMMEDIATE":
                other.execute("COMMIT")
            return mine.execute(sql)

    _switch_to_wal(Mine())  # type: ignore[arg-type]

    switch = "PRAGMA journal_mode = WAL"
    assert said == [switch, "BEGIN IMMEDIATE", "ROLLBACK", switch]
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    mine.close()
    other.close()


def test_eight_that_connect_at_once_are_all_let_in(tmp_path: Path) -> None:
    start = Barrier(8)

    def connect(place: Path) -> str:
        database = Database.open(f"sqlite:///{place}")
        start.wait()
        with database.write() as connection:
            mode: str = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        database.close()
        return mode

    with ThreadPoolExecutor(8) as threads:
        for number in range(20):
            assert set(threads.map(connect, [tmp_path / f"{number}.db"] * 8)) == {"wal"}
