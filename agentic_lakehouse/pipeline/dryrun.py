"""Try a mapping on a sample of bronze rows, writing nothing: what a model, a policy and a person are shown."""

from __future__ import annotations

from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import bronze_table
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.errors import EngineFailed, GuardRefused
from agentic_lakehouse.pipeline import fold
from agentic_lakehouse.pipeline.conform import rank, run_facts
from agentic_lakehouse.pipeline.judgement import Judgement, judge
from agentic_lakehouse.sql.compiler import compile_expression

SAMPLE_ROWS = 1_000
"""Rows of bronze that a dry run judges."""
MAX_LOST = 0.2
"""Largest share of a target's values that may be lost in conversion before the line is wrong."""


class DryRun:
    """Tries a mapping on a sample of bronze rows, writing nothing."""

    def __init__(
        self,
        spec: FeedSpec,
        sample: Relation,
        *,
        standard: ProductStandard,
        facts: VendorFacts,
        engine: Engine,
        scratch: Path,
    ) -> None:
        self.feed = spec.feed
        self.standard = standard
        self.engine = engine
        self.facts = facts
        self.types = bronze_table(standard, spec).types
        self.sources = [c.source_name for c in spec.columns]
        self.scratch = scratch
        first = f"SELECT * FROM bronze LIMIT {SAMPLE_ROWS}"
        taken = engine.transform(first, {"bronze": sample}, scratch / "sample.parquet", types=self.types)
        self.sample = Relation(files=[taken.path], types=self.types)

    def refuted(self, mapping: Mapping) -> list[str]:
        """Return what is wrong with a mapping, in words that a model can act on; empty where nothing is."""
        offered = {c.name: c for c in self.standard.offered}
        errors = []
        for line in mapping.columns:
            if line.target not in offered:
                errors.append(f"{line.target!r} is not a target that may be mapped; these are: {sorted(offered)}")
                continue
            if unknown := [s for s in line.sources if s not in self.sources]:
                errors.append(f"{line.target!r}: the feed has no column {unknown[0]!r}; it has {self.sources}")
            try:
                compiled = compile_expression(
                    line.expression, types=self.types, target_type=offered[line.target].physical_type
                )
                self.engine.bind(compiled, self.types)
            except (GuardRefused, EngineFailed) as error:
                errors.append(f"{line.target!r}: {error}")
        return errors or self._lost(mapping)

    def _lost(self, mapping: Mapping) -> list[str]:
        """Run the whole mapping and name the targets whose values are lost in conversion."""
        judgement = self._judge(mapping)
        conversions = [f for f in judgement.faults if f.rule == f"{f.column}_converts"]
        try:
            ranked = self._rank(judgement)
            counts = ", ".join(
                f"count_if({f.flag}) AS {f.flag}, any_value({f.value}) AS {f.value}" for f in conversions
            )
            row = self.engine.query(
                f"SELECT count(*) AS rows, {counts or 'NULL'} FROM ranked_rows", {"ranked_rows": ranked}
            )
        except EngineFailed as error:
            return [f"the mapping does not run on the sample: {error.message}"]
        found = row.to_pylist()[0]
        return [
            f"{f.column!r}: {found[f.flag]} of {found['rows']} sample values are lost, for instance "
            f"{found[f.value]!r}: {f.message}"
            for f in conversions
            if found[f.flag] > MAX_LOST * found["rows"]
        ]

    def rejected_share(self, mapping: Mapping) -> float:
        """Return the share of sample rows, 0 to 1, that the standard's rules would reject."""
        ranked = self._rank(self._judge(mapping))
        counts = self.engine.query(fold.COUNTS, {"ranked_rows": ranked}).to_pylist()[0]
        return counts["rejected"] / counts["rows_in"] if counts["rows_in"] else 0.0

    def _judge(self, mapping: Mapping) -> Judgement:
        facts = run_facts(self.feed, self.facts)
        return judge(mapping, standard=self.standard, bronze_types=self.types, facts=facts)

    def _rank(self, judgement: Judgement) -> Relation:
        return rank(judgement, self.sample, standard=self.standard, engine=self.engine, staging=self.scratch)
