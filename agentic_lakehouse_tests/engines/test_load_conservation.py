"""Whatever a vendor sends: every record of the file is in exactly one of the two files."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal, InvalidOperation
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FileFormat
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.read import read_batches
from agentic_lakehouse_tests.engines.load_scene import Outcome, csv_text, load

COLUMNS = (
    ColumnSpec(source_name="id", name="id", type="integer", nullable=False),
    ColumnSpec(source_name="price", name="price", type="decimal", precision=8, scale=2),
    ColumnSpec(source_name="day", name="day", type="date"),
    ColumnSpec(source_name="text", name="text", type="string"),
)
CELLS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(-(10**8), 10**8, places=3).map(str),
    st.dates().map(str),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.sampled_from(["", " ", "n/a", '"', "'", "x,y", "1;2", "\n", "NaN", "1e3"]),
)
ROWS = st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=15)
DIALECTS = st.tuples(st.sampled_from(",;\t|#"), st.sampled_from(["\n", "\r\n"]))


def written(rows: list[list[str]], dialect: tuple[str, str]) -> str:
    return csv_text([[c.source_name for c in COLUMNS], *rows], *dialect)


def outcome(content: bytes, dialect: tuple[str, str], folder: Path) -> tuple[Outcome, int]:
    path = folder / "a.csv"
    path.write_bytes(content)
    fmt = FileFormat(kind="csv", encoding="utf-8", delimiter=dialect[0], quote='"', header_row=1)
    records = sum(batch.records for batch in read_batches(path, fmt, name="a.csv"))
    return load(path, *COLUMNS, fmt=fmt), records


def assert_conserved(found: Outcome, records: int) -> None:
    numbers = [*found.values("_row_number"), *found.bad.column("_row_number").to_pylist()]
    assert sorted(numbers) == list(range(1, records + 1))
    assert (found.good.num_rows, found.bad.num_rows) == (found.loaded.good_rows, found.loaded.bad.rows)
    assert sum(found.loaded.error_codes.values()) == found.bad.num_rows
    for column in COLUMNS:
        assert found.loaded.null_counts[column.name] == found.good.column(column.name).null_count


@settings(max_examples=50, deadline=None)
@given(rows=ROWS, dialect=DIALECTS)
def test_a_well_formed_table_is_conserved_and_exact(rows: list[list[str]], dialect: tuple[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found, records = outcome(written(rows, dialect).encode(), dialect, Path(folder))

    assert_conserved(found, records)
    assert records == len(rows)
    for number, price in zip(found.values("_row_number"), found.values("price"), strict=True):
        cell = rows[number - 1][1].strip()
        assert price == (Decimal(cell) if cell else None)


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    dialect=DIALECTS,
    wounds=st.lists(
        st.tuples(st.integers(0, 10_000), st.binary(min_size=0, max_size=3), st.integers(0, 4)), max_size=4
    ),
)
def test_a_corrupted_table_is_conserved(
    rows: list[list[str]], dialect: tuple[str, str], wounds: list[tuple[int, bytes, int]]
) -> None:
    content = bytearray(written(rows, dialect).encode())
    start = content.index(dialect[1].encode()) + len(dialect[1])
    for place, insert, cut in wounds:
        at = start + place % (len(content) - start + 1)
        content[at : at + cut] = insert

    with tempfile.TemporaryDirectory() as folder:
        found, records = outcome(bytes(content), dialect, Path(folder))

    assert_conserved(found, records)


@settings(max_examples=40, deadline=None)
@given(
    records=st.lists(
        st.one_of(st.dictionaries(st.sampled_from(["id", "price", "day", "text"]), CELLS), CELLS), max_size=12
    )
)
def test_json_lines_are_conserved(records: list[object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_text("\n".join([json.dumps({"id": "1"}), *map(json.dumps, records)]), encoding="utf-8")

        found = load(path, *COLUMNS, fmt=FileFormat(kind="jsonl", encoding="utf-8"))

    assert_conserved(found, len(records) + 1)


@settings(max_examples=60, deadline=None)
@given(cell=CELLS)
def test_a_decimal_is_exact_or_refused(cell: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found, _ = outcome(written([["1", cell, "", ""]], (";", "\n")).encode(), (";", "\n"), Path(folder))

    try:
        number = Decimal(cell.strip()) if cell.strip().isascii() else None
    except InvalidOperation:
        number = None
    for value in found.values("price"):
        assert value == (number if cell.strip() else None)


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Rubbish never ends in anything but rows, error rows, or one clear refusal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(b"id,price\n" + content)
        try:
            found = load(path, *COLUMNS)
        except FeedUnreadable:
            return
        assert_conserved(found, found.loaded.rows)
