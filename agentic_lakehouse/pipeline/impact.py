"""Measures what publishing would change: a feed's slice of core as it is published beside the slice as it would be.

Keys are compared, then the values of keys that stand in both. The median of a ratio is read off a histogram of its
logarithm, one thousandth wide: right to a tenth of a percent, the same each time, and its memory does not grow with
the rows.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from math import exp
from typing import Any

from agentic_lakehouse.contracts.impact import ColumnImpact, Impact
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.pipeline.audit import plain
from agentic_lakehouse.sql.types import literal, quote

MAX_SHOWN = 20
"""Keys of each kind that a person is shown."""
NUMBERS = ("decimal", "long", "int", "integer", "double", "float")
"""Beginnings of the physical types of numbers."""


def nothing(feed: str, *, waiting: Sequence[str], since: str, new: int, is_damaged: bool = False) -> Impact:
    """Return the impact where nothing is published yet, or nothing that can be read."""
    return Impact(
        feed=feed,
        deliveries=tuple(waiting),
        since=since,
        published=0,
        new=new,
        changed=0,
        removed=0,
        keys_sha256="",
        is_damaged=is_damaged,
    )


def measure(
    published: Relation,
    staged: Relation,
    *,
    feed: str,
    standard: ProductStandard,
    engine: Engine,
    waiting: Sequence[str],
    since: str,
) -> Impact:
    """Compare a slice as it is published with the slice as it would be.

    Args:
        published: the slice on main.
        staged: the slice that would take its place.
        feed: `vendor/feed`.
        standard: gives the key and the columns.
        engine: runs the SQL.
        waiting: deliveries that wait to be published.
        since: the feed's last commit.
    """
    known = {"published": published, "staged": staged}
    columns = _compared(standard)
    keys: dict[str, Any] = engine.query(_keys(standard), known).to_pylist()[0]
    values: dict[str, Any] = engine.query(_values(standard, columns), known).to_pylist()[0] if columns else {}
    found = [c for c in (_column(c.name, place, values) for place, c in enumerate(columns)) if c is not None]
    told = sorted(found, key=lambda c: (-c.changed, c.column))
    return Impact(
        feed=feed,
        deliveries=tuple(waiting),
        since=since,
        published=keys["published"],
        new=keys["new"],
        changed=values.get("changed") or 0,
        removed=keys["removed"],
        keys_sha256=keys["keys_sha256"],
        columns=tuple(told),
        sample=_removed_rows(standard, known, engine) if keys["removed"] else (),
        changes=_changes(standard, [c.column for c in told[:3]], known, engine),
    )


def _compared(standard: ProductStandard) -> list[StandardColumn]:
    """Columns whose values are compared: all but the key and what the slice is found by."""
    aside = {*standard.key, *standard.partition_columns}
    return [c for c in standard.columns if c.name not in aside]


def _keys(standard: ProductStandard) -> str:
    key = ", ".join(quote(name) for name in standard.key)
    written = ", ".join(f"{quote(name)}::VARCHAR" for name in standard.key)
    return f"""
    WITH gone AS (SELECT {key} FROM published ANTI JOIN staged USING ({key}))
    SELECT (SELECT count(*) FROM published) AS published,
        (SELECT count(*) FROM staged ANTI JOIN published USING ({key})) AS new,
        (SELECT count(*) FROM gone) AS removed,
        (SELECT sha256(coalesce(string_agg(line, chr(10) ORDER BY line), ''))
         FROM (SELECT to_json([{written}])::VARCHAR AS line FROM gone)) AS keys_sha256"""


def _pairs(standard: ProductStandard) -> str:
    """Keys that stand in both."""
    same = " AND ".join(f"p.{quote(name)} = s.{quote(name)}" for name in standard.key)
    return f"published p JOIN staged s ON {same}"


def _values(standard: ProductStandard, columns: Sequence[StandardColumn]) -> str:
    """One pass over the kept keys, for all columns at once."""
    wanted = []
    for place, column in enumerate(columns):
        old, new = f"p.{quote(column.name)}", f"s.{quote(column.name)}"
        wanted += [
            f"count_if({new} IS DISTINCT FROM {old}) AS c{place}",
            f"count_if({new} IS NULL AND {old} IS NOT NULL) AS g{place}",
            f"count_if({old} IS NULL AND {new} IS NOT NULL) AS l{place}",
        ]
        if column.physical_type.startswith(NUMBERS):
            # What is filtered out is computed all the same: 0 / 0 is no whole number.
            ratio = f"TRY_CAST(round(1000 * ln({new}::DOUBLE / {old}::DOUBLE)) AS BIGINT)"
            wanted.append(f"histogram({ratio}) FILTER ({old} > 0 AND {new} > 0) AS h{place}")
    any_changed = " OR ".join(f"s.{quote(c.name)} IS DISTINCT FROM p.{quote(c.name)}" for c in columns)
    return f"SELECT count_if({any_changed}) AS changed, {', '.join(wanted)} FROM {_pairs(standard)}"


def _column(name: str, place: int, found: Map[str, Any]) -> ColumnImpact | None:
    if not found[f"c{place}"]:
        return None
    return ColumnImpact(
        column=name,
        changed=found[f"c{place}"],
        nulls_gained=found[f"g{place}"] or 0,
        nulls_lost=found[f"l{place}"] or 0,
        median_ratio=_median(dict(found.get(f"h{place}") or ())),
    )


def _median(histogram: Map[int, int]) -> float | None:
    """Return the ratio in whose bucket the middle value lies."""
    half, passed = (sum(histogram.values()) + 1) // 2, 0
    for bucket in sorted(histogram):
        passed += histogram[bucket]
        if passed >= half:
            return round(exp(bucket / 1000), 3)
    return None


def _removed_rows(standard: ProductStandard, known: Map[str, Relation], engine: Engine) -> tuple[dict[str, Any], ...]:
    key = ", ".join(quote(name) for name in standard.key)
    shown = ", ".join(quote(name) for name in dict.fromkeys([*standard.key, *(c.name for c in standard.offered)]))
    sql = f"SELECT {shown} FROM published ANTI JOIN staged USING ({key}) ORDER BY {key}"
    return tuple(plain(row) for row in engine.query(sql, known, limit=MAX_SHOWN).to_pylist())


def _changes(
    standard: ProductStandard, columns: Sequence[str], known: Map[str, Relation], engine: Engine
) -> tuple[dict[str, Any], ...]:
    """Give examples of changed values, of each of some columns in turn."""
    keys = ", ".join(f"p.{quote(name)}" for name in standard.key)
    found: list[dict[str, Any]] = []
    for name in columns:
        old, new = f"p.{quote(name)}", f"s.{quote(name)}"
        sql = (
            f"SELECT {keys}, {literal(name)} AS column_name, {old}::VARCHAR AS before, {new}::VARCHAR AS after "
            f"FROM {_pairs(standard)} WHERE {new} IS DISTINCT FROM {old} ORDER BY {keys}"
        )
        rows = engine.query(sql, known, limit=MAX_SHOWN // len(columns)).to_pylist()
        found += [{("column" if k == "column_name" else k): v for k, v in plain(row).items()} for row in rows]
    return tuple(found)
