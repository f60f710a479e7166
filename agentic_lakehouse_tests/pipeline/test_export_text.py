"""`lakehouse read --as-text` writes what stands in a file, however little that is."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from agentic_lakehouse.pipeline.export import Written, export_text
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.preview import Preview, feed_of
from agentic_lakehouse.settings import load_settings


def exported(folder: Path, content: bytes, to: str = "out.csv") -> Written:
    path = folder / "a.csv"
    path.write_bytes(content)
    lakehouse = Lakehouse(load_settings(home=folder / "home"))
    return export_text(Preview(lakehouse, path, feed_of(path, vendor="acme")), folder / to)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_nothing_comes_of_an_empty_file(tmp_path: Path, content: bytes) -> None:
    assert exported(tmp_path, content) == Written(0, 0, None)
    assert (tmp_path / "out.csv").read_bytes() == b""


def test_a_header_alone_is_written(tmp_path: Path) -> None:
    assert exported(tmp_path, b"id;name\n") == Written(0, 0, None)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "id,name\n"


def test_an_empty_file_makes_an_empty_parquet_file(tmp_path: Path) -> None:
    exported(tmp_path, b"", "out.parquet")

    assert pl.read_parquet(tmp_path / "out.parquet").is_empty()
