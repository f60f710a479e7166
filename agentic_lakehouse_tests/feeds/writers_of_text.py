"""One table, as the usual writers of delimited text write it, each in its own manner."""

from __future__ import annotations

import csv
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow.csv
import pytest

Table = Sequence[Sequence[str]]
Write = Callable[[Path, Table], None]

TITLES = ["sku", "name", "note", "price"]
NAMES = ["Stuhl; rot", "Tisch, rund", 'Lampe 24"', "Bank | 2 m", "Regal\ngroß", "Sofa"]
NOTES = ["", "it's ok", "a\\b", "ä ß €"]
ROWS = [[f"{i:05d}", NAMES[i % 6], NOTES[i % 4], f"{i}.50"] for i in range(24)]
PLAIN = [[f"{i:05d}", f"Stuhl {i}", f"ä ß {i}", f"{i}.50"] for i in range(24)]
"""Rows for writers that quote nothing."""


def by_csv(path: Path, rows: Table, *, encoding: str = "utf-8", **dialect: Any) -> None:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, **dialect).writerows([TITLES, *rows])


def by_duckdb(path: Path, rows: Table, *, options: str = "HEADER") -> None:
    with duckdb.connect() as connection:
        connection.register("t", frame(rows).to_arrow())
        connection.execute(f"COPY t TO '{path}' (FORMAT csv, {options})")


def by_polars(path: Path, rows: Table, **options: Any) -> None:
    frame(rows).write_csv(path, **options)


def by_pyarrow(path: Path, rows: Table, **options: Any) -> None:
    pyarrow.csv.write_csv(frame(rows).to_arrow(), path, pyarrow.csv.WriteOptions(**options))


def by_numpy(path: Path, rows: Table, *, delimiter: str) -> None:
    cells = np.array([TITLES, *rows], dtype=object)
    np.savetxt(path, cells, fmt="%s", delimiter=delimiter, encoding="utf-8")


def by_sqlite(path: Path, rows: Table) -> None:
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed")
    database = path.with_suffix(".db")
    with sqlite3.connect(database) as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(TITLES)})")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    connection.close()
    with path.open("wb") as file:
        subprocess.run(["sqlite3", "-header", "-csv", str(database), "SELECT * FROM t"], stdout=file, check=True)


def frame(rows: Table) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=TITLES, orient="row")


QUOTING: dict[str, Write] = {
    "csv": by_csv,
    "csv, tabs": partial(by_csv, dialect="excel-tab"),
    "csv, all quoted": partial(by_csv, dialect="unix"),
    "csv, apostrophes": partial(by_csv, quotechar="'", quoting=csv.QUOTE_ALL, delimiter=";"),
    "csv, escapes": partial(by_csv, escapechar="\\", doublequote=False),
    "csv, all quoted, escapes": partial(
        by_csv, escapechar="\\", doublequote=False, quoting=csv.QUOTE_ALL, delimiter=";", lineterminator="\r\n"
    ),
    **{f"csv, {d!r}": partial(by_csv, delimiter=d) for d in ";|#~^\x01\x1f¦§!*@=: "},
    "DuckDB": by_duckdb,
    "DuckDB, semicolons": partial(by_duckdb, options="HEADER, DELIMITER ';'"),
    "DuckDB, two bars": partial(by_duckdb, options="HEADER, DELIMITER '||'"),
    "DuckDB, three characters": partial(by_duckdb, options="HEADER, DELIMITER '~|~'"),
    "DuckDB, apostrophes": partial(by_duckdb, options="HEADER, QUOTE '''', ESCAPE ''''"),
    "DuckDB, escapes": partial(by_duckdb, options="HEADER, ESCAPE '\\'"),
    "DuckDB, all quoted": partial(by_duckdb, options="HEADER, FORCE_QUOTE *"),
    "Polars": by_polars,
    "Polars, tabs": partial(by_polars, separator="\t"),
    "Polars, all quoted": partial(by_polars, quote_style="always"),
    "Polars, marked, CRLF": partial(by_polars, include_bom=True, line_terminator="\r\n"),
    "PyArrow": by_pyarrow,
    "PyArrow, semicolons": partial(by_pyarrow, delimiter=";"),
    "PyArrow, all quoted": partial(by_pyarrow, quoting_style="all_valid"),
    "SQLite": by_sqlite,
}
BARE: dict[str, Write] = {
    **{f"NumPy, {d!r}": partial(by_numpy, delimiter=d) for d in ["||", "~~", " | ", "::", "\t\t", ";"]},
    "csv, CR": partial(by_csv, lineterminator="\r"),
    "csv, nothing quoted": partial(by_csv, quoting=csv.QUOTE_NONE),
    "Polars, nothing quoted": partial(by_polars, quote_style="never", separator="|"),
    "PyArrow, nothing quoted": partial(by_pyarrow, quoting_style="none"),
}
HEADLESS: dict[str, Write] = {
    "DuckDB": partial(by_duckdb, options="HEADER false"),
    "Polars": partial(by_polars, include_header=False),
    "PyArrow": partial(by_pyarrow, include_header=False),
}
