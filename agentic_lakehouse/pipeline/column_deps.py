"""Which bronze columns each column of core is made of: by the mapping, by fallbacks, by derivations, or by none."""

from __future__ import annotations

from collections.abc import Iterable

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import BRONZE_LINEAGE, core_table
from agentic_lakehouse.pipeline.derivation import derivation_order
from agentic_lakehouse.pipeline.judgement import CARRIED, FACT_TYPES
from agentic_lakehouse.sql.compiler import columns_read

FROM_BRONZE = {"_ingestion_date": "ingestion_date"}
"""Facts that each bronze row brings; the others are the run's."""


def column_deps(mapping: Mapping, spec: FeedSpec, standard: ProductStandard) -> dict[str, tuple[str, ...]]:
    """Return for every column of core the bronze columns that its value may hang on, in the order of judgement.

    One that a constant fills, or facts of the run alone, hangs on none.
    """
    former = (name for line in mapping.columns for name in line.former)
    bronze = [*(c.name for c in spec.columns), *former, *(c.name for c in BRONZE_LINEAGE)]
    known = [*(c.name for c in standard.columns), *FACT_TYPES]
    lines = {line.target: line.expression for line in mapping.columns}
    mapped = {c.name: _read(lines.get(c.name), bronze) for c in standard.columns}

    def through(logic: str, stand: dict[str, tuple[str, ...]]) -> Iterable[str]:
        for name in _read(logic, known):
            yield from stand[name] if name in stand else [FROM_BRONZE[name]] if name in FROM_BRONZE else []

    found = dict(mapped)
    for column in standard.columns:
        if column.fallback_logic and column.transform_logic is None:
            found[column.name] = _once([*mapped[column.name], *through(column.fallback_logic, mapped)])
    for group in derivation_order(standard):
        found |= {c.name: _once(through(str(c.transform_logic), found)) for c in group}
    carried = {name: (name,) for name in CARRIED}
    return {name: carried[name] if name in carried else found.get(name, ()) for name in core_table(standard).types}


def _read(expression: str | None, columns: Iterable[str]) -> tuple[str, ...]:
    return columns_read(expression, columns=list(columns)) if expression else ()


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
