from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed

TABLE = pa.table({"sku": ["0012", None, "A3"], "price": [1.5, 2.0, 1e-7], "tags": [["x"], [], None]})


def stream(path: Path) -> None:
    with pa.ipc.new_stream(path, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=2)


WRITERS: dict[str, Callable[[Path], None]] = {
    "arrow": lambda path: pl.from_arrow(TABLE).write_ipc(path),
    "arrows": stream,
    "feather": lambda path: pyarrow.feather.write_feather(TABLE, path, compression="zstd"),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_arrow_is_read_in_each_of_its_three_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    WRITERS[kind](path)

    assert sniffed(path).kind == "arrow"
    found = reading(path, batch_rows=1)
    assert found.names == ("sku", "price", "tags")
    assert found.rows == [("0012", "1.5", '["x"]'), (None, "2.0", "[]"), ("A3", "0.0000001", None)]
    assert found.lines == found.numbers == [1, 2, 3]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("cut", [4, 40, 200])
def test_a_truncated_arrow_file_is_refused(tmp_path: Path, kind: str, cut: int) -> None:
    path = tmp_path / "a.bin"
    WRITERS[kind](path)
    path.write_bytes(path.read_bytes()[:-cut])

    with pytest.raises(FeedUnreadable, match="is no whole Arrow file"):
        reading(path)


def test_offsets_that_point_outside_are_refused(write: Write) -> None:
    values = pa.StringArray.from_buffers(
        2, pa.py_buffer(b"\x00\x00\x00\x00\xff\xff\x00\x00\x04\x00\x00\x00"), pa.py_buffer(b"abcd")
    )
    path = write("a.arrow", "")
    with pa.ipc.new_file(path, pa.schema({"a": pa.string()})) as writer:
        writer.write_batch(pa.record_batch([values], ["a"]))

    with pytest.raises(FeedUnreadable, match="is no whole Arrow file"):
        reading(path)


def test_a_feather_file_of_the_first_version_is_refused(write: Write) -> None:
    with pytest.raises(FeedUnreadable, match="Feather file of the first version"):
        sniffed(write("a.feather", b"FEA1" + bytes(100)))
