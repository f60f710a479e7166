"""Write one sheet of a workbook as an Arrow file of text, in a process of its own.

The reader of workbooks is native code that takes its whole process down on some truncated and on hostile
files: a cell in the last row and column alone makes it ask for gigabytes. Here that process is a small
one, bounded in memory by what the workbook holds, and nothing else falls with it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl

from agentic_lakehouse.feeds.faults import unreadable

MAX_MEMORY = 8 << 30
"""Most address space of the process, in bytes."""
LEAST_MEMORY = 3 << 29
MEMORY_PER_BYTE = 16
"""What it gets for any workbook, and for each byte of its parts: a cell takes more than ten of them, and once parsed,
converted and copied less than two hundred."""
MAX_SECONDS = 300
REFUSED = 3
"""Exit code where the reader itself says what is wrong."""

ERROR_VALUES = {
    "NA": "#N/A",
    "Div0": "#DIV/0!",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}
"""Faults of formulas, as the reader calls them and as Excel shows them."""


def sheet_cells(path: Path, sheet: str | None, *, name: str) -> tuple[str, pl.DataFrame]:
    """Return a sheet's name and its cells as text, null where blank; row 1 of the sheet is the frame's first.

    Args:
        path: local workbook, unpacked.
        sheet: which one; `None` is the visible one with the most cells.
        name: what messages call the file.

    Raises:
        FeedUnreadable: the workbook is damaged, protected or too large, or has no such sheet with values.
    """
    with tempfile.TemporaryDirectory(prefix="lakehouse-sheet-") as folder:
        cells = Path(folder) / "cells.arrow"
        command = [sys.executable, "-P", "-m", __name__, str(path), str(cells), *([sheet] if sheet else [])]
        try:
            done = subprocess.run(  # noqa: S603 - our own module, no shell
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=MAX_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise _damaged(name, f"reading it takes more than {MAX_SECONDS} s") from error
        if done.returncode == REFUSED:
            raise _damaged(name, done.stderr.decode("utf-8", "replace").strip())
        if done.returncode:
            raise unreadable(
                name,
                "is no readable workbook (its parts contradict each other, or it claims a sheet of immense size)",
                hint="Delete what stands far below or beside the table, and save it as XLSX without a password.",
            )
        found = done.stdout.decode()
        if not cells.exists():
            raise unreadable(
                name, "has no visible sheet with values", hint="Ask the vendor for the sheet with the table."
            )
        return found, pl.read_ipc(cells)


def _damaged(name: str, cause: str) -> Exception:
    return unreadable(
        name, f"is no readable workbook ({cause})", hint="Ask the vendor to save it as XLSX without a password."
    )


def _main(source: str, target: str, sheet: str | None = None) -> int:
    import fastexcel

    if sys.platform != "win32":
        import resource

        memory = min(MAX_MEMORY, LEAST_MEMORY + MEMORY_PER_BYTE * _unpacked_size(source))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        book = fastexcel.read_excel(source)
        found = (sheet, _load(book, sheet)[1]) if sheet else _fullest(book)
    except fastexcel.FastExcelError as error:
        sys.stderr.write(str(error).partition("\n")[0])
        return REFUSED
    if found is not None:
        sys.stdout.buffer.write(found[0].encode())
        found[1].write_ipc(target)
    return 0


def _unpacked_size(source: str) -> int:
    if not zipfile.is_zipfile(source):
        return Path(source).stat().st_size
    with zipfile.ZipFile(source) as archive:
        return sum(part.file_size for part in archive.infolist())


def _fullest(book: Any) -> tuple[str, pl.DataFrame] | None:
    best: tuple[int, str, pl.DataFrame] | None = None
    for sheet in book.sheet_names:
        visible, cells = _load(book, sheet)
        size = sum(cells.height - count for count in cells.null_count().row(0)) if cells.width else 0
        if size and visible and (best is None or size > best[0]):
            best = size, sheet, cells
    return best[1:] if best else None


def _load(book: Any, sheet: str) -> tuple[bool, pl.DataFrame]:
    """Load a sheet as text, whole, so that its rows count as a person counts them."""
    loaded = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    arrow, faults = loaded.to_arrow_with_errors()
    cells = pl.DataFrame(arrow)
    cells = cells.with_columns(pl.when(pl.all().str.strip_chars() != "").then(pl.all())) if cells.width else cells
    for fault in faults.errors if faults else ():
        row, column = fault.offset_position
        cells[row, column] = next(
            (text for word, text in ERROR_VALUES.items() if f"Error({word})" in fault.detail), None
        )
    return loaded.visible == "visible", cells


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
