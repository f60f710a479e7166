"""The same fold as a good engineer writes it by hand for this one feed: the same rules, rows, errors and files.

Rows are judged once, into a temporary table; what the columns can never be is not asked. Nothing here is
general: another column, rule or fact means other SQL.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

SPACE = r"[\s\x{00a0}\x{2007}\x{200b}\x{202f}\x{3000}\x{feff}]"
CHECK_DIGIT = " + ".join(f"{3 if n % 2 else 1} * (ean_number // {10**n})" for n in range(14))
FAULTS = {
    "no_availability": ("availability_converts", "availability", "verfuegbarkeit"),
    "no_weight": ("weight_kg_converts", "weight_kg", "gewicht_g"),
    "bad_gtin": ("gtin_pattern", "gtin", "ean"),
    "long_brand": ("brand_max_length", "brand", "marke"),
    "negative_cost": ("cost_price_minimum", "cost_price", "ek_netto"),
    "bad_currency": ("currency_pattern", "currency", "waehrung"),
    "negative_weight": ("weight_kg_minimum", "weight_kg", "weight"),
    "bad_check_digit": ("gtin_check_digit", "gtin", "ean"),
}
"""Flag to the rule, its column, and where the faulty value is: faults that cost a cell."""
REJECTING = {
    "no_id": ("source_product_id_required", "source_product_id", "NULL"),
    "long_id": ("source_product_id_max_length", "source_product_id", "source_product_id"),
    "no_title": ("title_required", "title", "NULL"),
    "short_title": ("title_min_length", "title", "title"),
    "long_title": ("title_max_length", "title", "title"),
    "negative_price": ("price_minimum", "price", "price"),
    "negative_sale": ("sale_price_minimum", "sale_price", "sale_price"),
    "no_day": ("ingestion_date_required", "ingestion_date", "NULL"),
    "sale_far_below": ("sale_not_far_below_price", "sale_price", "sale_price"),
    "sale_above": ("sale_le_price", None, "NULL"),
    "cost_far_off": ("price_near_cost", None, "NULL"),
}
"""The same of faults that cost the row."""
JUDGED = f"""
CREATE TEMP TABLE judged AS
WITH mapped AS (
    SELECT _delivery_id, _row_number, ingestion_date,
        artikel_nr AS source_product_id, ean, TRY_CAST(ean AS BIGINT) AS ean_number, bezeichnung AS title,
        beschreibung AS description, marke,
        nullif(regexp_replace(
            regexp_replace(warengruppe, '^(?:{SPACE}|>)+|(?:{SPACE}|>)+$', '', 'g'),
            '{SPACE}*(?:>{SPACE}*)+', ' > ', 'g'
        ), '') AS category,
        vk_preis AS price, aktionspreis AS sale_price, ek_netto, waehrung, verfuegbarkeit,
        CASE lower(trim(verfuegbarkeit)) WHEN 'auf lager' THEN 'in_stock' WHEN 'nicht lieferbar' THEN 'out_of_stock'
            WHEN 'wenige verfügbar' THEN 'in_stock' END AS availability,
        lagerbestand AS stock_quantity, gewicht_g,
        TRY_CAST(TRY(gewicht_g * 0.001) AS DECIMAL(18, 6)) AS weight,
        CAST(geaendert_am AS TIMESTAMPTZ) AS source_updated_at
    FROM rows
),
flagged AS (
    SELECT *,
        availability IS NULL AND nullif(trim(verfuegbarkeit), '') IS NOT NULL AS no_availability,
        weight IS NULL AND gewicht_g IS NOT NULL AS no_weight,
        NOT regexp_full_match(ean, '\\d{{8}}|\\d{{12}}|\\d{{13}}|\\d{{14}}') AS bad_gtin,
        NOT least(regexp_full_match(ean, '\\d{{8}}|\\d{{12,14}}|\\d{{17,18}}'), ({CHECK_DIGIT}) % 10 = 0)
            AS bad_check_digit,
        length(marke) > 120 AS long_brand,
        ek_netto < 0 AS negative_cost,
        NOT regexp_full_match(waehrung, '[A-Z]{{3}}') AS bad_currency,
        weight < 0 AS negative_weight
    FROM mapped
),
cleaned AS (
    SELECT *,
        CASE WHEN bad_gtin OR bad_check_digit THEN NULL ELSE ean END AS gtin,
        CASE WHEN long_brand THEN NULL ELSE marke END AS brand,
        CASE WHEN negative_cost THEN NULL ELSE ek_netto END AS cost_price,
        CASE WHEN negative_weight THEN NULL ELSE weight END AS weight_kg,
        CASE WHEN NOT coalesce(bad_currency, waehrung IS NULL) THEN waehrung
            WHEN coalesce(price, sale_price, CASE WHEN negative_cost THEN NULL ELSE ek_netto END) IS NOT NULL
            THEN 'EUR' END AS currency
    FROM flagged
),
filled AS (SELECT * REPLACE (coalesce(source_product_id, gtin) AS source_product_id) FROM cleaned),
ruled AS (
    SELECT *,
        source_product_id IS NULL AS no_id,
        length(source_product_id) > 128 AS long_id,
        title IS NULL AS no_title,
        length(title) < 1 AS short_title,
        length(title) > 500 AS long_title,
        price < 0 AS negative_price,
        sale_price < 0 AS negative_sale,
        ingestion_date IS NULL AS no_day,
        sale_price > 0 AND CAST(sale_price AS DECIMAL(38, 10)) * 50 < price AS sale_far_below,
        sale_price > price AS sale_above,
        cost_price > 0 AND price > 0 AND (price > CAST(cost_price AS DECIMAL(38, 10)) * 50
            OR cost_price > CAST(price AS DECIMAL(38, 10)) * 10) AS cost_far_off
    FROM filled
)
SELECT * EXCLUDE (ean_number),
    sha256('=gartenhof|=gartenhof__preisliste|=' || replace(replace(source_product_id, '~', '~~'), '|', '~.') || '|')
        AS product_key,
    coalesce({" OR ".join(REJECTING)}, false) AS rejected,
    coalesce({" OR ".join(FAULTS)}, false) AS emptied
