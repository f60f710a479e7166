"""How vendors write things down: numbers, delimited text and workbooks, each without a trace of the clock."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import openpyxl

Row = dict[str, Any]


def number(value: Decimal | None, *, thousands: str = ".", decimal: str = ",") -> str:
    """Write a number to two places with the given marks; nothing for no number."""
    if value is None:
        return ""
    return f"{value:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)


def stock_word(stock: int, plenty: str, few: str, none: str) -> str:
    """Say a stock level in a vendor's words."""
    return none if stock == 0 else few if stock < 5 else plenty


def wrong_digit(gtin: str) -> str:
    """Spoil a check digit."""
    return gtin[:-1] + str((int(gtin[-1]) + 1) % 10)


def delimited(rows: Sequence[Row], delimiter: str) -> str:
    """Write rows as delimited text under a header; a row may lack cells at its end or have too many."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return out.getvalue()


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """Write an Excel workbook that does not tell when it was written."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    saved, out = io.BytesIO(), io.BytesIO()
    book.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-09-01T00:00:00Z", old.read(name))
            new.writestr(zipfile.ZipInfo(name, (2026, 9, 1, 0, 0, 0)), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()
