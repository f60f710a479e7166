"""A German semicolon price list of any length: decimal commas, dates d.m.Y, GTINs, quoted texts, a few faults.

About 215 bytes a row. One row in a thousand has a price that is none, another one a GTIN with a wrong check digit.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

FAULTS = 1_000
"""One row in so many has each fault."""
HEADER = (
    "Artikelnummer",
    "Bezeichnung",
    "EAN",
    "Marke",
    "Warengruppe",
    "Preis netto",
    "UVP",
    "Währung",
    "Bestand",
    "Gewicht kg",
    "Geändert am",
    "Beschreibung",
)


def select(rows: int) -> str:
    """Return the SQL of `rows` rows, always the same ones, under the names of `HEADER`."""
    weighed = " + ".join(f"{3 if i % 2 else 1} * CAST(substr(g, {i + 1}, 1) AS INT)" for i in range(12))
    return f"""
        WITH n AS (
            SELECT i, CAST(hash(i) % 1000000007 AS BIGINT) AS h, '400' || lpad(CAST(i AS VARCHAR), 9, '0') AS g
            FROM range({rows}) AS t(i)
        ),
        weighed AS (SELECT *, {weighed} AS weighed FROM n)
        SELECT 'A' || lpad(CAST(i AS VARCHAR), 8, '0') AS "Artikelnummer",
            'Ringordner; ' || (i % 97) || ' mm' AS "Bezeichnung",
            g || CAST(((10 - weighed % 10) % 10 + CAST(i % {FAULTS} = 23 AS INT)) % 10 AS VARCHAR) AS "EAN",
            ['Grünwerk', 'Büromeister', 'Hofmann & Söhne', 'Blattgold'][h % 4 + 1] AS "Marke",
            'Büro > Ablage > ' || ['Ordner', 'Mappen', 'Hefter', 'Register'][h % 4 + 1] AS "Warengruppe",
            CASE WHEN i % {FAULTS} = 17 THEN 'auf Anfrage'
                ELSE printf('%d,%02d', h % 900, h % 100) END AS "Preis netto",
            printf('%d.%03d,%02d', h % 9 + 1, h % 1000, h % 100) AS "UVP",
            'EUR' AS "Währung",
            h % 900 AS "Bestand",
            printf('%d,%03d', h % 9, h % 1000) AS "Gewicht kg",
            strftime(DATE '2026-01-01' + CAST(h % 250 AS INT), '%d.%m.%Y') AS "Geändert am",
            'Aus nachwachsenden Rohstoffen; für Büro und Heim. "Stabil" seit ' || (1950 + h % 70) || '.'
                AS "Beschreibung"
        FROM weighed
    """


def write(path: Path, rows: int) -> None:
    """Write `rows` rows to `path`, streaming."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar=false")
        connection.execute(f"COPY ({select(rows)}) TO '{path}' (FORMAT csv, DELIMITER ';', HEADER true)")
