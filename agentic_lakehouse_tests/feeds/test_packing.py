from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import zipfile
from collections.abc import Callable

import openpyxl
import polars as pl
import pytest
import zstandard

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import packing
from agentic_lakehouse.feeds.source import inner_suffix
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed

Pack = Callable[[bytes], bytes]


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/Table.CSV", content)
    return out.getvalue()


PACKERS: dict[str, Pack] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    "zip": zipped,
}
packed_by = pytest.mark.parametrize("ending", PACKERS)


def workbook() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (["a", "b"], ["1", "2"]):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"a": ["1"], "b": ["2"]}).write_parquet(out)
    return out.getvalue()


@packed_by
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("csv", b"a;b\n1;2\n"),
        ("json", b'[{"a": "1", "b": "2"}]'),
        ("jsonl", b'{"a": "1", "b": "2"}\n{"a": "1", "b": "2"}\n'),
        ("xml", b"<?xml version='1.0'?><t><r><a>1</a><b>2</b></r><r><a>1</a><b>2</b></r></t>"),
        ("xlsx", workbook()),
        ("parquet", parquet()),
    ],
)
def test_every_kind_is_read_in_every_packing(write: Write, ending: str, kind: str, content: bytes) -> None:
    path = write(f"a.{kind}.{ending}", PACKERS[ending](content))

    assert sniffed(path).kind == kind
    assert reading(path).names == ("a", "b")
    assert reading(path).rows[0] == ("1", "2")


@packed_by
def test_a_stream_that_is_cut_off_is_refused(write: Write, ending: str) -> None:
    text = random.Random(1).randbytes(1 << 18).hex()
    whole = PACKERS[ending](("a;b\n" + text.replace("7", ";").replace("3", "\n")).encode())

    with pytest.raises(FeedUnreadable, match="truncated or damaged"):
        reading(write(f"a.csv.{ending}", whole[:-30_000]))


@packed_by
def test_flipped_bits_never_pass_for_data(write: Write, ending: str) -> None:
    text = random.Random(1).randbytes(1 << 16).hex()
    broken = bytearray(PACKERS[ending](("a;b\n" + text.replace("7", ";").replace("3", "\n")).encode()))
    broken[len(broken) // 2] ^= 0x55

    with pytest.raises(FeedUnreadable, match="truncated or damaged"):
        reading(write(f"a.csv.{ending}", bytes(broken)))


@packed_by
def test_a_bomb_is_refused(write: Write, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "FREE_BYTES", 100_000)
    monkeypatch.setattr(packing, "MAX_EXPANSION", 20)

    with pytest.raises(FeedUnreadable, match="20 times its size"):
        sniffed(write(f"a.csv.{ending}", PACKERS[ending](b"a;b\n1;2\n" * 500_000)))


@packed_by
def test_what_is_packed_twice_is_refused(write: Write, ending: str) -> None:
    for inner in PACKERS.values():
        with pytest.raises(FeedUnreadable, match="is packed twice"):
            sniffed(write("a.csv.x", PACKERS[ending](inner(b"a;b\n1;2\n"))))


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zst"])
def test_streams_one_behind_the_other_are_one_file(write: Write, ending: str) -> None:
    pack = PACKERS[ending]

    assert reading(write(f"a.csv.{ending}", pack(b"a;b\n1;2\n") + pack(b"3;4\n"))).rows == [("1", "2"), ("3", "4")]


def test_an_xz_stream_that_asks_for_gigabytes_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MAX_DICTIONARY", 1 << 20)

    with pytest.raises(FeedUnreadable, match="Memory usage limit"):
        sniffed(write("a.csv.xz", lzma.compress(b"a;b\n1;2\n", preset=9)))


def test_the_ending_inside_settles_doubts(write: Write) -> None:
    path = write("a.zip", zipped(b"name\nx\ny\n"))

    assert inner_suffix(path, name="a.zip") == ".csv"
    assert reading(path).rows == [("x",), ("y",)]
    assert inner_suffix(write("b.csv.zst", PACKERS["zst"](b"x")), name="b.csv.zst") == ".csv"
