"""The SQL of the fold: which rows of bronze stand in a slice of core, and what becomes of the others.

Rows are told apart by (delivery, row) and put in order by it. First each gets a verdict: its key, and
whether anything is wrong with it. From keys alone follows which rows are left out, and why. The few faulty
ones are judged once more for what is wrong. Only then is the slice itself written: values of the others, of
which no rule is asked again. So memory holds keys, never whole rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import RULES_SHA256, TableSchema
from agentic_lakehouse.pipeline.judgement import Fault, Judgement
from agentic_lakehouse.pipeline.removal import ROW, ROW_TYPES, key_of, key_types, removed
from agentic_lakehouse.sql.types import listed, literal, quote

DUPLICATE_KEY = "duplicate_key"
LEFT_OUT = {**ROW_TYPES, "why": "string"}
"""Columns of `left_out`. `why` is `rejected`, `duplicate_key`, `superseded` or `removed`."""
COUNTS = f"""
SELECT (SELECT count(*) FROM verdicts) AS rows_in,
    (SELECT count(*) FROM left_out WHERE why IN ('rejected', '{DUPLICATE_KEY}')) AS rejected
"""
"""What went in, and what core refuses of it."""


@dataclass(frozen=True)
class Deliveries:
    """What a fold is about."""

    new: tuple[str, ...] | None
    """Deliveries to fold into the slice as it stands; `None` folds all of bronze anew."""
    full: tuple[str, ...] = ()
    """Those that hold everything, also those without a row; empty where deliveries hold changes only."""

    @property
    def where(self) -> str:
        """Predicate that is true of the rows to fold."""
        if self.new is None:
            return "true"
        return f"_delivery_id IN ({listed(self.new)})" if self.new else "false"


def verdicts(judgement: Judgement, standard: ProductStandard, deliveries: Deliveries) -> tuple[str, dict[str, str]]:
    """Return a query over `bronze` with a line for each row to fold, and its types."""
    flags = {"_rejected": judgement.rejected, "_faulty": judgement.faulty}
    if deliveries.full:
        flags["_doubt"] = judgement.doubt
    asked = ", ".join([key_of(standard), ROW, *(f"{sql} AS {name}" for name, sql in flags.items())])
    rows = f"(SELECT * FROM bronze WHERE {deliveries.where})"
    types = {**key_types(standard), **ROW_TYPES, **dict.fromkeys(flags, "boolean")}
    return f"SELECT {asked} FROM ({judgement.over(rows)})", types


def left_out(standard: ProductStandard, deliveries: Deliveries) -> str:
    """Return a query over `verdicts`, `current` and `error_keys` that gives the rows which core is without.

    Of each key the latest row stands; earlier ones of its delivery are duplicates, those of other deliveries
    are superseded. Rows of the slice as it stands are among them, where a folded row supersedes them.
    """
    key = key_of(standard)
    parts = f"""
    accepted AS (SELECT {key}, {ROW} FROM verdicts WHERE NOT _rejected),
    repeated AS (SELECT {key} FROM accepted GROUP BY {key} HAVING count(*) > 1),
    versions AS (
        SELECT {ROW},
            row_number() OVER (PARTITION BY {key} ORDER BY _delivery_id DESC, _row_number DESC) AS version,
            row_number() OVER (PARTITION BY {key}, _delivery_id ORDER BY _row_number DESC) AS copy
        FROM accepted SEMI JOIN repeated USING ({key})
    ),
    earlier AS (
        SELECT {ROW}, CASE WHEN copy > 1 THEN '{DUPLICATE_KEY}' ELSE 'superseded' END AS why
        FROM versions WHERE version > 1
    ),
    latest AS (SELECT {key}, {ROW} FROM accepted ANTI JOIN earlier USING ({ROW}))"""
    found = f"SELECT {ROW}, 'rejected' AS why FROM verdicts WHERE _rejected UNION ALL FROM earlier"
    stands = "FROM latest"
    if deliveries.new is not None:
        # A key is there once on either side. Of a pair the newer row stays, whichever side it is on.
        parts += f""",
    standing AS (SELECT {key}, {ROW} FROM current WHERE NOT {deliveries.where}),
    pairs AS (
        SELECT least((s._delivery_id, s._row_number), (l._delivery_id, l._row_number)) AS older
        FROM standing s JOIN latest l USING ({key})
    ),
    outdated AS (SELECT older[1] AS _delivery_id, older[2] AS _row_number, 'superseded' AS why FROM pairs)"""
        found += " UNION ALL FROM outdated"
        stands = f"FROM (FROM latest UNION ALL FROM standing) ANTI JOIN outdated USING ({ROW})"
    if deliveries.full:
        parts += f""",
    candidates AS ({stands}),
    sightings AS (
        SELECT {key}, _delivery_id, _doubt FROM verdicts
        UNION ALL SELECT {key}, _delivery_id, _doubt FROM error_keys
    ),{removed(standard, deliveries.full)}"""
        found += f" UNION ALL SELECT {ROW}, 'removed' AS why FROM removed"
    return f"WITH {parts} {found}"


def faulty(judgement: Judgement, standard: ProductStandard) -> tuple[str, dict[str, str]]:
    """Return a query over `bronze`, `verdicts` and `left_out` that judges faulty rows again, and its types.

    This time for what is wrong with them; `_repeats` is true of those that a later row of their delivery repeats.
    """
    rows = f"""(
        SELECT b.*, to_json(b)::VARCHAR AS _raw, p._repeats
        FROM bronze b JOIN (
            SELECT {ROW}, bool_or(repeats) AS _repeats FROM (
                SELECT {ROW}, false AS repeats FROM verdicts WHERE _faulty
                UNION ALL SELECT {ROW}, true FROM left_out WHERE why = '{DUPLICATE_KEY}'
            ) GROUP BY ALL
        ) p USING ({ROW})
    )"""
    types = {c.name: c.physical_type for c in standard.columns} | ROW_TYPES
    types |= {"_ingestion_date": "date", RULES_SHA256: "string", "_raw": "string", "_repeats": "boolean"}
    for fault in judgement.faults:
        types |= {fault.flag: "boolean", fault.value: "string"}
    return judgement.over(rows, carry=("_raw", "_repeats")), types


def new_slice(
    judgement: Judgement, core: TableSchema, deliveries: Deliveries, *, mapping_sha256: str, run_id: str
) -> str:
    """Return a query over `bronze`, `left_out`, `faulty` and `current` that gives the new slice."""
    lineage = {"_mapping_sha256": literal(mapping_sha256), "_run_id": literal(run_id)}
    items = ", ".join(f"{lineage[c]} AS {quote(c)}" if c in lineage else quote(c) for c in core.types)
    clean = f"""(
        SELECT * FROM bronze
        ANTI JOIN (SELECT {ROW} FROM left_out UNION ALL SELECT {ROW} FROM faulty) USING ({ROW})
        WHERE {deliveries.where}
    )"""
    fresh = f"""
    SELECT {items} FROM ({judgement.of_clean(clean)})
    UNION ALL SELECT {items} FROM faulty ANTI JOIN left_out USING ({ROW})"""
    if deliveries.new is None:
        return fresh
    columns = ", ".join(quote(c) for c in core.types)
    stay = f"SELECT {columns} FROM current ANTI JOIN left_out USING ({ROW}) WHERE NOT {deliveries.where}"
    return f"{fresh} UNION ALL {stay}"


def errors(judgement: Judgement, *, vendor_name: str, source_table: str, mapping_sha256: str, run_id: str) -> str:
    """Return a query over `faulty` that gives the rows of `mapping_errors`."""
    repeat = Fault(-1, DUPLICATE_KEY, None, "reject_row", "a later row of the same delivery has the same key")
    faults = [_fault(fault, fault.flag, fault.value) for fault in judgement.faults]
    faults.append(_fault(repeat, "_repeats", "NULL::VARCHAR"))
    return f"""
    SELECT {literal(vendor_name)} AS vendor_name, {literal(source_table)} AS source_table,
        _ingestion_date AS ingestion_date, {ROW}, fault.rule, fault."column", fault.cost, fault.value, fault.message,
        _raw AS raw, {literal(mapping_sha256)} AS mapping_sha256, 'open' AS status, {literal(run_id)} AS _run_id
    FROM (SELECT {ROW}, _ingestion_date, _raw, unnest([{", ".join(faults)}]) AS fault FROM faulty)
    WHERE fault IS NOT NULL"""


def _fault(fault: Fault, flag: str, value: str) -> str:
    fields = {
        "rule": literal(fault.rule),
        "column": literal(fault.column) if fault.column else "NULL::VARCHAR",
        "cost": literal(fault.cost),
        "value": value,
        "message": literal(fault.message),
    }
    packed = ", ".join(f"{quote(name)} := {sql}" for name, sql in fields.items())
    return f"CASE WHEN {flag} THEN struct_pack({packed}) END"
