"""Whatever a writer puts into a delimited file comes out again, and corruption costs only its own lines."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse_tests.feeds.scene import reading

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=12)
)
DIALECTS = st.tuples(st.sampled_from(",;\t|#~^"), st.sampled_from("\"'"), st.sampled_from(["\n", "\r\n"]))


def written(table: list[list[str]], dialect: tuple[str, str, str]) -> str:
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=dialect[0], quotechar=dialect[1], lineterminator=dialect[2], quoting=csv.QUOTE_ALL
    )
    writer.writerow([f"c{i}" for i in range(len(table[0]))])
    writer.writerows(table)
    return out.getvalue()


def read_back(text: str, dialect: tuple[str, str, str]) -> tuple[list[tuple[str | None, ...]], int]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(text.encode())
        fmt = FileFormat(kind="csv", encoding="utf-8", delimiter=dialect[0], quote=dialect[1], header_row=1)
        found = reading(path, fmt, batch_rows=5)
        assert sorted([*found.numbers, *(b.row_number for b in found.broken)]) == list(
            range(1, len(found.rows) + len(found.broken) + 1)
        )
        return found.rows, len(found.broken)


@settings(max_examples=60, deadline=None)
@given(table=TABLES, dialect=DIALECTS)
def test_every_table_reads_back_as_it_was_written(table: list[list[str]], dialect: tuple[str, str, str]) -> None:
    header = [f"c{i}" for i in range(len(table[0]))]
    expected = [tuple(cell or None for cell in row) for row in table if row != header]

    rows, broken = read_back(written(table, dialect), dialect)

    assert rows == expected
    assert broken == len(table) - len(expected)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), rows=st.integers(3, 20))
def test_a_broken_line_costs_itself_alone(data: st.DataObject, rows: int) -> None:
    lines = [f"{i};text {i};x" for i in range(rows)]
    at = data.draw(st.integers(0, rows - 1))
    lines[at] = data.draw(st.sampled_from([f"{at};two", f"{at};a;b;c", f'{at};"open;x', f'{at};"a"b;x', f"{at};\0;x"]))

    found, broken = read_back("a;b;c\n" + "\n".join(lines) + "\n", (";", '"', "\n"))

    assert broken == 1
    assert found == [(str(i), f"text {i}", "x") for i in range(rows) if i != at]
