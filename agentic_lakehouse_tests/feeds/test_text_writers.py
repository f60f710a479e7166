"""Delimited files as the usual writers write them are read to the table that was written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from agentic_lakehouse_tests.feeds.scene import reading, sniffed
from agentic_lakehouse_tests.feeds.writers_of_text import BARE, HEADLESS, PLAIN, QUOTING, ROWS, TITLES, Table, by_csv


def cells(rows: Table) -> list[tuple[str | None, ...]]:
    return [tuple(cell or None for cell in row) for row in rows]


@pytest.mark.parametrize("writer", QUOTING)
def test_each_writer_is_read_to_the_same_table(tmp_path: Path, writer: str) -> None:
    QUOTING[writer](tmp_path / "a.csv", ROWS)

    found = reading(tmp_path / "a.csv")

    assert found.names == tuple(TITLES)
    assert found.rows == cells(ROWS)
    assert found.broken == []


@pytest.mark.parametrize("writer", BARE)
def test_writers_that_quote_nothing_are_read_to_the_same_table(tmp_path: Path, writer: str) -> None:
    BARE[writer](tmp_path / "a.csv", PLAIN)

    found = reading(tmp_path / "a.csv")

    assert (found.names, found.rows, found.broken) == (tuple(TITLES), cells(PLAIN), [])


@pytest.mark.parametrize("writer", HEADLESS)
def test_a_table_without_header_is_read_from_its_first_row_on(tmp_path: Path, writer: str) -> None:
    HEADLESS[writer](tmp_path / "a.csv", PLAIN)

    found = reading(tmp_path / "a.csv")

    assert (found.names, found.rows, found.broken) == (("#1", "#2", "#3", "#4"), cells(PLAIN), [])


WORDS = {
    "utf-8": "Möbel – Żółta Стол 木",
    "utf-8-sig": "Möbel – Żółta Стол 木",
    "utf-16": "Möbel – Żółta Стол 木",
    "utf-16-le": "Möbel – Größe Żółta Стол",
    "utf-16-be": "Möbel – Größe Żółta Стол",
    "cp1250": "příliš žluťoučký kůň Żółta łódź tył",
    "cp1251": "Стол письменный дубовый, цвет орех – «Люкс»",
    "cp1252": "Möbel Größe weiß “quoted” – Café naïve €",
    "cp1253": "Τραπέζι ξύλινο μεγάλο Άνεση",
    "cp1254": "Şık ahşap masa, ığdır çiçeği öğünç",
    "cp1255": "שולחן עץ גדול",
    "cp1256": "طاولة خشبية كبيرة",
    "cp1257": "ąžuolas šviesus žalias ėdė įrėžta",
    "iso8859-1": "Möbel Größe weiß Café naïve",
    "iso8859-2": "příliš žluťoučký kůň Żółta łódź tył",
    "iso8859-5": "Стол письменный дубовый цвет орех",
    "iso8859-7": "Τραπέζι ξύλινο μεγάλο Άνεση",
    "iso8859-9": "Şık ahşap masa, ığdır çiçeği öğünç",
    "iso8859-13": "ąžuolas šviesus žalias ėdė įrėžta",
    "iso8859-15": "Möbel Größe zu 12 € hors d’œuvre".replace("’", "'"),
    "cp850": "Möbel Größe weiß Café",
    "cp852": "příliš žluťoučký kůň Żółta łódź tył",
    "cp866": "Стол письменный дубовый цвет орех",
    "koi8_r": "Стол письменный дубовый цвет орех",
    "mac_roman": "Möbel Größe weiß Café “x” naïve",
    "shift_jis": "木製テーブル 大きい 椅子",
    "gb18030": "木制桌子 大号 椅子",
    "big5": "木製桌子 大號 椅子",
    "euc_kr": "나무 테이블 큰 의자",
}


@pytest.mark.parametrize("encoding", WORDS)
def test_every_usual_encoding_is_read_to_the_letters_that_were_written(tmp_path: Path, encoding: str) -> None:
    words = WORDS[encoding].split()
    rows = [[f"{i:04d}", " ".join(words[: 1 + i % len(words)]), words[i % len(words)], f"{i},5"] for i in range(40)]
    by_csv(tmp_path / "a.csv", rows, encoding=encoding, delimiter=";")

    assert reading(tmp_path / "a.csv").rows == cells(rows)


def test_line_ends_of_several_systems_in_one_file_are_all_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        for at, end in enumerate(["\r\n", "\n", "\r"] * 8):
            csv.writer(file, lineterminator=end).writerows([*([TITLES] if at == 0 else []), PLAIN[at]])

    assert reading(path).rows == cells(PLAIN)


def test_what_people_add_in_a_spreadsheet_is_told_from_the_table(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    over = [["Preisliste 2024", "", "", ""], ["", "", "", ""], ["Artikel", "", "Preis", ""], ["Nr", "Nr", "", "brutto"]]
    rows = [[f"A{i}", f"{i:03d}", f"{i},50", f"{i},99"] for i in range(12)]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";").writerows([*over, *rows, ["A12", "1"], ["Summe", "", "66,00", ""]])
        file.write("\n\n")

    fmt = sniffed(path)
    found = reading(path, fmt)

    assert (fmt.header_row, fmt.header_rows) == (3, 2)
    assert found.names == ("Artikel Nr", "Artikel Nr#2", "Preis", "Preis brutto")
    assert found.rows == cells(rows)
    assert found.faults == [(17, "footer"), (18, "footer")]
