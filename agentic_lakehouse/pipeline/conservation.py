"""Every row is accounted for: it stands in core, is kept as an error, gave way to a later row, or was removed.

Told from the tables alone, and not by what the fold noted. Rows that are in neither core nor errors are judged
once more, and only these: each must have its key in the slice from a later delivery, or a full delivery must
lack it. Where deliveries are folded into a slice, its rows that are gone must answer the same.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass

from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.pipeline.audit import Scope
from agentic_lakehouse.pipeline.fold_sql import Deliveries
from agentic_lakehouse.pipeline.judging import judge
from agentic_lakehouse.pipeline.removal import ROW, ROW_TYPES, error_keys, key_of, key_types, removed, same_key


@dataclass(frozen=True)
class Account:
    """What became of the rows that were folded, and of those that stood before."""

    rows: int
    """Rows of bronze that were folded."""
    rejected: int
    """Of them, those that stand in `mapping_errors` as rejected."""
    unaccounted: int
    """Rows that are lost, doubled, or come from nowhere."""


def account(
    scope: Scope,
    relations: Map[str, Relation],
    deliveries: Deliveries,
    *,
    mapping: Mapping,
    facts: Map[str, str | None],
) -> Account:
    """Account for every row of a fold.

    Args:
        scope: what to look at.
        relations: `bronze`, `slice` and `faults` of the branch; `published`, the slice on main, where deliveries
            are folded into it or are full; `bad`, the slice of `ingest_errors`, where they are full.
        deliveries: what was folded.
        mapping: the mapping that made the slice.
        facts: the run's facts.
    """
    standard, known = scope.standard, dict(relations)
    key, keys = key_of(standard), key_types(standard)
    judgement = judge(
        mapping, standard=standard, bronze_types=known["bronze"].types, facts=facts, unseen=scope.policy.unseen_value
    )
    again = judgement.over(f"(SELECT b.*, o._missing FROM bronze b JOIN open_rows o USING ({ROW}))", carry=["_missing"])
    flags = f"{judgement.rejected} AS _rejected, {judgement.doubt} AS _doubt, _missing"
    flag_types = dict.fromkeys(("_rejected", "_doubt", "_missing"), "boolean")

    def write(name: str, sql: str, types: dict[str, str]) -> Relation:
        staged = scope.engine.transform(sql, known, scope.staging / f"{name}.parquet", types=types, scratch=True)
        known[name] = Relation(files=[staged.path], types=types)
        return known[name]

    counts = scope.numbers(_counts(deliveries), known)
    write("open_rows", _open_rows(deliveries), {**ROW_TYPES, "_missing": "boolean"})
    write("judged", f"SELECT {key}, {ROW}, {flags} FROM ({again})", {**keys, **ROW_TYPES, **flag_types})
    if deliveries.full:
        write("error_keys", *error_keys(mapping, standard, known["bronze"].types, facts, where=deliveries.where))
    write("answers", _answers(standard, deliveries), {**keys, **ROW_TYPES, "why": "string"})
    lost = scope.numbers("SELECT count(*) AS n FROM answers WHERE why = 'lost'", known)["n"]
    return Account(
        rows=counts["rows"],
        rejected=counts["rejected"],
        unaccounted=lost + counts["invented"] + counts["stray"] + counts["doubled"],
    )


def _counts(deliveries: Deliveries) -> str:
    where = deliveries.where
    stood = "" if deliveries.new is None else f"UNION ALL SELECT {ROW} FROM published WHERE NOT {where}"
    return f"""
    WITH folded AS (SELECT {ROW} FROM bronze WHERE {where}),
    refused AS (SELECT DISTINCT {ROW} FROM faults WHERE cost = 'reject_row' AND {where}),
    origins AS (FROM folded {stood})
    SELECT (SELECT count(*) FROM folded) AS rows,
        (SELECT count(*) FROM refused) AS rejected,
        (SELECT count(*) FROM slice ANTI JOIN origins USING ({ROW})) AS invented,
        (SELECT count(*) FROM refused ANTI JOIN folded USING ({ROW})) AS stray,
        (SELECT count(*) FROM slice JOIN refused USING ({ROW})) AS doubled"""


def _open_rows(deliveries: Deliveries) -> str:
    """Rows to judge once more: those that are missing, and those whose faults may put their keys in doubt."""
    missing = f"""
    SELECT {ROW}, true AS _missing FROM bronze
    ANTI JOIN slice USING ({ROW})
    ANTI JOIN (SELECT {ROW} FROM faults WHERE cost = 'reject_row') USING ({ROW})
    WHERE {deliveries.where}"""
    if not deliveries.full:
        return missing
    faulty = f"SELECT {ROW}, false AS _missing FROM faults WHERE {deliveries.where}"
    return f"SELECT {ROW}, bool_or(_missing) AS _missing FROM ({missing} UNION ALL {faulty}) GROUP BY {ROW}"


def _answers(standard: ProductStandard, deliveries: Deliveries) -> str:
    """Say of each row that is not where it was, or should be, what became of it."""
    key = key_of(standard)
    asked = f"SELECT {key}, {ROW} FROM judged WHERE _missing AND NOT _rejected"
    if deliveries.new is not None:
        displaced = f"SELECT {key}, {ROW} FROM published ANTI JOIN slice USING ({ROW}) WHERE NOT {deliveries.where}"
        asked = f"{asked} UNION ALL {displaced}"
    # Of one delivery, an earlier row with the same key is a duplicate, which is an error and not missing.
    parts = f"""
    candidates AS ({asked}),
    repeated AS (
        SELECT {ROW} FROM (
            SELECT {ROW}, max(_row_number) OVER (PARTITION BY {key}, _delivery_id) AS last FROM candidates
        ) WHERE _row_number < last
    ),
    superseded AS (
        SELECT DISTINCT c._delivery_id, c._row_number
        FROM candidates c JOIN slice s ON {same_key(standard, "s", "c")} AND s._delivery_id > c._delivery_id
    )"""
    found = {"lost": "repeated", "superseded": "superseded"}
    if deliveries.full:
        parts += f""",
    sightings AS (
        SELECT {key}, _delivery_id, false AS _doubt FROM slice
        UNION ALL SELECT {key}, _delivery_id, _doubt FROM judged
        UNION ALL SELECT {key}, _delivery_id, _doubt FROM error_keys
    ),{removed(standard, deliveries.full)}"""
        found["removed"] = "removed"
    whys = " ".join(f"WHEN {table}._row_number IS NOT NULL THEN '{why}'" for why, table in found.items())
    joins = " ".join(f"LEFT JOIN {table} USING ({ROW})" for table in found.values())
    return f"""
    WITH {parts}
    SELECT candidates.*, CASE {whys} ELSE 'lost' END AS why FROM candidates {joins}
    UNION ALL SELECT {key}, {ROW}, 'lost' AS why FROM judged WHERE _missing AND _rejected"""
