"""Parquet and Arrow as the usual writers write them are read to the table that was written."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from agentic_lakehouse_tests.feeds.scene import reading, sniffed

TABLE = pa.table(
    {
        "sku": [f"{i:05d}" for i in range(40)],
        "name": [None if i % 7 == 0 else f"Stühle {i % 3}" for i in range(40)],
        "price": pa.array([Decimal(i) / 4 for i in range(40)], pa.decimal128(10, 2)),
        "weight": [i / 8 for i in range(40)],
        "stock": pa.array(range(40), pa.int32()),
        "sold": [i % 2 == 0 for i in range(40)],
        "since": pa.array([i * 86_400_000_000 for i in range(40)], pa.timestamp("us")),
        "day": pa.array(range(40), pa.date32()),
        "tags": [["a", "ü"]] * 40,
        "size": pa.array([{"w": i, "h": None} for i in range(40)], pa.struct([("w", pa.int64()), ("h", pa.string())])),
    }
)
NAMES = ("sku", "name", "price", "weight", "stock", "sold", "since", "day", "tags", "size.w", "size.h")
FRAME = pl.DataFrame(TABLE)


def by_duckdb(path: Path, *, options: str = "") -> None:
    with duckdb.connect() as connection:
        connection.register("t", TABLE)
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet{options})")


PARQUET: dict[str, Callable[[Path], object]] = {
    **{
        f"PyArrow, {codec}": lambda path, codec=codec: pq.write_table(TABLE, path, compression=codec)
        for codec in ("none", "snappy", "gzip", "brotli", "lz4", "zstd")
    },
    "PyArrow, old": lambda path: pq.write_table(TABLE, path, version="1.0", use_deprecated_int96_timestamps=True),
    "PyArrow, pages of version 2, small groups": lambda path: pq.write_table(
        TABLE, path, data_page_version="2.0", row_group_size=7, use_dictionary=False, write_page_checksum=True
    ),
    "Polars": FRAME.write_parquet,
    "Polars, small groups": lambda path: FRAME.write_parquet(path, compression="lz4", row_group_size=7),
    "DuckDB": by_duckdb,
    "DuckDB, version 2": lambda path: by_duckdb(path, options=", PARQUET_VERSION v2, COMPRESSION zstd"),
}


def by_pyarrow_stream(path: Path, codec: str | None) -> None:
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with pa.ipc.new_stream(path, TABLE.schema, options=options) as writer:
        writer.write_table(TABLE, max_chunksize=7)


def by_pyarrow_file(path: Path, codec: str | None) -> None:
    with pa.ipc.new_file(path, TABLE.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(TABLE, max_chunksize=7)


def by_duckdb_stream(path: Path) -> None:
    with duckdb.connect() as connection, path.open("wb") as file:
        connection.register("t", TABLE)
        found = connection.sql("SELECT * FROM t").to_arrow_table()
        with pa.ipc.new_stream(file, found.schema) as writer:
            writer.write_table(found)


ARROW: dict[str, Callable[[Path], object]] = {
    **{f"PyArrow stream, {codec}": lambda path, codec=codec: by_pyarrow_stream(path, codec) for codec in (None, "lz4")},
    **{f"PyArrow file, {codec}": lambda path, codec=codec: by_pyarrow_file(path, codec) for codec in (None, "zstd")},
    "Polars file": FRAME.write_ipc,
    "Polars file, lz4": lambda path: FRAME.write_ipc(path, compression="lz4"),
    "Polars stream": FRAME.write_ipc_stream,
    "Feather": lambda path: pyarrow.feather.write_feather(TABLE, path),
    "Feather, not packed": lambda path: pyarrow.feather.write_feather(TABLE, path, compression="uncompressed"),
    "DuckDB stream": by_duckdb_stream,
}


def expected() -> list[tuple[str | None, ...]]:
    return [
        (
            f"{i:05d}",
            None if i % 7 == 0 else f"Stühle {i % 3}",
            f"{i / 4:.2f}",
            str(i / 8),
            str(i),
            str(i % 2 == 0).lower(),
            str(pa.scalar(i, pa.date32())) + "T00:00:00",
            str(pa.scalar(i, pa.date32())),
            '["a","ü"]',
            str(i),
            None,
        )
        for i in range(40)
    ]


@pytest.mark.parametrize("writer", PARQUET)
def test_parquet_of_each_writer_is_read_to_the_same_table(tmp_path: Path, writer: str) -> None:
    PARQUET[writer](tmp_path / "a.parquet")

    assert sniffed(tmp_path / "a.parquet").kind == "parquet"
    assert reading(tmp_path / "a.parquet", batch_rows=11).names == NAMES
    assert reading(tmp_path / "a.parquet", batch_rows=11).rows == expected()


@pytest.mark.parametrize("writer", ARROW)
def test_arrow_of_each_writer_is_read_to_the_same_table(tmp_path: Path, writer: str) -> None:
    ARROW[writer](tmp_path / "a.arrow")

    assert sniffed(tmp_path / "a.arrow").kind == "arrow"
    assert reading(tmp_path / "a.arrow", batch_rows=11).names == NAMES
    assert reading(tmp_path / "a.arrow", batch_rows=11).rows == expected()
