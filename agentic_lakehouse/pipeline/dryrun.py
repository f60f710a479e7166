"""Try a mapping on a sample of bronze rows, writing nothing: what a model, a policy and a person are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.policy import OnUnseen
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import bronze_table
from agentic_lakehouse.contracts.trial import Tried
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.errors import EngineFailed, GuardRefused
from agentic_lakehouse.pipeline.conform import run_facts
from agentic_lakehouse.pipeline.judging import conversion_rule, judge
from agentic_lakehouse.pipeline.removal import key_of
from agentic_lakehouse.sql.compiler import columns_read, compile_expression
from agentic_lakehouse.sql.doubt import any_of
from agentic_lakehouse.sql.types import quote
from agentic_lakehouse.sql.word_lists import word_list

SAMPLE_ROWS = 1_000
"""Rows of bronze that a dry run judges."""
EXAMPLES = 5
"""Rows that show what an expression does."""
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
        # What earlier deliveries had is still in bronze, and may be read.
        self.types = {**sample.types, **bronze_table(standard, spec).types}
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

    def sample_rows(self, columns: Sequence[str], rows: int) -> list[dict[str, str | None]]:
        """Return rows of some bronze columns as text, the same ones each time, spread over the sample."""
        shown = ", ".join(f"CAST({quote(name)} AS VARCHAR) AS {quote(name)}" for name in columns)
        sql = f"SELECT {shown} FROM bronze ORDER BY hash(_delivery_id, _row_number) LIMIT {rows}"
        return self.engine.query(sql, {"bronze": self.sample}).to_pylist()

    def try_expression(self, target: str, expression: str) -> Tried:
        """Run one target's expression on the sample: what is wrong with it, what it loses, which rules it breaks."""
        line = ColumnMapping(target=target, sources=(), expression=expression)
        mapping = Mapping(feed=str(self.feed), standard=self.standard.label, columns=(line,))
        try:
            if refused := self._refused(mapping):
                return Tried(errors=tuple(refused))
            return self._shown(mapping, target, columns_read(expression, columns=self.types))
        except EngineFailed as error:
            return Tried(errors=tuple(self._unbound(mapping)) or (error.message,))

    def differing(self, target: str, one: str, other: str) -> int:
        """Return to how many sample rows two expressions for a target give different values.

        Of a target with listed values only rows count to which the second one gives some value: it knows fewer words.
        Where one of them cannot run, no row differs.
        """
        column = self.standard.column(target)
        if column is None:
            return 0
        try:
            pair = [self._compile(expression, column.physical_type) for expression in (one, other)]
            known = f" AND ({pair[1]}) IS NOT NULL" if column.valid_values else ""
            sql = f"SELECT count_if(({pair[0]}) IS DISTINCT FROM ({pair[1]}){known}) AS different FROM bronze"
            found: int = self.engine.query(sql, {"bronze": self.sample}).to_pylist()[0]["different"]
        except (EngineFailed, GuardRefused):
            return 0
        return found

    def _shown(self, mapping: Mapping, target: str, read: Sequence[str]) -> Tried:
        """Judge one line alone: faults of other targets, which nothing fills, are not its own."""
        facts = run_facts(self.feed, self.facts)
        judgement = judge(mapping, standard=self.standard, bronze_types=self.types, facts=facts)
        own = [f for f in judgement.faults if f.column == target]
        counts = ", ".join(["count(*) AS rows", f"count_if({quote(target)} IS NULL) AS nulls"])
        flags = "".join(f", count_if({f.flag}) AS {f.flag}" for f in own)
        judged = f"({judgement.over()})"
        found = self.engine.query(f"SELECT {counts}{flags} FROM {judged}", {"bronze": self.sample}).to_pylist()[0]
        shown = [f"CAST(b.{quote(c)} AS VARCHAR) AS {quote(c)}" for c in read]
        sql = (
            f"SELECT {', '.join([*shown, f'CAST(j.{quote(target)} AS VARCHAR) AS result'])} "
            f"FROM bronze AS b JOIN {judged} AS j USING (_delivery_id, _row_number) "
            f"ORDER BY {any_of(f'j.{f.flag}' for f in own)} DESC, hash(_delivery_id, _row_number) LIMIT {EXAMPLES}"
        )
        rows = self.engine.query(sql, {"bronze": self.sample}).to_pylist()
        return Tried(
            rows=found["rows"],
            nulls=found["nulls"],
            violations={f.rule: found[f.flag] for f in own if found[f.flag]},
            examples=tuple(rows),
        )

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