FROM ruled
"""
CORE = """
product_key, 'gartenhof' AS vendor_name, 'gartenhof__preisliste' AS source_table, source_product_id,
NULL::VARCHAR AS item_group_id, NULL::VARCHAR AS sku, gtin, NULL::VARCHAR AS mpn, title, description, brand, category,
NULL::VARCHAR AS classification_code, price, sale_price, cost_price, currency, availability, stock_quantity,
NULL::VARCHAR AS "condition", weight_kg, NULL::DECIMAL(18, 4) AS length_cm, NULL::DECIMAL(18, 4) AS width_cm,
NULL::DECIMAL(18, 4) AS height_cm, NULL::VARCHAR AS color, NULL::VARCHAR AS size, NULL::VARCHAR AS product_url,
NULL::VARCHAR AS image_url, NULL::VARCHAR AS status, source_updated_at, ingestion_date, _delivery_id, _row_number,
'mapping' AS _mapping_sha256, 'run' AS _run_id
"""
EARLIER = """
CREATE TEMP TABLE earlier AS SELECT _delivery_id, _row_number, copy > 1 AS repeats FROM (
    SELECT _delivery_id, _row_number,
        row_number() OVER (PARTITION BY product_key ORDER BY _delivery_id DESC, _row_number DESC) AS version,
        row_number() OVER (PARTITION BY product_key, _delivery_id ORDER BY _row_number DESC) AS copy
    FROM judged WHERE NOT rejected
        AND product_key IN (SELECT product_key FROM judged WHERE NOT rejected GROUP BY ALL HAVING count(*) > 1)
) WHERE version > 1
"""
FRESH = f"SELECT {CORE} FROM judged ANTI JOIN earlier USING (_delivery_id, _row_number) WHERE NOT rejected"


def fold(bronze: list[Path], current: Path | None, out: Path, *, memory: str, threads: int) -> None:
    """Write `core.parquet` and `mapping_errors.parquet` into `out`: of all of bronze, or folded into `current`."""
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit='{memory}'; SET threads={threads}; SET TimeZone='UTC'")
        files = ", ".join(f"'{path}'" for path in bronze)
        connection.execute(f"CREATE VIEW rows AS FROM read_parquet([{files}])")
        connection.execute(JUDGED)
        connection.execute(EARLIER)
        slice_ = FRESH
        if current is not None:
            newer = "(SELECT product_key FROM judged WHERE NOT rejected)"
            slice_ = f"{FRESH} UNION ALL SELECT * FROM '{current}' ANTI JOIN {newer} USING (product_key)"
        write = "(FORMAT parquet, COMPRESSION zstd)"
        connection.execute(f"COPY ({slice_}) TO '{out / 'core.parquet'}' {write}")
        connection.execute(
            "CREATE TEMP TABLE faulty AS SELECT judged.*, coalesce(repeats, false) AS repeats FROM judged "
            "LEFT JOIN earlier USING (_delivery_id, _row_number) WHERE rejected OR emptied OR repeats"
        )
        connection.execute(f"COPY ({_errors()}) TO '{out / 'mapping_errors.parquet'}' {write}")


def _errors() -> str:
    told = [
        (flag, rule, f"'{column}'" if column else "NULL", value, cost)
        for faults, cost in ((FAULTS, "null_cell"), (REJECTING, "reject_row"))
        for flag, (rule, column, value) in faults.items()
    ]
    told.append(("repeats", "duplicate_key", "NULL", "NULL", "reject_row"))
    selects = [
        f"SELECT _delivery_id, _row_number, '{rule}' AS rule, {column} AS \"column\", "
        f"'{cost}' AS cost, CAST({value} AS VARCHAR) AS value, 'what it means' AS message FROM faulty WHERE {flag}"
        for flag, rule, column, value, cost in told
    ]
    return (
        "SELECT 'gartenhof' AS vendor_name, 'gartenhof__preisliste' AS source_table, b.ingestion_date, f.*, "
        "to_json(b)::VARCHAR AS raw, 'mapping' AS mapping_sha256, 'open' AS status, 'run' AS _run_id "
        f"FROM ({' UNION ALL '.join(selects)}) f JOIN rows b USING (_delivery_id, _row_number)"
    )
