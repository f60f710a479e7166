"""Files that the usual tools and libraries packed are read as what is in them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from agentic_lakehouse_tests.feeds.scene import reading, sniffed

FRAME = pl.DataFrame({"sku": [f"{i:05d}" for i in range(500)], "name": [f"Stühle, {i}" for i in range(500)]})

TOOLS = {
    "gzip": ["gzip", "-c", "a.csv"],
    "gzip, fast, from a pipe": ["sh", "-c", "gzip -1 < a.csv"],
    "bzip2": ["bzip2", "-c", "a.csv"],
    "xz": ["xz", "-c", "a.csv"],
    "zstd": ["zstd", "-q", "-c", "a.csv"],
    "zstd, strong, from a pipe": ["sh", "-c", "zstd -q -19 --long < a.csv"],
    "zip": ["zip", "-q", "-", "a.csv"],
    "zip, from a pipe": ["sh", "-c", "zip -q - - < a.csv"],
    "zip, stored": ["zip", "-q", "-0", "-", "a.csv"],
    "zip, bzip2": ["zip", "-q", "-Z", "bzip2", "-", "a.csv"],
}
LIBRARIES: dict[str, Callable[[Path], object]] = {
    "Polars, gzip": lambda path: FRAME.write_csv(path, compression="gzip", check_extension=False),
    "Polars, zstd": lambda path: FRAME.write_csv(path, compression="zstd", check_extension=False),
    "DuckDB, gzip": lambda path: by_duckdb(path, "gzip"),
    "DuckDB, zstd": lambda path: by_duckdb(path, "zstd"),
    **{f"PyArrow, {codec}": lambda path, codec=codec: by_pyarrow(path, codec) for codec in ("gzip", "bz2", "zstd")},
}


def by_duckdb(path: Path, codec: str) -> None:
    with duckdb.connect() as connection:
        connection.register("t", FRAME.to_arrow())
        connection.execute(f"COPY t TO '{path}' (FORMAT csv, HEADER, COMPRESSION {codec})")


def by_pyarrow(path: Path, codec: str) -> None:
    with pa.CompressedOutputStream(path, codec) as stream:
        stream.write(FRAME.write_csv().encode())


@pytest.mark.parametrize("tool", TOOLS)
def test_what_each_tool_packed_is_read(tmp_path: Path, tool: str) -> None:
    program = tool.partition(",")[0]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    FRAME.write_csv(tmp_path / "a.csv")
    with (tmp_path / "packed").open("wb") as file:
        subprocess.run(TOOLS[tool], cwd=tmp_path, stdout=file, check=True)

    assert sniffed(tmp_path / "packed").kind == "csv"
    assert reading(tmp_path / "packed").rows == FRAME.rows()


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_each_library_packed_is_read(tmp_path: Path, library: str) -> None:
    LIBRARIES[library](tmp_path / "packed")

    assert reading(tmp_path / "packed").rows == FRAME.rows()
