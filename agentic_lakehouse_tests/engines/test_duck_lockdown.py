"""What SQL cannot reach, even if the guard had let it pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.engines.duck import DuckSql
from agentic_lakehouse.errors import EngineFailed, SettingsInvalid

SECRET = pa.table({"secret": ["here"]})


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Relation]:
    pq.write_table(pa.table({"n": [1]}), tmp_path / "given.parquet")
    pq.write_table(SECRET, tmp_path / "secret.parquet")
    (tmp_path / "secret.csv").write_text("secret\nhere\n")
    return {"t": Relation([tmp_path / "given.parquet"], {"n": "long"})}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_parquet('{folder}/secret.parquet')",
        "SELECT * FROM '{folder}/secret.parquet'",
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM read_blob('{folder}/secret.csv')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_text('{folder}/given.parquet/../secret.csv')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "SELECT * FROM parquet_metadata('{folder}/secret.parquet')",
        "COPY t TO '{folder}/stolen.csv'",
        "COPY t FROM '{folder}/secret.csv'",
        "ATTACH '{folder}/x.db' AS x",
        "EXPORT DATABASE '{folder}/x'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access=true",
        "SET memory_limit='99GB'",
        "SET allowed_paths=['/etc/passwd']",
        "RESET lock_configuration",
        "SET temp_directory='{folder}'",
        "SELECT * FROM SECRET",
    ],
)
def test_sql_reaches_nothing_that_it_was_not_given(tmp_path: Path, given: dict[str, Relation], sql: str) -> None:
    before = sorted(tmp_path.iterdir())

    with pytest.raises(EngineFailed):
        DuckSql().query(sql.format(folder=tmp_path), given)

    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_became_a_link_elsewhere_is_not_followed(tmp_path: Path, given: dict[str, Relation]) -> None:
    link = tmp_path / "link.parquet"
    link.symlink_to(tmp_path / "secret.parquet")

    with pytest.raises(EngineFailed):
        DuckSql().query(f"SELECT * FROM read_parquet('{link}')", given)


def test_a_query_that_takes_too_long_is_stopped(given: dict[str, Relation]) -> None:
    endless = "SELECT count(*) FROM range(100000000000) a, range(100000) b, t"

    with pytest.raises(EngineFailed, match=r"0\.1 seconds") as failed:
        DuckSql(timeout_seconds=0.1).query(endless, given)

    assert failed.value.details["kind"] == "timeout"
    assert "LAKEHOUSE_QUERY_TIMEOUT_SECONDS" in str(failed.value)


def test_a_query_that_needs_too_much_memory_is_stopped(given: dict[str, Relation]) -> None:
    hungry = "SELECT list(a) FROM range(20000000) s(a), t"

    with pytest.raises(EngineFailed, match="64MB") as failed:
        DuckSql(memory_limit="64MB").query(hungry, given)

    assert failed.value.details["kind"] == "memory"
    assert "LAKEHOUSE_MEMORY_LIMIT" in str(failed.value)


def test_a_memory_limit_that_is_none_is_told(given: dict[str, Relation]) -> None:
    with pytest.raises(SettingsInvalid, match="lots"):
        DuckSql(memory_limit="lots").query("SELECT 1", given)


def test_a_database_that_is_locked_already_is_not_used(given: dict[str, Relation]) -> None:
    with duckdb.connect() as locked:
        locked.execute("SET lock_configuration=true")

        with pytest.raises(EngineFailed, match="locked") as failed:
            DuckSql(lambda: closing(locked)).query("SELECT 1", given)

    assert "fresh" in str(failed.value)


def test_each_call_opens_and_closes_a_database_of_its_own(given: dict[str, Relation]) -> None:
    opened: list[duckdb.DuckDBPyConnection] = []

    @contextmanager
    def connect() -> Iterator[duckdb.DuckDBPyConnection]:
        opened.append(duckdb.connect())
        yield opened[-1]
        opened[-1].close()

    engine = DuckSql(connect)
    engine.query("SELECT * FROM t", given)
    with pytest.raises(EngineFailed):
        engine.query("SELECT nosuch FROM t", given)

    assert len(opened) == 2
    for connection in opened:
        with pytest.raises(duckdb.ConnectionException):
            connection.execute("SELECT 1")


def test_a_dagster_resource_gives_the_database(given: dict[str, Relation]) -> None:
    from dagster_duckdb import DuckDBResource

    engine = DuckSql(DuckDBResource(database=":memory:").get_connection)

    for _ in range(2):
        assert engine.query("SELECT * FROM t", given).to_pylist() == [{"n": 1}]


def test_times_are_utc(given: dict[str, Relation]) -> None:
    found = DuckSql().query("SELECT CAST(TIMESTAMPTZ '2024-06-01 00:30:00+02' AS DATE) AS d FROM t", given)

    assert str(found["d"][0]) == "2024-05-31"
