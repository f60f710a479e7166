from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse_tests.feeds.scene import reading


def parquet(folder: Path, **columns: pa.Array) -> Path:
    path = folder / "a.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def texts(folder: Path, values: pa.Array) -> list[str | None]:
    return [row[0] for row in reading(parquet(folder, a=values)).rows]


def test_values_become_the_text_that_reads_back_as_them(tmp_path: Path) -> None:
    assert texts(tmp_path, pa.array([1, None, -7])) == ["1", None, "-7"]
    assert texts(tmp_path, pa.array([True, False, None])) == ["true", "false", None]
    assert texts(tmp_path, pa.array([0.1, 12.0, 1e-7, 1e20, None])) == [
        "0.1",
        "12.0",
        "0.0000001",
        "100000000000000000000",
        None,
    ]
    assert texts(tmp_path, pa.array([0.1], pa.float32())) == ["0.1"]
    assert texts(tmp_path, pa.array([Decimal("12.50"), Decimal("0.000000000000000001")])) == [
        "12.500000000000000000",
        "0.000000000000000001",
    ]
    assert texts(tmp_path, pa.array(["0012", " x ", "", None])) == ["0012", " x ", None, None]
    assert texts(tmp_path, pa.array([dt.date(2024, 1, 31), None])) == ["2024-01-31", None]
    assert texts(tmp_path, pa.array([b"abc", b"\xff\x00"])) == ["abc", "ff00"]
    assert texts(tmp_path, pa.array([dt.time(8, 30)])) == ["08:30:00"]
    assert texts(tmp_path, pa.array(["a", "b", "a"]).dictionary_encode()) == ["a", "b", "a"]


def test_instants_are_written_in_iso_8601_and_utc(tmp_path: Path) -> None:
    berlin = pa.array(
        [dt.datetime(2024, 1, 31, 12, tzinfo=ZoneInfo("Europe/Berlin"))], pa.timestamp("us", "Europe/Berlin")
    )
    naive = pa.array([dt.datetime(2024, 1, 31, 12), dt.datetime(2024, 1, 31, 12, 0, 0, 5000), None])  # noqa: DTZ001

    assert texts(tmp_path, berlin) == ["2024-01-31T11:00:00Z"]
    assert texts(tmp_path, naive) == ["2024-01-31T12:00:00", "2024-01-31T12:00:00.005000", None]


def test_structs_become_dotted_columns_and_lists_stay_json(tmp_path: Path) -> None:
    path = parquet(tmp_path, a=pa.array([{"b": {"c": 1}, "d": ["x", "ü"]}, None]), e=pa.array([[1, 2], None]))

    assert reading(path).names == ("a.b.c", "a.d", "e")
    assert reading(path).rows == [("1", '["x","ü"]', "[1,2]"), (None, None, None)]


def test_rows_are_counted_over_batches_and_raw_is_json(tmp_path: Path) -> None:
    path = parquet(tmp_path, a=pa.array(range(10)), b=pa.array([f"x{i}" for i in range(10)]))

    found = reading(path, batch_rows=4)

    assert found.numbers == found.lines == list(range(1, 11))
    assert json.loads(found.raw[9]) == {"a": "9", "b": "x9"}


def test_an_empty_table_has_names_and_no_rows(tmp_path: Path) -> None:
    path = parquet(tmp_path, a=pa.array([], pa.int64()))

    assert reading(path).names == ("a",)
    assert reading(path).rows == []
