"""Rows that broke a rule are judged once more, to see whether they would be judged otherwise today.

The rules may be the same and the code that applies them not. A trial over those rows alone tells, and writes nothing
to the lake; what then changes is done by a run, which folds the slice anew.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from pathlib import Path

from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.policy import OnUnseen
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.pipeline import fold_sql
from agentic_lakehouse.pipeline.judging import judge
from agentic_lakehouse.pipeline.removal import ROW, ROW_TYPES

_TOLD = f'{ROW}, rule, "column", cost, value, message'
_VERDICTS = f"SELECT {ROW}, bool_or(rule <> '{fold_sql.DUPLICATE_KEY}') AS _faulty FROM faults GROUP BY ALL"
_LEFT_OUT = f"SELECT {ROW}, rule AS why FROM faults WHERE rule = '{fold_sql.DUPLICATE_KEY}'"


def judged_otherwise(
    bronze: Relation,
    faults: Relation,
    *,
    mapping: Mapping,
    standard: ProductStandard,
    facts: Map[str, str | None],
    unseen: OnUnseen,
    engine: Engine,
    staging: Path,
) -> set[str]:
    """Return the deliveries with rows in `mapping_errors` whose faults are others now, or none.

    Args:
        bronze: rows of the feed, as they are published.
        faults: the feed's slice of `mapping_errors`.
        mapping: that the slice was made by.
        standard: that it was judged by.
        facts: the run's facts.
        unseen: what a word costs that the mapping does not know.
        engine: runs the SQL.
        staging: empty scratch folder.
    """
    judgement = judge(mapping, standard=standard, bronze_types=bronze.types, facts=facts, unseen=unseen)
    known = {"bronze": bronze, "faults": faults}

    def note(name: str, sql: str, types: Map[str, str]) -> None:
        staged = engine.transform(sql, known, staging / f"{name}.parquet", types=types, scratch=True)
        known[name] = Relation(files=[staged.path], types=types)

    note("verdicts", _VERDICTS, {**ROW_TYPES, "_faulty": "boolean"})
    note("left_out", _LEFT_OUT, fold_sql.LEFT_OUT)
    note("faulty", *fold_sql.faulty(judgement, standard))
    now = fold_sql.errors(judgement, vendor_name="", source_table="", mapping_sha256="", run_id="")
    note("now", now, faults.types)
    sql = f"""
    SELECT DISTINCT _delivery_id FROM (
        (SELECT {_TOLD} FROM faults EXCEPT ALL SELECT {_TOLD} FROM now)
        UNION ALL (SELECT {_TOLD} FROM now EXCEPT ALL SELECT {_TOLD} FROM faults)
    )"""
    return {row["_delivery_id"] for row in engine.query(sql, known).to_pylist()}
