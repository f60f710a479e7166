from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import workbook
from agentic_lakehouse_tests.feeds.scene import reading, sniffed

Fill = Callable[[Any], None]


def saved(folder: Path, *rows: list[Any], fill: Fill | None = None) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if fill is not None:
        fill(book)
    path = folder / "a.xlsx"
    book.save(path)
    return path


def test_title_rows_are_passed_over_and_sheet_rows_are_lines(tmp_path: Path) -> None:
    path = saved(
        tmp_path, ["Preisliste 2024"], [], ["Nr", "Name", "Preis"], ["A1", "Stuhl", 12.5], [], ["A2", "Tisch", 30]
    )

    assert sniffed(path).header_row == 3
    found = reading(path)
    assert found.names == ("Nr", "Name", "Preis")
    assert found.rows == [("A1", "Stuhl", "12.5"), ("A2", "Tisch", "30")]
    assert found.lines == [4, 6]
    assert json.loads(found.raw[0]) == {"Nr": "A1", "Name": "Stuhl", "Preis": "12.5"}


def test_identifiers_stored_as_numbers_have_no_decimal_point(tmp_path: Path) -> None:
    path = saved(tmp_path, ["EAN", "Menge"], [4006381333931.0, 1.0], [4006381333948, 2.5], ["0012345678905", -3])

    assert reading(path).rows == [("4006381333931", "1"), ("4006381333948", "2.5"), ("0012345678905", "-3")]


def test_dates_are_days_where_no_cell_has_a_time(tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        ["Nr", "Tag", "Zeit", "Aktiv"],
        ["A1", dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 12, 30), True],  # noqa: DTZ001
        ["A2", dt.date(2024, 2, 1), dt.datetime(2024, 2, 1), False],  # noqa: DTZ001
    )

    assert reading(path).rows == [
        ("A1", "2024-01-31", "2024-01-31 12:30:00", "true"),
        ("A2", "2024-02-01", "2024-02-01 00:00:00", "false"),
    ]


def test_the_visible_sheet_with_the_most_cells_is_the_table(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        table = book.create_sheet("Artikel")
        hidden = book.create_sheet("Intern")
        hidden.sheet_state = "hidden"
        for i in range(20):
            table.append([f"A{i}", i] if i else ["Nr", "Menge"])
            hidden.append([1, 2, 3, 4])

    path = saved(tmp_path, ["Bitte beachten Sie unsere AGB"], fill=fill)

    assert sniffed(path).sheet == "Artikel"
    assert len(reading(path).rows) == 19


def test_a_table_that_does_not_begin_in_the_corner_is_found(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        for row, (nr, amount) in enumerate([("Nr", "Menge"), ("A1", 1), ("A2", 2)], start=4):
            book.active.cell(row, 3).value = nr
            book.active.cell(row, 4).value = amount

    path = saved(tmp_path, fill=fill)

    assert sniffed(path).header_row == 4
    assert reading(path).names == ("Nr", "Menge")
    assert reading(path).lines == [5, 6]


def test_columns_with_values_and_no_header_are_named_by_position(tmp_path: Path) -> None:
    path = saved(tmp_path, ["Nr", None, "Menge"], ["A1", "x", 1], ["A2", None, 2])

    assert reading(path).names == ("Nr", "#2", "Menge")


def test_formula_faults_are_shown_as_excel_shows_them(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        book.active["B2"].value = "#N/A"
        book.active["B2"].data_type = "e"

    assert reading(saved(tmp_path, ["Nr", "Menge"], ["A1", 0], ["A2", 2], fill=fill)).rows[0] == ("A1", "#N/A")


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedUnreadable, match="no visible sheet with values"):
        sniffed(saved(tmp_path))


def test_a_sheet_that_is_gone_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, ["a", "b"], ["1", "2"])

    with pytest.raises(FeedUnreadable, match="is no readable workbook"):
        reading(path, sniffed(path).model_copy(update={"sheet": "Gone"}))
    with pytest.raises(FeedUnreadable, match="has no row 99"):
        reading(path, sniffed(path).model_copy(update={"header_row": 99}))


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, ["a", "b"], *([["same text", i] for i in range(500)]))
    monkeypatch.setattr(workbook, "MAX_UNPACKED", 10_000)

    with pytest.raises(FeedUnreadable, match="unpacks to more than 10,000 bytes"):
        sniffed(path)


def test_a_part_with_flipped_bits_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, ["a", "b"], *([[f"text {i}", i] for i in range(500)]))
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
    content[part.header_offset + 200] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(FeedUnreadable, match=r"a\.xlsx"):
        sniffed(path)


def test_a_header_over_two_rows_is_joined(tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        ["Nr", "Preis", None, "Lager", None],
        [None, "netto", "brutto", "Menge", "Ort"],
        *([f"A{i}", i * 1.5, i * 2.5, i, "Halle 1"] for i in range(1, 9)),
    )

    assert (sniffed(path).header_row, sniffed(path).header_rows) == (1, 2)
    assert reading(path).names == ("Nr", "Preis netto", "Preis brutto", "Lager Menge", "Lager Ort")
    assert reading(path).lines[0] == 3


def test_a_workbook_is_parsed_once_to_be_sniffed_and_read_and_anew_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str | None] = []
    real = workbook.sheet_cells

    def counted(path: Path, sheet: str | None, *, name: str) -> Any:
        parsed.append(sheet)
        return real(path, sheet, name=name)

    monkeypatch.setattr(workbook, "sheet_cells", counted)

    assert reading(saved(tmp_path, ["a", "b"], ["1", "x"])).rows == [("1", "x")]
    assert parsed == [None]
    assert reading(saved(tmp_path, ["a", "b"], ["2", "y"])).rows == [("2", "y")]
    assert parsed == [None, None]


def test_batches_of_a_sheet_leave_empty_rows_out_and_keep_their_place(tmp_path: Path) -> None:
    path = saved(tmp_path, ["a", "b"], ["1", "x"], [], [], ["2", None], [None, " "], ["3", "z"])

    found = reading(path, batch_rows=2)

    assert found.rows == [("1", "x"), ("2", None), ("3", "z")]
    assert (found.numbers, found.lines) == ([1, 2, 3], [2, 5, 7])
