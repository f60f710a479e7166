"""What deliveries hold, as bronze tells: a few numbers a column, of all deliveries in one query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.pipeline.drift import FEW_VALUES, Measures
from agentic_lakehouse.sql.types import listed, quote

_NUMBERS = ("long", "double", "decimal")
_WORDS = ("string", "boolean")


def measures(
    bronze: Relation, deliveries: Sequence[str], columns: Sequence[str], *, key: Sequence[str], engine: Engine
) -> dict[str, Measures]:
    """Return what each delivery holds; of one without rows, nothing.

    Args:
        bronze: the feed's table.
        deliveries: their ids.
        columns: bronze columns to look at.
        key: bronze columns of the primary key; none where there is none.
        engine: runs the SQL.
    """
    repeats = f"count(*) - count(DISTINCT ({', '.join(map(quote, key))}))" if key else "0"
    asked = [f"count(*) AS rows, {repeats} AS repeats"]
    asked += [sql for place, name in enumerate(columns) for sql in _numbers(place, name, bronze.types[name])]
    by_delivery = f"FROM bronze WHERE _delivery_id IN ({listed(deliveries)}) GROUP BY _delivery_id"
    rows = engine.query(f"SELECT _delivery_id AS id, {', '.join(asked)} {by_delivery}", {"bronze": bronze}).to_pylist()
    few = [n for k, n in enumerate(columns) if any(0 < (row.get(f"d{k}") or 0) <= FEW_VALUES for row in rows)]
    words = _words(few, by_delivery, bronze, engine) if few else {}
    return {
        row["id"]: Measures(
            rows=row["rows"],
            repeats=row["repeats"],
            filled={name: row[f"f{k}"] for k, name in enumerate(columns)},
            medians={name: row[f"m{k}"] for k, name in enumerate(columns) if row.get(f"m{k}") is not None},
            values={n: words[row["id"]][n] for n in few if 0 < row[f"d{columns.index(n)}"] <= FEW_VALUES},
            shown=words.get(row["id"], {}),
        )
        for row in rows
    }


def _numbers(place: int, name: str, kind: str) -> Iterator[str]:
    column = quote(name)
    yield f"count({column}) AS f{place}"
    if kind.startswith(_NUMBERS):
        # Estimated, within a bound of memory: a median is told by its first digit.
        yield f"approx_quantile({column}, 0.5)::DOUBLE AS m{place}"
    elif kind.startswith(_WORDS):
        yield f"approx_count_distinct({column}) AS d{place}"


def _words(
    columns: Sequence[str], by_delivery: str, bronze: Relation, engine: Engine
) -> dict[str, dict[str, frozenset[str]]]:
    """Return the first different values of columns, by delivery."""
    most = 10 * FEW_VALUES
    asked = ", ".join(f"list(DISTINCT CAST({quote(n)} AS VARCHAR))[:{most}] AS v{k}" for k, n in enumerate(columns))
    rows = engine.query(f"SELECT _delivery_id AS id, {asked} {by_delivery}", {"bronze": bronze}).to_pylist()
    return {
        row["id"]: {n: frozenset(v for v in row[f"v{k}"] or () if v is not None) for k, n in enumerate(columns)}
        for row in rows
    }
