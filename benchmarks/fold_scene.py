"""A German garden catalogue of any length as bronze, and the mapping of it: what the fold is measured on.

One row in a thousand has a wrong GTIN, one in two thousand a sale price above its price, one in five
thousand an availability that is none. The second delivery corrects and adds articles.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.tables import BRONZE_LINEAGE

FIRST, SECOND = "00000001-000000000001", "00000002-000000000002"
"""Deliveries."""
COLUMNS = {
    "artikel_nr": "string",
    "ean": "string",
    "bezeichnung": "string",
    "beschreibung": "string",
    "marke": "string",
    "warengruppe": "string",
    "vk_preis": "decimal(18,4)",
    "aktionspreis": "decimal(18,4)",
    "ek_netto": "decimal(18,4)",
    "waehrung": "string",
    "lagerbestand": "long",
    "verfuegbarkeit": "string",
    "gewicht_g": "decimal(18,4)",
    "geaendert_am": "date",
}
BRONZE = {**COLUMNS, **{c.name: c.type for c in BRONZE_LINEAGE}}
EXPRESSIONS = {
    "source_product_id": '"artikel_nr"',
    "gtin": '"ean"',
    "title": '"bezeichnung"',
    "description": '"beschreibung"',
    "brand": '"marke"',
    "category": "join_path(\"warengruppe\", '>')",
    "price": '"vk_preis"',
    "sale_price": '"aktionspreis"',
    "cost_price": '"ek_netto"',
    "currency": '"waehrung"',
    "availability": (
        "value_map(\"verfuegbarkeit\", 'auf Lager', 'in_stock', 'nicht lieferbar', 'out_of_stock', "
        "'wenige verfügbar', 'in_stock')"
    ),
    "stock_quantity": '"lagerbestand"',
    "weight_kg": "convert_unit(\"gewicht_g\", 'g', 'kg')",
    "source_updated_at": '"geaendert_am"',
}
"""As the embedded planner maps `data/landing/gartenhof/preisliste`."""
MAPPING = Mapping(
    feed="gartenhof/preisliste",
    standard="product_core.product@3.2.1",
    columns=tuple(ColumnMapping(target=t, sources=(), expression=e) for t, e in EXPRESSIONS.items()),
)
FACTS = {
    "_vendor_name": "gartenhof",
    "_source_table": "gartenhof__preisliste",
    "_vendor_currency": "EUR",
    "_vendor_country": "DE",
    "_vendor_locale": "de_DE",
}


def write_bronze(path: Path, articles: range, *, delivery: str, day: str, rise: int = 0) -> None:
    """Write a delivery of these articles as the loader does; prices are `rise` cents up."""
    weighed = " + ".join(f"{3 if i % 2 else 1} * CAST(substr(g, {i + 1}, 1) AS INT)" for i in range(12))
    duckdb.sql(f"""
    COPY (
        WITH n AS (
            SELECT i, CAST(hash(i) % 1000000007 AS BIGINT) AS h, '400' || lpad(CAST(i AS VARCHAR), 9, '0') AS g
            FROM range({articles.start}, {articles.stop}) AS t(i)
        ),
        priced AS (
            SELECT *, {weighed} AS weighed, CAST(10 + (h % 490000) / 1000.0 + {rise} / 100.0 AS DECIMAL(18, 4)) AS price
            FROM n
        )
        SELECT 'A' || lpad(CAST(i AS VARCHAR), 8, '0') AS artikel_nr,
            g || CAST(((10 - weighed % 10) % 10 + CAST(i % 1000 = 23 AS INT)) % 10 AS VARCHAR) AS ean,
            'Gartenschere Komfort Nr. ' || (i % 9973) || ' Größe ' || ['S', 'M', 'L'][i % 3 + 1] AS bezeichnung,
            'Aus nachwachsenden Rohstoffen gefertigt, Nr. ' || (h % 4001) || '. Für Hobby und Beruf geeignet. '
                || 'Fünf Jahre Garantie.' AS beschreibung,
            ['Grünwerk', 'Gartenfreund', 'Hofmeister', 'Blattgold'][h % 4 + 1] AS marke,
            'Garten > ' || ['Bewässerung', 'Werkzeug', 'Pflanzen', 'Möbel', 'Licht'][h % 5 + 1] AS warengruppe,
            price AS vk_preis,
            CASE WHEN i % 3 = 0 THEN CAST(price * CASE WHEN i % 2000 = 99 THEN 2 ELSE 0.8 END AS DECIMAL(18, 4)) END
                AS aktionspreis,
            CAST(price * 0.6 AS DECIMAL(18, 4)) AS ek_netto,
            'EUR' AS waehrung,
            h % 900 AS lagerbestand,
            CASE WHEN i % 5000 = 11 THEN 'auf Anfrage'
                ELSE ['auf Lager', 'nicht lieferbar', 'wenige verfügbar'][h % 3 + 1] END AS verfuegbarkeit,
            CAST(50 + h % 9000 AS DECIMAL(18, 4)) AS gewicht_g,
            DATE '2026-01-01' + CAST(h % 250 AS INT) AS geaendert_am,
            '{delivery}' AS _delivery_id,
            i - {articles.start} + 1 AS _row_number,
            repeat('5', 64) AS _spec_sha256,
            'run' AS _run_id,
            TIMESTAMPTZ '{day} 00:00:00Z' AS _ingested_at,
            DATE '{day}' AS ingestion_date,
            'gartenhof' AS vendor_name
        FROM priced
    ) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
    """)
