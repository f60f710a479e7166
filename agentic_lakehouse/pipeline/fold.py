"""The SQL that folds judged rows into a slice of core: the latest version of a key wins.

Core is a pure function of bronze: `accepted` rows ordered by (delivery, row) under a key. A key twice in
one delivery keeps its last row, the others are `duplicate_key` errors; an older delivery's row is
superseded silently. Folding a new delivery into the current slice gives what folding everything gives.
"""

from __future__ import annotations

from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.pipeline.judgement import Fault, Judgement
from agentic_lakehouse.sql.types import literal, quote

DUPLICATE_KEY = "duplicate_key"


def ranked(judgement: Judgement, standard: ProductStandard) -> tuple[str, dict[str, str]]:
    """Return a judgement's query over `bronze` with `_rejected` and `_repeat` added, and its types.

    `_repeat` is 1 for the row of a key that its delivery ends with, more for the rows before it.
    """
    rejecting = [f.flag for f in judgement.faults if f.cost == "reject_row"]
    rejected = " OR ".join(rejecting) if rejecting else "false"
    key = ", ".join(quote(c) for c in standard.key)
    sql = (
        "SELECT *, row_number() OVER "
        f"(PARTITION BY _rejected, _delivery_id, {key} ORDER BY _row_number DESC) AS _repeat "
        f"FROM (SELECT *, ({rejected}) AS _rejected FROM ({judgement.sql}))"
    )
    return sql, {**judgement.types, "_rejected": "boolean", "_repeat": "long"}


def accepted(
    standard: ProductStandard, core: TableSchema, *, mapping_sha256: str, run_id: str, onto_current: bool
) -> str:
    """Return a query over `ranked_rows` (and `current`, the slice as it stands) that gives the new slice."""
    key = ", ".join(quote(c) for c in standard.key)
    lineage = {"_mapping_sha256": literal(mapping_sha256), "_run_id": literal(run_id)}
    items = ", ".join(f"{lineage[c]} AS {quote(c)}" if c in lineage else quote(c) for c in core.types)
    fresh = (
        f"SELECT {items} FROM ranked_rows WHERE NOT _rejected AND _repeat = 1 "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _delivery_id DESC, _row_number DESC) = 1"
    )
    if not onto_current:
        return fresh
    columns = ", ".join(quote(c) for c in core.types)
    return (
        f"WITH fresh AS ({fresh}) SELECT {columns} FROM fresh UNION ALL "
        f"SELECT {columns} FROM current ANTI JOIN fresh USING ({key})"
    )


def errors(judgement: Judgement, *, vendor_name: str, source_table: str, mapping_sha256: str, run_id: str) -> str:
    """Return a query over `ranked_rows` and `bronze` that gives the rows of `mapping_errors`."""
    flags = [f.flag for f in judgement.faults]
    any_flag = " OR ".join([*flags, "(NOT _rejected AND _repeat > 1)"])
    selects = [_fault_rows(f) for f in judgement.faults]
    selects.append(
        f"SELECT _delivery_id, _row_number, '{DUPLICATE_KEY}' AS rule, NULL::VARCHAR AS \"column\", "
        "'reject_row' AS cost, NULL::VARCHAR AS value, "
        "'a later row of the same delivery has the same key' AS message "
        "FROM faulty WHERE NOT _rejected AND _repeat > 1"
    )
    return (
        f"WITH faulty AS MATERIALIZED (SELECT * FROM ranked_rows WHERE {any_flag}), "
        f"found AS ({' UNION ALL '.join(selects)}) "
        f"SELECT {literal(vendor_name)} AS vendor_name, {literal(source_table)} AS source_table, "
        "b.ingestion_date, f.*, to_json(b)::VARCHAR AS raw, "
        f"{literal(mapping_sha256)} AS mapping_sha256, 'open' AS status, "
        f"{literal(run_id)} AS _run_id "
        "FROM found f JOIN bronze b USING (_delivery_id, _row_number)"
    )


def _fault_rows(fault: Fault) -> str:
    column = literal(fault.column) if fault.column else "NULL"
    return (
        f'SELECT _delivery_id, _row_number, {literal(fault.rule)} AS rule, {column} AS "column", '
        f"'{fault.cost}' AS cost, {fault.value} AS value, {literal(fault.message)} AS message "
        f"FROM faulty WHERE {fault.flag}"
    )


COUNTS = (
    "SELECT count(*) AS rows_in, "
    "count(*) FILTER (NOT _rejected AND _repeat = 1) AS accepted, "
    "count(*) FILTER (_rejected OR _repeat > 1) AS rejected FROM ranked_rows"
)
"""Counts over `ranked_rows`: what went in, what core takes, what it refuses."""
