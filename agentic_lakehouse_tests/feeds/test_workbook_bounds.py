from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import sheet_process
from agentic_lakehouse_tests.feeds.scene import sniffed


def test_a_sheet_of_immense_size_takes_only_its_own_process_down(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.active.cell(1_048_576, 16_384).value = "y"
    book.save(tmp_path / "a.xlsx")

    with pytest.raises(FeedUnreadable, match="immense size"):
        sniffed(tmp_path / "a.xlsx")


@pytest.mark.parametrize("size", [600, 2_000, 4_600, 5_000])
def test_an_old_workbook_that_is_cut_off_is_refused(tmp_path: Path, size: int) -> None:
    book = xlwt.Workbook()
    book.add_sheet("A").write(0, 0, "a")
    path = tmp_path / "a.xls"
    book.save(str(path))
    path.write_bytes(path.read_bytes()[:size])

    with pytest.raises(FeedUnreadable, match="is no readable workbook"):
        sniffed(path)


def test_a_workbook_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    monkeypatch.setattr(sheet_process, "MAX_SECONDS", 0)

    with pytest.raises(FeedUnreadable, match="takes more than 0 s"):
        sniffed(tmp_path / "a.xlsx")


def test_another_office_file_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.odt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")

    with pytest.raises(FeedUnreadable, match="is an Office file but no workbook"):
        sniffed(path)
