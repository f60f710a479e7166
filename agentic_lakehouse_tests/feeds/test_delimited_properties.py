"""Whatever a writer puts into a delimited file comes out again, and corruption loses nothing of it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse_tests.feeds.scene import Reading, reading, sniffed


class Writer(NamedTuple):
    """How a table is written: all cells quoted."""

    delimiter: str
    quote: str
    line_end: str
    encoding: str

    @property
    def fmt(self) -> FileFormat:
        return FileFormat(kind="csv", encoding=self.encoding, delimiter=self.delimiter, quote=self.quote, header_row=1)

    def text(self, table: list[list[str]]) -> str:
        header = [f"c{i}" for i in range(len(table[0]))]
        return "".join(self.delimiter.join(map(self.cell, row)) + self.line_end for row in [header, *table])

    def cell(self, text: str) -> str:
        return self.quote + text.replace(self.quote, self.quote * 2) + self.quote


CELLS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.sampled_from(["", "||", "~|~", ", ", "\ufdd0\ufdd1s", "a\r\nb", "\r", '"', "'", "12,50", "2024-01-31"]),
)
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=12)
)
WRITERS = st.builds(
    Writer,
    st.sampled_from([*",;\t|#~^", "||", "~|~", "::", ", ", " | ", "<>"]),
    st.sampled_from("\"'"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]),
)


def read_back(content: bytes, fmt: FileFormat | None) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(content)
        found = reading(path, fmt or sniffed(path), batch_rows=5)
    numbers = sorted([*found.numbers, *(b.row_number for b in found.broken)])
    assert numbers == list(range(1, len(found.rows) + len(found.broken) + 1))
    return found


def everything(found: Reading) -> str:
    """All text of the records, in order, less white space, which also stands between them."""
    raw = {**dict(zip(found.numbers, found.raw, strict=True)), **{b.row_number: b.raw for b in found.broken}}
    return re.sub(r"\s", "", "".join(raw[number] for number in sorted(raw)))


@settings(max_examples=100, deadline=None)
@given(table=TABLES, writer=WRITERS)
def test_every_table_reads_back_as_it_was_written(table: list[list[str]], writer: Writer) -> None:
    header = [f"c{i}" for i in range(len(table[0]))]
    expected = [tuple(cell or None for cell in row) for row in table if row != header]

    found = read_back(writer.text(table).encode(writer.encoding), writer.fmt)

    footer = sum(b.code == "footer" for b in found.broken)  # a last row may well look like one of totals
    assert found.rows == expected[: len(expected) - footer]
    assert len(found.rows) + len(found.broken) == len(table)


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 30), delimiter=st.sampled_from([";", "||", "\t"]), data=st.data())
def test_lines_may_end_in_any_way(rows: int, delimiter: str, data: st.DataObject) -> None:
    table = [[str(i), f"text {i}", "x" * i] for i in range(rows)]
    end = data.draw(st.sampled_from(["\r", "\n", "\r\n"]))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-16", "utf-16-le", "cp1252"]))
    content = Writer(delimiter, '"', end, encoding).text(table).encode(encoding)

    found = read_back(content, Writer(delimiter, '"', end, encoding).fmt)

    assert found.rows == [tuple(cell or None for cell in row) for row in table]


@settings(max_examples=150, deadline=None)
@given(
    rows=st.integers(0, 30),
    writer=WRITERS,
    wounds=st.lists(
        st.tuples(st.integers(0, 10_000), st.text("\"',;|~\r\n\\ax0", max_size=3), st.integers(0, 6)), max_size=6
    ),
    known=st.booleans(),
)
def test_corruption_loses_nothing(rows: int, writer: Writer, wounds: list[tuple[int, str, int]], known: bool) -> None:
    """Every character below the header is in the raw text of a row or of a fault, in order."""
    table = [[f"A-{i:03d}", f"some text {i}", f"{i},50", ""] for i in range(rows)]
    text = writer.text([["w", "x", "y", "z"], *table])
    start = text.index(writer.line_end) + len(writer.line_end)
    body = text[start:]
    for place, insert, cut in wounds:
        at = place % (len(body) + 1)
        body = body[:at] + insert + body[at + cut :]

    try:
        found = read_back((text[:start] + body).encode(writer.encoding), writer.fmt if known else None)
    except FeedUnreadable:
        assert not known
        return

    whole = re.sub(r"\s", "", body)
    assert everything(found) == whole if known else everything(found) in re.sub(r"\s", "", text[:start]) + whole


@settings(max_examples=60, deadline=None)
@given(data=st.data(), rows=st.integers(3, 20))
def test_a_broken_line_costs_itself_alone(data: st.DataObject, rows: int) -> None:
    lines = [f"{i};text {i};x" for i in range(rows)]
    at = data.draw(st.integers(0, rows - 1))
    lines[at] = data.draw(st.sampled_from([f"{at};two", f"{at};a;b;c", f'"{at};x', f"{at};\0;x"]))

    found = read_back(("a;b;c\n" + "\n".join(lines) + "\n").encode(), Writer(";", '"', "\n", "utf-8").fmt)

    assert len(found.broken) == 1
    assert found.rows == [(str(i), f"text {i}", "x") for i in range(rows) if i != at]


@settings(max_examples=80, deadline=None)
@given(data=st.data(), rows=st.integers(10, 40))
def test_a_damaged_line_is_read_as_it_was_or_kept_aside(data: st.DataObject, rows: int) -> None:
    """A delimiter more or less never makes a row that says something else."""
    table = [[f"A-{i:03d}", f"text {i} of {i * 7}", f"{i}.50", f"2024-01-{i % 28 + 1:02d}"] for i in range(rows)]
    lines = [";".join(row) for row in table]
    at = data.draw(st.integers(0, rows - 1))
    places = [k for k, character in enumerate(lines[at]) if character == ";"]
    place = data.draw(st.sampled_from(places))
    lines[at] = lines[at][:place] + data.draw(st.sampled_from(["", ";;"])) + lines[at][place + 1 :]

    found = read_back(("a;b;c;d\n" + "\n".join(lines) + "\n").encode(), Writer(";", '"', "\n", "utf-8").fmt)

    assert [row for row in found.rows if list(row) not in table] == []
    assert len(found.rows) + len(found.broken) == rows
