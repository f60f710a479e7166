"""Small versions of what would take hours or gigabytes: each is refused, or read, with little work."""

from __future__ import annotations

import gzip
import os
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from agentic_lakehouse.errors import FeedEmpty, FeedUnreadable
from agentic_lakehouse.feeds import columnar, packing, sampling, sniff, splitting, tables, workbook
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed

ROWS = "".join(f"a{i},b,c\n" for i in range(300))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many lines a splitter was given, those that were handed back counted each time."""
    count = [0]
    real = splitting._Lines.__next__

    def counted(self: splitting._Lines) -> str:
        count[0] += 1
        return real(self)

    monkeypatch.setattr(splitting._Lines, "__next__", counted)
    return count


@pytest.mark.parametrize("tail", ["", '",\n', 'x"\n', 'x","y\n"\n', "a,b,c\n"])
def test_quotes_that_never_close_are_each_followed_once(write: Write, taken: list[int], tail: str) -> None:
    """Every line leaves a quote open, whether it begins inside one or not."""
    path = write("a.csv", ROWS + 'ab","d\n' * 5_000 + tail + ROWS)
    fmt = sniffed(write("b.csv", ROWS)).model_copy(update={"quote": '"'})

    found = reading(path, fmt)

    assert len(found.rows) >= 600
    assert len(found.rows) + len(found.broken) >= 5_600
    assert taken[0] < 10 * 5_600  # the head is looked at more than once; five thousand times as many would be a hang


def test_a_table_that_an_open_quote_ends_is_refused_and_not_read_on_for_hours(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_BROKEN", 1_000)
    path = write("a.csv", ROWS + 'a,"b,c\n' + "x\n" * 3_000)

    with pytest.raises(FeedUnreadable, match=r"of 1,301 of its records, 1,001 are not 3 cells wide") as caught:
        reading(path, sniffed(write("b.csv", ROWS)))

    assert "quote that is never closed" in (caught.value.hint or "")


def test_a_big_file_in_which_hardly_any_line_is_a_row_is_refused_when_it_is_described(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "SAMPLED_FROM", 1 << 10)
    monkeypatch.setattr(sampling, "MANY", 5_000)
    path = write("a.csv", ROWS + 'a,"b,c\n' + "x\n" * 10_000)

    with pytest.raises(FeedUnreadable, match="is no table"):
        sampling.sample(path, sniffed(write("b.csv", ROWS)), name="a.csv")


def test_a_list_of_absurdly_many_lines_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sniff, "MAX_LINES", 10_000)
    path = write("a.csv", 'a,b,c\n1,2,3\n4,"5,6\n' + "x\n" * 20_000)

    with pytest.raises(FeedUnreadable, match="about 20,003 lines that no character divides"):
        sniffed(path)


def test_a_packed_bomb_is_told_before_it_is_over(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "FREE_BYTES", 100_000)
    start, rest = b"a;b\n" + b"1;2\n" * 10_000_000, random.Random(1).randbytes(1 << 20).hex().encode()
    path = write("a.csv.gz", gzip.compress(start) + gzip.compress(rest))
    assert len(start) + len(rest) < packing.MAX_EXPANSION * path.stat().st_size

    with pytest.raises(FeedUnreadable, match="gzip stream unpacks to"):
        reading(path)


def test_a_part_of_a_workbook_that_is_a_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "FREE_BYTES", 100_000)
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, ["a", "b"])
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        for part in whole.namelist():
            is_texts = part == "xl/sharedStrings.xml"
            bomb.writestr(part, whole.read(part) + (b" " * 1_000_000 if is_texts else b""))

    with pytest.raises(FeedUnreadable, match=r"its part xl/sharedStrings\.xml unpacks to 1,000,\d+ bytes"):
        sniffed(tmp_path / "b.xlsx")


def test_a_file_that_begins_with_a_hole_is_not_taken_for_an_empty_one(write: Write) -> None:
    with pytest.raises(FeedUnreadable, match="begins with 65,536 blank or NUL characters") as caught:
        sniffed(write("a.csv", bytes(1 << 17) + b"a;b\n1;2\n"))

    assert not isinstance(caught.value, FeedEmpty)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")

    with pytest.raises(FeedUnreadable, match="is a pipe or a device"):
        sniffed(tmp_path / "a.csv")
    with pytest.raises(FeedUnreadable, match="is a pipe or a device"):
        sniffed(Path("/dev/zero"))


def test_rows_of_parquet_that_unpack_to_megabytes_are_refused_before_they_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [str(i) * 300_000 for i in range(3)]}), path, compression="zstd")
    assert len(reading(path).rows) == 3
    monkeypatch.setattr(columnar, "MAX_LINE", 100_000)

    with pytest.raises(FeedUnreadable, match=r"has rows of 300,\d+ bytes; at most 100,000 are read"):
        reading(path)


@pytest.mark.parametrize("at", [-8, 4, 8, 11])
def test_parquet_that_lies_about_the_sizes_of_its_parts_is_refused(tmp_path: Path, at: int) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": list(range(1_000))}), path, write_page_checksum=True)
    lying = bytearray(path.read_bytes())
    lying[at : at + 4] = b"\xff\xff\xff\x7f"
    path.write_bytes(lying)

    with pytest.raises(FeedUnreadable, match="is no whole Parquet file"):
        reading(path)
