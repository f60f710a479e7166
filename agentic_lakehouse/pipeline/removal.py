"""What a full delivery takes away: keys that it does not hold, as far as nobody has to guess.

A row stands unless a later full delivery lacks its key. A delivery *sees* the keys of all its rows, also of
those that core refused and of records that did not fit their spec. Where the key of any of them is in doubt,
it takes nothing away.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence

from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import BRONZE_LINEAGE
from agentic_lakehouse.pipeline.judging import judge
from agentic_lakehouse.pipeline.retype import taken_over
from agentic_lakehouse.sql.doubt import any_of
from agentic_lakehouse.sql.types import duckdb_type, literal, quote

ROW = "_delivery_id, _row_number"
"""What tells rows apart, and puts them in order."""
ROW_TYPES = {"_delivery_id": "string", "_row_number": "long"}


def key_of(standard: ProductStandard) -> str:
    """Return the primary key's columns as SQL."""
    return ", ".join(quote(name) for name in standard.key)


def key_types(standard: ProductStandard) -> dict[str, str]:
    """Return the primary key's columns and their types."""
    return {c.name: c.physical_type for c in standard.columns if c.primary_key}


def same_key(standard: ProductStandard, left: str, right: str) -> str:
    """Return SQL that is true where two relations have the same key."""
    return " AND ".join(f"{left}.{quote(name)} = {right}.{quote(name)}" for name in standard.key)


def removed(standard: ProductStandard, full: Sequence[str]) -> str:
    """Return named queries, `removed` the last: the rows among `candidates` that a later full delivery lacks.

    They read `candidates` (key, delivery, row) and `sightings`: for each row of a delivery its key, its
    delivery, and whether the key is in doubt.

    Args:
        standard: gives the key.
        full: deliveries that hold everything, in any order, also those without a row.
    """
    return f"""
    trusted AS (
        SELECT _delivery_id FROM (VALUES {", ".join(f"({literal(d)})" for d in full)}) AS f(_delivery_id)
        ANTI JOIN (SELECT _delivery_id FROM sightings WHERE _doubt) USING (_delivery_id)
    ),
    later AS (
        SELECT d._delivery_id, count(*) AS deliveries
        FROM (SELECT DISTINCT _delivery_id FROM candidates) d JOIN trusted t ON t._delivery_id > d._delivery_id
        GROUP BY d._delivery_id
    ),
    seen_by_all AS (
        SELECT c._delivery_id, c._row_number
        FROM candidates c
        JOIN later USING (_delivery_id)
        JOIN (FROM sightings SEMI JOIN trusted USING (_delivery_id)) s
            ON {same_key(standard, "s", "c")} AND s._delivery_id > c._delivery_id
        GROUP BY ALL
        HAVING count(DISTINCT s._delivery_id) = any_value(deliveries)
    ),
    removed AS (
        SELECT {key_of(standard)}, {ROW} FROM candidates
        SEMI JOIN later USING (_delivery_id)
        ANTI JOIN seen_by_all USING ({ROW})
    )"""


def error_keys(
    mapping: Mapping,
    standard: ProductStandard,
    bronze_types: Map[str, str],
    facts: Map[str, str | None],
    *,
    where: str,
) -> tuple[str, dict[str, str]]:
    """Return a query over `bad` (`ingest_errors`) and `bronze` that gives kept records' keys or doubts, and its types.

    A record is judged as if it had been loaded, by the values that were read of it. One that was loaded
    after all is left to its bronze row.
    """
    lineage = {c.name for c in BRONZE_LINEAGE}
    unread = {name: quote(f"_unread_{name}") for name in bronze_types if name not in lineage}
    cells = [item for name in unread for item in _cell(name, bronze_types[name])]
    unread |= {name: any_of([unread[name], unread[old]]) for name, old in taken_over(bronze_types).items()}
    judgement = judge(mapping, standard=standard, bronze_types=bronze_types, facts=facts, unread=unread)
    records = f"""(
        WITH kept AS (SELECT * FROM bad WHERE {where}),
        loaded AS (SELECT {ROW} FROM bronze SEMI JOIN kept USING ({ROW}))
        SELECT {ROW}, spec_sha256 AS _spec_sha256, _run_id, _ingested_at, ingestion_date, vendor_name,
            {", ".join(cells)}
        FROM kept ANTI JOIN loaded USING ({ROW})
    )"""
    return (
        f"SELECT {key_of(standard)}, _delivery_id, {judgement.doubt} AS _doubt FROM ({judgement.over(records)})",
        {**key_types(standard), "_delivery_id": "string", "_doubt": "boolean"},
    )


def _cell(name: str, kind: str) -> tuple[str, str]:
    """Return what was read of a record's cell, and whether nothing was; see `typed` in `contracts.tables`."""
    path = literal(f'$."{name}"')
    value, found = f"TRY_CAST(typed ->> {path} AS {duckdb_type(kind)})", f"json_type(typed, {path})"
    unread = f"typed IS NULL OR coalesce({found} = 'OBJECT' OR ({found} = 'VARCHAR' AND {value} IS NULL), false)"
    return (
        f"CASE WHEN {found} = 'VARCHAR' THEN {value} END AS {quote(name)}",
        f"({unread}) AS {quote(f'_unread_{name}')}",
    )
