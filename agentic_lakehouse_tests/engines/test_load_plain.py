"""The fast path of plain files gives what the careful reader gives, to the row and the word."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FileFormat
from agentic_lakehouse.engines import load as loading
from agentic_lakehouse.engines.plain import TAIL
from agentic_lakehouse.feeds import delimited, survey
from agentic_lakehouse_tests.engines.load_scene import Outcome, csv_text, load

FORMAT = FileFormat(kind="csv", encoding="utf-8", delimiter=";", quote='"', header_row=1)
COLUMNS = (
    ColumnSpec(source_name="id", name="id", type="integer", nullable=False),
    ColumnSpec(source_name="price", name="price", type="decimal", format="1.234,56", precision=8, scale=2),
    ColumnSpec(source_name="cost", name="cost", type="decimal", format="1234,56", precision=8, scale=2),
    ColumnSpec(source_name="net", name="net", type="decimal", precision=8, scale=2),
    ColumnSpec(source_name="day", name="day", type="date", format="%d.%m.%Y"),
    ColumnSpec(source_name="seen", name="seen", type="timestamp"),
    ColumnSpec(source_name="active", name="active", type="boolean", format="ja|nein"),
    ColumnSpec(source_name="text", name="text", type="string", null_tokens=("n/a",)),
)
HEADER = [column.source_name for column in COLUMNS]
NUMBERS = [
    "1", "+1", "-1", "007", "1e3", "1E3", "1.", "1,", ".5", ",5", "-,5", "1.5", "1,5", "1,55", "1,555", "1.234,5",
    "12.34", "1.2.3,4", "1.5,2", "1,5,2", "9999999", "1234567,8", "99999999999999999999", "0x1", "NaN", "inf", "1_0",
    "٣", "--1", "+", ",", ".", "1 ", " 1", "\u00a01", "0001234567,1", "999999,99", "999999,995",
]  # fmt: skip
INSTANTS = [
    "01.02.2026", "1.2.2026", "01.02.26", "1. 2.2026", "1.2.+026", "29.02.2025", "29.02.2024", "01.02.0026",
    " 1.2.2026", "2026-02-01", "2026-02-01T10:00:00Z", "2026-02-01 10:00:00.5", "2026-02-30", "2026-02-01T25:00:00",
]  # fmt: skip
CELLS = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(INSTANTS),
    st.sampled_from(["", " ", "n/a", "ja", "NEIN", "x;y", 'say "so"', "two\nlines", "two\r\nlines", *HEADER]),
    st.text(st.characters(codec="utf-8"), max_size=4),
)
ROWS = st.lists(st.lists(CELLS, min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=12)
LIKELY = [["17"], NUMBERS, NUMBERS, NUMBERS, INSTANTS, INSTANTS, ["ja", "nein", ""], ["text", "n/a", "", "a;b", 'c"d']]


PLAIN = ["17", "1,5", "1,5", "1.5", "01.02.2026", "2026-02-01", "ja", "text"]
REST = [PLAIN] * TAIL
"""Records behind those that a test is about: the last ones of a file are always read with care."""


def both(
    content: bytes,
    *columns: ColumnSpec,
    fmt: FileFormat = FORMAT,
    chunk: int = survey.CHUNK,
    head: int = delimited.HEAD_RECORDS,
) -> tuple[Outcome, Outcome]:
    """Load a file by the fast path, where it is plain, and by the careful one; both know its first `head` records."""
    found = []
    for threshold in (0, 1 << 60):
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(loading, "WORTHWHILE", threshold)
            patch.setattr(delimited, "HEAD_RECORDS", head)
            patch.setattr(survey, "CHUNK", chunk)
            patch.setattr(survey, "AFTER_ISLAND", chunk // 4)
            path = Path(folder) / "a.csv"
            path.write_bytes(content)
            found.append(load(path, *(columns or COLUMNS), fmt=fmt))
    return found[0], found[1]


def assert_same(fast: Outcome, careful: Outcome) -> None:
    assert fast.good.sort_by("_row_number").to_pylist() == careful.good.to_pylist()
    assert fast.bad.to_pylist() == careful.bad.to_pylist()
    assert fast.loaded.error_codes == careful.loaded.error_codes
    assert fast.loaded.null_counts == careful.loaded.null_counts
    assert fast.loaded.rows == careful.loaded.rows


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    end=st.sampled_from(["\n", "\r\n"]),
    tail=st.sampled_from(["", "\n", "\n\n"]),
    rest=st.sampled_from([0, TAIL]),
    head=st.sampled_from([2, delimited.HEAD_RECORDS]),
)
def test_any_table(rows: list[list[str]], end: str, tail: str, rest: int, head: int) -> None:
    content = csv_text([HEADER, PLAIN, *rows, *REST[:rest]], ";", end) + tail

    assert_same(*both(content.encode(), head=head))


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(
        st.lists(st.sampled_from(["1", "a", '"', '""', '"x"', ";", "\n", "\r\n", ""]), max_size=8).map("".join)
    ),
    rest=st.sampled_from([0, TAIL]),
)
def test_any_quotes_anywhere(lines: list[str], rest: int) -> None:
    columns = (ColumnSpec(source_name="id", name="id", type="integer"), COLUMNS[7])

    assert_same(*both("\n".join(["id;text", "1;a", *lines, *["1;a"] * rest]).encode(), *columns))


DAMAGED = [
    b"1", b"1;a;b", b"", b"   ", b'1;"a', b'1;a"', b'1;"a"b', b'1;"a;b\n2;c"', b"1;a\rb", b"1;a\r", b"1;\0", b"1;\xff",
    b"id;text", b";", b'1;""', b'"1";"a"";"', b'1;"a\r\nb"', b"Summe;", b"1;a\x0b", "1;\u2028".encode(), b'""', b";;;",
]  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    runs=st.lists(
        st.tuples(st.integers(0, 12), st.lists(st.sampled_from(DAMAGED), min_size=1, max_size=4)), max_size=8
    ),
    end=st.sampled_from([b"\n", b"\r\n"]),
    chunk=st.sampled_from([16, 64, 100, 1 << 20]),
    rest=st.sampled_from([0, 3, TAIL]),
    head=st.sampled_from([3, delimited.HEAD_RECORDS]),
)
def test_damaged_lines_anywhere(
    runs: list[tuple[int, list[bytes]]], end: bytes, chunk: int, rest: int, head: int
) -> None:
    columns = (ColumnSpec(source_name="id", name="id", type="integer"), COLUMNS[7])
    lines = [b"id;text"]
    for sound, damaged in runs:
        lines += [b"%d;'x; y'" % n for n in range(sound)] + damaged
    content = end.join([*lines, *[b'7;"z;z"'] * rest])

    assert_same(*both(content, *columns, chunk=chunk, head=head))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("header_row", [1, None])
def test_other_encodings(encoding: str, header_row: int | None) -> None:
    fmt = FORMAT.model_copy(update={"encoding": encoding, "header_row": header_row})
    names = ["id", "text"] if header_row else ["#1", "#2"]
    columns = [
        ColumnSpec(source_name=name, name=kind, type=kind)  # type: ignore[arg-type]
        for name, kind in zip(names, ("integer", "string"), strict=True)
    ]
    lines = ["id;text"] * bool(header_row) + [f'{n};"Größe; {n}"' for n in range(60)] + ["60"]
    content = "\n".join([*lines, *["61;ü"] * TAIL]).encode(encoding)

    fast, careful = both(content, *columns, fmt=fmt, chunk=64)

    assert len(fast.loaded.good) == 2
    assert_same(fast, careful)


def test_every_spelling_in_every_column() -> None:
    longest = max(map(len, LIKELY))
    rows = [[values[n % len(values)] for values in LIKELY] for n in range(longest)]
    for place, values in enumerate(LIKELY):
        rows += [[*PLAIN[:place], value, *PLAIN[place + 1 :]] for value in values]
    rows += REST

    fast, careful = both(csv_text([HEADER, *rows], ";", "\n").encode())

    assert len(fast.loaded.good) == 2
    assert_same(fast, careful)


@pytest.mark.parametrize(
    "body",
    [
        b"1;;;;;;;a\n\n2;;;;;;;b\n",
        b"1;;;;;;;a\n2;;;;;;b\n",
        b"1;;;;;;;a\n2;;;;;;;b;c\n",
        b'1;;;;;;;"a\n2;;;;;;;b\n',
        b'1;;;;;;;a"b\n2;;;;;;;b\n',
        b"1;;;;;;;\xff\n2;;;;;;;b\n",
        b"1;;;;;;;\x00\n2;;;;;;;b\n",
        b"1;;;;;;;a\r2;;;;;;;b\n",
        b"1;;;;;;;a\r\n2;;;;;;;b\n",
        b";;;;;;;\n2;;;;;;;b\n",
        b"id;price;cost;net;day;seen;active;text\n2;;;;;;;b\n",
        b"1;;;;;;;a\n2;;;;;;;b",
        b"",
    ],
    ids=[
        "blank line", "short", "long", "open quote", "stray quote", "not utf-8", "nul", "lone return", "mixed ends",
        "empty cells", "header again", "no last line end", "no rows",
    ],
)  # fmt: skip
def test_what_is_not_plain_or_not_certain_is_read_with_care(body: bytes) -> None:
    content = ";".join(HEADER).encode() + b"\n" + body
    assert_same(*both(content))
    assert_same(*both(content + b"\n" + csv_text(REST, ";", "\n").encode()))


def test_certain_rows_need_no_careful_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "WORTHWHILE", 0)
    monkeypatch.setattr(loading, "read_batches", None)
    path = tmp_path / "a.csv"
    path.write_text("id;price;text\n" + "".join(f'{n};{n},50;"a;{n}"\n' for n in range(1, 101)), encoding="utf-8")

    found = load(path, COLUMNS[0], COLUMNS[1], COLUMNS[7], fmt=FORMAT)

    assert [file.rows for file in found.loaded.good] == [100]
    assert dict(zip(found.values("_row_number"), found.values("price"), strict=True)) == {
        n: n + Decimal("0.5") for n in range(1, 101)
    }


def test_a_few_damaged_lines_do_not_slow_the_others() -> None:
    lines = [f'{n};"a;{n}"' for n in range(500)]
    for place, damaged in ((100, "1;a;b"), (200, '2;"a"b'), (300, "")):
        lines.insert(place, damaged)

    fast, careful = both("\n".join(["id;text", *lines]).encode(), COLUMNS[0], COLUMNS[7], chunk=1024)

    assert fast.loaded.good[0].rows > 450
    assert_same(fast, careful)


@pytest.mark.parametrize(
    ("damaged", "errors"),
    [("7;1,5", 1), ("7;1,5;x;y", 1), ('7;"1,5"x;a', 1), ("", 0)],
    ids=["short", "long", "stray quote", "blank"],
)
def test_a_damaged_line_behind_the_first_ones_is_told(damaged: str, errors: int) -> None:
    lines = [f"{n};{n},50;a{n}" for n in range(200)]
    lines.insert(100, damaged)

    fast, careful = both("\n".join(["id;price;text", *lines]).encode(), COLUMNS[0], COLUMNS[1], COLUMNS[7], head=10)

    assert sum(careful.loaded.error_codes.values()) == errors
    assert_same(fast, careful)


def test_many_empty_cells_at_the_end_are_certain() -> None:
    lines = [f"{n};{n},50;{'a' if n < 50 else ''}" for n in range(500)]

    fast, careful = both("\n".join(["id;price;text", *lines]).encode(), COLUMNS[0], COLUMNS[1], COLUMNS[7], head=10)

    assert fast.loaded.good[0].rows == 500 - TAIL
    assert_same(fast, careful)


def test_a_line_of_totals_is_a_footer_either_way() -> None:
    fast, careful = both(csv_text([HEADER, *REST, *REST, ["Summe", "99,50", *[""] * 6]], ";", "\n").encode())

    assert careful.loaded.error_codes == {"footer": 1}
    assert_same(fast, careful)
