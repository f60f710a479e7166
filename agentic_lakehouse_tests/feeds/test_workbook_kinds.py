"""The same table in each kind of workbook, written by the usual library for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
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


def xlsx_with_formula(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Nr", "Summe"])
        sheet.write_row(1, 0, ["A1"])
        sheet.write_formula(1, 1, "=6*7", value=42)
        sheet.write_row(2, 0, ["A2", 1])
        sheet.set_row(2, options={"hidden": True})


def xls_with_hidden_row(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("A")
    for i, row in enumerate([["Nr", "Summe"], ["A1", 42], ["A2", 1]]):
        for j, value in enumerate(row):
            sheet.write(i, j, value)
    sheet.row(2).hidden = True
    book.save(str(path))


def ods_with_formula(path: Path) -> None:
    book, table = OpenDocumentSpreadsheet(), Table(name="A")
    formula = TableCell(valuetype="float", value="42", formula="of:=6*7")
    rows = [[ods_cell("Nr"), ods_cell("Summe")], [ods_cell("A1"), formula], [ods_cell("A2"), ods_cell(1.0)]]
    for at, cells in enumerate(rows):
        row = TableRow(visibility="collapse" if at == 2 else "visible")
        for cell in cells:
            row.addElement(cell)
        table.addElement(row)
    book.spreadsheet.addElement(table)
    book.save(str(path))


@pytest.mark.parametrize("write", [xlsx_with_formula, xls_with_hidden_row, ods_with_formula])
def test_a_formula_gives_the_value_that_was_saved_with_it_and_hidden_rows_are_rows(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    write(tmp_path / "a.dat")

    assert reading(tmp_path / "a.dat").rows == [("A1", "42"), ("A2", "1")]


def by_openpyxl(path: Path, rows: Sheet) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def by_openpyxl_row_by_row(path: Path, rows: Sheet) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("A")
    for row in rows:
        sheet.append(row)
    book.save(path)


def by_polars(path: Path, rows: Sheet) -> None:
    pl.DataFrame(rows[1:], schema=rows[0], orient="row").write_excel(path)


def by_polars_below_a_title(path: Path, rows: Sheet) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("A").write(0, 0, "Preisliste 2024")
        pl.DataFrame(rows[1:], schema=rows[0], orient="row").write_excel(book, worksheet="A", position="B4")


WORKBOOKS: dict[str, Callable[[Path, Sheet], None]] = {
    "openpyxl": by_openpyxl,
    "openpyxl, row by row": by_openpyxl_row_by_row,
    "XlsxWriter": lambda path, rows: write_xlsx(path, {"A": rows}),
    "Polars": by_polars,
    "Polars, below a title": by_polars_below_a_title,
}


@pytest.mark.parametrize("writer", WORKBOOKS)
def test_xlsx_of_each_writer_is_read_to_the_same_table(tmp_path: Path, writer: str) -> None:
    rows: Sheet = [["sku", "ean", "price", "day", "note"]]
    rows += [[f"{i:05d}", 4006381333931 + i, i + 0.25, DAY, "ä <&> \n" if i % 2 else None] for i in range(8)]
    WORKBOOKS[writer](tmp_path / "a.xlsx", rows)

    found = reading(tmp_path / "a.xlsx")

    assert found.names == ("sku", "ean", "price", "day", "note")
    assert found.rows == [
        (f"{i:05d}", str(4006381333931 + i), f"{i + 0.25:g}", "2024-01-31", "ä <&> \n" if i % 2 else None)
        for i in range(8)
    ]
