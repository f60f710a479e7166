"""Try a mapping on a sample of bronze rows, writing nothing: what a model, a policy and a person are shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.policy import OnUnseen
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import bronze_table
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.errors import EngineFailed, GuardRefused
from agentic_lakehouse.pipeline.conform import run_facts
from agentic_lakehouse.pipeline.judging import conversion_rule, judge
from agentic_lakehouse.pipeline.removal import key_of
from agentic_lakehouse.sql.compiler import compile_expression
from agentic_lakehouse.sql.word_lists import word_list

SAMPLE_ROWS = 1_000
"""Rows of bronze that a dry run judges."""
MAX_LOST = 0.2
"""Largest share of a target's values that may be lost in conversion before the line is wrong."""
FEW_WORDS = 20
"""Words that may all be unknown to a word list; of more, each must be met twice: else the source holds no words."""


@dataclass(frozen=True)
class Trial:
    """What one run of one mapping on the sample showed."""

    errors: list[str]
    rejected_share: float


class DryRun:
    """Tries a mapping on a sample of bronze rows, writing nothing."""

    def __init__(
        self,
        spec: FeedSpec,
        sample: Relation,
        *,
        standard: ProductStandard,
        facts: VendorFacts,
        unseen: OnUnseen = "as_rule",
        engine: Engine,
        scratch: Path,
    ) -> None:
        self.feed = spec.feed
        self.bronze = sample
        self.unseen = unseen
        self.standard = standard
        self.engine = engine
        self.facts = facts
        self.types = bronze_table(standard, spec).types
        self.sources = [c.source_name for c in spec.columns]
        self.scratch = scratch
        self._trials: dict[str, Trial] = {}
        first = f"SELECT * FROM bronze LIMIT {SAMPLE_ROWS}"
        taken = engine.transform(first, {"bronze": sample}, scratch / "sample.parquet", types=self.types)
        self.sample = Relation(files=[taken.path], types=self.types)

    def refuted(self, mapping: Mapping) -> list[str]:
        """Return what is wrong with a mapping, in words that a model can act on; empty where nothing is."""
        return self._refused(mapping) or self._tried(mapping).errors

    def rejected_share(self, mapping: Mapping) -> float:
        """Return the share of sample rows, 0 to 1, that the standard's rules would reject."""
        return self._tried(mapping).rejected_share

    def _refused(self, mapping: Mapping) -> list[str]:
        """Name lines that the standard, the feed or the guard does not allow; nothing is run."""
        offered = {c.name: c for c in self.standard.offered}
        errors = []
        for line in mapping.columns:
            if line.target not in offered:
                errors.append(f"{line.target!r} is not a target that may be mapped; these are: {sorted(offered)}")
                continue
            if unknown := [s for s in line.sources if s not in self.sources]:
                errors.append(f"{line.target!r}: the feed has no column {unknown[0]!r}; it has {self.sources}")
            try:
                self._compile(line.expression, offered[line.target].physical_type)
            except GuardRefused as error:
                errors.append(f"{line.target!r}: {error}")
        return errors

    def _tried(self, mapping: Mapping) -> Trial:
        """Run a mapping on the sample, once."""
        if mapping.sha256 not in self._trials:
            try:
                self._trials[mapping.sha256] = self._try(mapping)
            except EngineFailed as error:
                self._trials[mapping.sha256] = Trial(self._unbound(mapping) or [error.message], rejected_share=1.0)
        return self._trials[mapping.sha256]

    def _try(self, mapping: Mapping) -> Trial:
        facts = run_facts(self.feed, self.facts)
        judgement = judge(mapping, standard=self.standard, bronze_types=self.types, facts=facts, unseen=self.unseen)
        repeat = f"row_number() OVER (PARTITION BY {judgement.rejected}, _delivery_id, {key_of(self.standard)})"
        conversions = [f for f in judgement.faults if f.rule == conversion_rule(str(f.column))]
        counts = [
            f"count_if({f.flag}) AS {f.flag}, any_value({f.value}) AS {f.value}, "
            f"count(DISTINCT {f.value}) AS _n{f.index}"
            for f in conversions
        ]
        asked = ", ".join(["count(*) AS rows", f"count_if({judgement.rejected} OR repeat > 1) AS rejected", *counts])
        sql = f"SELECT {asked} FROM (SELECT *, {repeat} AS repeat FROM ({judgement.over()}))"
        found = self.engine.query(sql, {"bronze": self.sample}).to_pylist()[0]
        rows = found["rows"]
        if not rows:
            return Trial([], rejected_share=0.0)
        by_words = self._word_lists(mapping)
        open_words = {f.column for f in conversions if _are_words(found[f"_n{f.index}"], found[f.flag])} & by_words
        lost = [
            f"{f.column!r}: {found[f.flag]} of {rows} sample values are lost, such as {found[f.value]!r}: {f.message}"
            for f in conversions
            if found[f.flag] > MAX_LOST * rows and f.column not in open_words
        ]
        return Trial(lost, rejected_share=found["rejected"] / rows)

    def _word_lists(self, mapping: Mapping) -> set[str]:
        """Return the targets that are filled word by word: of these an unknown one waits for somebody who knows it."""
        listed = {c.name: c.valid_values for c in self.standard.offered if c.valid_values}
        return {
            line.target
            for line in mapping.columns
            if line.target in listed
            and word_list(line.expression, columns=self.types, values=listed[line.target]) is not None
        }

    def _unbound(self, mapping: Mapping) -> list[str]:
        """Name the lines that do not bind to the feed's columns, after the whole did not run."""
        targets = {c.name: c.physical_type for c in self.standard.offered}
        errors = []
        for line in mapping.columns:
            try:
                self.engine.bind(self._compile(line.expression, targets[line.target]), self.types)
            except EngineFailed as error:
                errors.append(f"{line.target!r}: {error.message}")
        return errors

    def _compile(self, expression: str, target_type: str) -> str:
        return compile_expression(expression, types=self.types, target_type=target_type)


def _are_words(distinct: int, rows: int) -> bool:
    """Whether lost values are words, few or met again, and not texts of which each row has its own."""
    return distinct <= FEW_WORDS or distinct * 2 <= rows
