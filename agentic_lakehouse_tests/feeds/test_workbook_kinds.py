"""The same table in each kind of workbook, written by the usual library for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from agentic_lakehouse_tests.feeds.scene import reading, sniffed

Sheet = list[list[Any]]
DAY = dt.date(2024, 1, 31)
TITLES = ["EAN", "Menge", "Aktiv", "Tag"]
TABLE: Sheet = [
    ["Preisliste 2024"],
    [],
    TITLES,
    [4006381333931.0, 2.5, True, DAY],
    ["0012345678905", 100.0, False, DAY],
    [1e21, 1e-7, True, DAY],
]


def write_xlsx(path: Path, sheets: dict[str, Sheet]) -> None:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, value in enumerate(row):
                    if isinstance(value, dt.date):
                        sheet.write_datetime(i, j, dt.datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
                    else:
                        sheet.write(i, j, value)


def write_xls(path: Path, sheets: dict[str, Sheet]) -> None:
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                sheet.write(i, j, value, *([day] if isinstance(value, dt.date) else []))
    book.save(str(path))


def write_ods(path: Path, sheets: dict[str, Sheet]) -> None:
    book = OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        table = Table(name=name)
        for values in rows:
            row = TableRow()
            for value in values:
                row.addElement(ods_cell(value))
            table.addElement(row)
        rest = TableRow(numberrowsrepeated=1_048_000)
        rest.addElement(TableCell(numbercolumnsrepeated=1_024))
        table.addElement(rest)
        book.spreadsheet.addElement(table)
    book.save(str(path))


def ods_cell(value: Any) -> TableCell:
    if isinstance(value, bool):
        return TableCell(valuetype="boolean", booleanvalue=str(value).lower())
    if isinstance(value, float):
        return TableCell(valuetype="float", value=repr(value))
    if isinstance(value, dt.date):
        return TableCell(valuetype="date", datevalue=value.isoformat())
    cell = TableCell(valuetype="string")
    cell.addElement(P(text=value))
    return cell


WRITERS: dict[str, Callable[[Path, dict[str, Sheet]], None]] = {
    "xlsx": write_xlsx,
    "xls": write_xls,
    "ods": write_ods,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_table_reads_the_same_from_every_kind_of_workbook(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.dat"
    WRITERS[kind](path, {"Info": [["Bitte beachten"]], "Liste": TABLE})

    fmt = sniffed(path)
    assert (fmt.kind, fmt.sheet, fmt.header_row) == (kind, "Liste", 3)
    found = reading(path, fmt)
    assert found.names == tuple(TITLES)
    assert found.rows == [
        ("4006381333931", "2.5", "true", "2024-01-31"),
        ("0012345678905", "100", "false", "2024-01-31"),
        ("1000000000000000000000", "0.0000001", "true", "2024-01-31"),
    ]
    assert found.lines == [4, 5, 6]


def test_a_formula_gives_the_value_that_was_saved_with_it_and_hidden_rows_are_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Nr", "Summe"])
        sheet.write_row(1, 0, ["A1"])
        sheet.write_formula(1, 1, "=6*7", value=42)
        sheet.write_row(2, 0, ["A2", 1])
        sheet.set_row(2, options={"hidden": True})

    assert reading(path).rows == [("A1", "42"), ("A2", "1")]
