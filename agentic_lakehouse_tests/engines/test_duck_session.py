"""Several calls in one database: as locked as one call, and none sees what another was given."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.engines.duck import DuckSql
from agentic_lakehouse.errors import EngineFailed

TYPES = {"n": "long"}


def numbers(path: Path, *values: int) -> Relation:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table({"n": pa.array(values, pa.int64())}), path)
    return Relation([path], TYPES)


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    folder = tmp_path / "staging"
    folder.mkdir()
    return folder


def test_what_one_call_wrote_another_reads(tmp_path: Path, staging: Path) -> None:
    given = numbers(tmp_path / "lake" / "given.parquet", 1, 2)

    with DuckSql().session([given], staging) as session:
        staged = session.transform("SELECT n * 10 AS n FROM t", {"t": given}, staging / "out.parquet", types=TYPES)
        both = {"t": given, "tens": Relation([staged.path], TYPES)}
        found = session.query("FROM t UNION ALL FROM tens ORDER BY n", both)

    assert found["n"].to_pylist() == [1, 2, 10, 20]


def test_a_name_may_stand_for_another_relation_in_the_next_call(tmp_path: Path, staging: Path) -> None:
    one, two = (numbers(tmp_path / f"{n}.parquet", n) for n in (1, 2))

    with DuckSql().session([one, two], staging) as session:
        found = [session.query("FROM t", {"t": relation})["n"].to_pylist() for relation in (one, two, one)]

    assert found == [[1], [2], [1]]


def test_a_call_does_not_see_what_another_was_given(tmp_path: Path, staging: Path) -> None:
    given = numbers(tmp_path / "given.parquet", 1)

    with DuckSql().session([given], staging) as session:
        session.query("FROM t", {"t": given})
        with pytest.raises(EngineFailed, match="t does not exist"):
            session.query("FROM t", {})


def test_other_files_stay_out_of_reach(tmp_path: Path, staging: Path) -> None:
    given, other = (numbers(tmp_path / "lake" / f"{name}.parquet", 1) for name in ("given", "other"))

    with DuckSql().session([given], staging) as session:
        for sql in (f"FROM '{other.files[0]}'", f"FROM '{staging}/../lake/other.parquet'"):
            with pytest.raises(EngineFailed, match="disabled by configuration"):
                session.query(sql, {"t": given})
        with pytest.raises(EngineFailed, match="locked"):
            session.query("SET memory_limit='1TB'", {})


def test_a_link_in_the_staging_folder_leads_nowhere(tmp_path: Path, staging: Path) -> None:
    other = numbers(tmp_path / "lake" / "other.parquet", 1)
    (staging / "link.parquet").symlink_to(other.files[0])

    with DuckSql().session([], staging) as session, pytest.raises(EngineFailed, match="disabled by configuration"):
        session.query(f"FROM '{staging / 'link.parquet'}'", {})


def test_each_call_has_the_whole_time(tmp_path: Path, staging: Path) -> None:
    given = numbers(tmp_path / "given.parquet", 1)
    endless = "SELECT count(*) AS n FROM range(1000000000000)"

    with DuckSql(timeout_seconds=0.1).session([given], staging) as session:
        for _ in range(2):
            with pytest.raises(EngineFailed, match="took longer than"):
                session.query(endless, {"t": given})
        assert session.query("FROM t", {"t": given})["n"].to_pylist() == [1]
