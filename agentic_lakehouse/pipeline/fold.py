"""Bronze becomes a slice of core: the latest version of each key that a rule or a full delivery leaves standing.

A pure function of bronze, mapping, standard and vendor facts. Folding new deliveries into a slice gives
what folding all of bronze anew gives; a row never takes the place of a newer one, in whatever order they come.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass
from pathlib import Path

from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.policy import OnUnseen
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import core_table, mapping_errors_table
from agentic_lakehouse.engines.base import Engine, Relation, StagedFile
from agentic_lakehouse.pipeline import fold_sql
from agentic_lakehouse.pipeline.fold_sql import Deliveries
from agentic_lakehouse.pipeline.judging import judge
from agentic_lakehouse.pipeline.removal import error_keys


@dataclass(frozen=True)
class Sources:
    """What a fold reads."""

    bronze: Relation
    current: Relation | None = None
    """The slice of core as it stands; `None` where all of bronze is folded anew."""
    bad: Relation | None = None
    """The feed's slice of `ingest_errors`; `None` where deliveries hold changes only."""

    @property
    def relations(self) -> list[Relation]:
        """All that there are."""
        return [relation for relation in (self.bronze, self.current, self.bad) if relation is not None]


@dataclass(frozen=True)
class Folded:
    """What a fold wrote and counted."""

    core: StagedFile
    """The whole new slice."""
    errors: StagedFile
    """Faults of the rows that were folded."""
    rows_in: int
    rejected: int


def fold(
    deliveries: Deliveries,
    sources: Sources,
    *,
    mapping: Mapping,
    standard: ProductStandard,
    facts: Map[str, str | None],
    unseen: OnUnseen = "as_rule",
    run_id: str,
    engine: Engine,
    staging: Path,
) -> Folded:
    """Judge rows of bronze, fold the good ones into the slice, and tell every fault.

    Args:
        deliveries: which rows to fold, and which deliveries take away what they lack.
        sources: relations to read.
        mapping: guarded expressions.
        standard: target table and rules.
        facts: the run's facts.
        unseen: what a word costs that the mapping does not know.
        run_id: lineage.
        engine: runs the SQL.
        staging: empty scratch folder.
    """
    bronze = sources.bronze
    judgement = judge(mapping, standard=standard, bronze_types=bronze.types, facts=facts, unseen=unseen)
    lineage = {"mapping_sha256": mapping.sha256, "run_id": run_id}
    known = {"bronze": bronze}

    def note(name: str, sql: str, types: Map[str, str]) -> None:
        """Let a query's rows be known to the queries behind it."""
        staged = engine.transform(sql, known, staging / f"{name}.parquet", types=types, scratch=True)
        known[name] = Relation(files=[staged.path], types=types)

    if sources.current is not None:
        known["current"] = sources.current
    if sources.bad is not None:
        known["bad"] = sources.bad
        note("error_keys", *error_keys(mapping, standard, bronze.types, facts, where=deliveries.where))
    note("verdicts", *fold_sql.verdicts(judgement, standard, deliveries))
    note("left_out", fold_sql.left_out(standard, deliveries), fold_sql.LEFT_OUT)
    note("faulty", *fold_sql.faulty(judgement, standard))
    counts = engine.query(fold_sql.COUNTS, known).to_pylist()[0]
    core, faults = core_table(standard), mapping_errors_table(standard)
    source = {"vendor_name": str(facts["_vendor_name"]), "source_table": str(facts["_source_table"])}
    slice_ = fold_sql.new_slice(judgement, core, deliveries, **lineage)
    errors = fold_sql.errors(judgement, **source, **lineage)
    return Folded(
        core=engine.transform(slice_, known, staging / "core.parquet", types=core.types),
        errors=engine.transform(errors, known, staging / "mapping_errors.parquet", types=faults.types),
        rows_in=counts["rows_in"],
        rejected=counts["rejected"],
    )
