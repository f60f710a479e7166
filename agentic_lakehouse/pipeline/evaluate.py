"""Hold models, prompts and the planner against labelled feeds. The lake gets nothing of it but the journal's rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from agentic_lakehouse.brain.brain import Brain, Journal
from agentic_lakehouse.brain.naming import bronze_names
from agentic_lakehouse.brain.prompts import load_prompt
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat
from agentic_lakehouse.contracts.files import load_suite
from agentic_lakehouse.contracts.governed import ModelCall, Tally
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.profile import ColumnProfile, FeedProfile
from agentic_lakehouse.contracts.suite import LabelledFeed
from agentic_lakehouse.contracts.tables import bronze_table, core_table
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.errors import AnswerRejected, BudgetExceeded, FeedUnreadable, ModelUnavailable
from agentic_lakehouse.pipeline.conform import run_facts
from agentic_lakehouse.pipeline.fold import Sources, fold
from agentic_lakehouse.pipeline.fold_sql import Deliveries
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.preview import Preview
from agentic_lakehouse.pipeline.scores import Evaluation, FeedScore, Line, total
from agentic_lakehouse.settings import Settings
from agentic_lakehouse.sql.types import quote

PROMPTS = ("describe_feed", "map_columns", "mend_answer")
RUN = "eval"
FAILURES = (AnswerRejected, ModelUnavailable, BudgetExceeded, FeedUnreadable)
"""What ends one feed, and no other."""


def evaluate(settings: Settings, folder: Path, *, on_done: Callable[[FeedScore], None]) -> Evaluation:
    """Describe and map each feed of a suite, and compare with its labels.

    Args:
        settings: models, prompts, engine and, unless the suite names others, standard and vendor facts.
        folder: holds `suite.yaml`.
        on_done: told each feed's score as it comes.

    Raises:
        UsageInvalid, ContractInvalid: the suite cannot be read.
        SettingsInvalid: a model is unknown, or its key is missing.
    """
    suite = load_suite(folder)
    own = {"standard": suite.standard, "vendors": suite.vendors}
    house = Lakehouse(settings.model_copy(update={k: folder / v for k, v in own.items() if v}))
    house.brain.verify()
    scores = []
    for labelled in suite.feeds:
        scores.append(_Trial(house, folder, labelled).score())
        on_done(scores[-1])
    return Evaluation(
        suite=suite.name,
        model=settings.model,
        prompts={name: load_prompt(settings.prompts, name).sha256 for name in PROMPTS},
        standard=house.standard.label,
        total=total(scores),
        feeds=tuple(scores),
    )


@dataclass
class _Trial:
    """One labelled feed on its way to a score."""

    house: Lakehouse
    folder: Path
    labelled: LabelledFeed
    calls: list[ModelCall] = field(default_factory=list)

    @property
    def feed(self) -> Feed:
        return Feed.parse(self.labelled.feed)

    def score(self) -> FeedScore:
        """Return how the feed was described and mapped; a feed that fails has missed everything."""
        try:
            told = self._of_file(self.folder / self.labelled.file) if self.labelled.file else self._of_names()
        except FAILURES as error:
            told = {"error": error.message}
        made = [call for call in self.calls if not call.cached]
        costs = [call.cost_usd for call in made]
        return FeedScore.model_validate(
            told
            | {
                "feed": self.labelled.feed,
                "expected": len(self.labelled.mapping),
                "calls": len(made),
                "tokens": sum(call.input_tokens + call.output_tokens for call in made),
                "usd": None if None in costs else sum(cost for cost in costs if cost is not None),
                "seconds": sum(call.seconds for call in made),
                "models": tuple(sorted({call.model_version for call in self.calls if call.model_version})),
            }
        )

    def _of_file(self, path: Path) -> dict[str, object]:
        preview = Preview(self.house, path, self.feed)
        preview.brain = self._noting(preview.brain)
        measured = preview.profile()
        spec = preview.spec(measured).value
        mapping = preview.map(measured, spec, self.house.standard).value
        told: dict[str, object] = {"lines": self._lines(mapping)}
        if types := self.labelled.types:
            right = [c for c in spec.columns if types.get(c.source_name) == c.type]
            told["types"] = len(right) / len(types)
        if self.labelled.primary_key is not None:
            names = {c.name: c.source_name for c in spec.columns}
            found = tuple(names[name] for name in spec.primary_key)
            told["key"] = float(sorted(found) == sorted(self.labelled.primary_key))
        if self.labelled.core:
            told["core"] = self._core_share(preview, spec, mapping)
        return told

    def _of_names(self) -> dict[str, object]:
        """Map headers of which no value is known."""
        headers = self.labelled.columns
        fmt = FileFormat(kind="csv", encoding="utf-8", delimiter=",", header_row=1)
        columns = tuple(
            ColumnProfile(source_name=header, position=place, rows=0, nulls=0, distinct=0)
            for place, header in enumerate(headers)
        )
        measured = FeedProfile(format=fmt, file_name="", row_count=0, byte_size=0, columns=columns)
        names = bronze_names(headers)
        spec = FeedSpec(
            vendor_name=self.feed.vendor,
            table_name=self.feed.name,
            format=fmt,
            columns=tuple(
                ColumnSpec(source_name=header, name=name, type="string")
                for header, name in zip(headers, names, strict=True)
            ),
        )
        brain = self._noting(self.house.trial_brain())
        facts = self.house.facts(self.feed)
        answer = brain.map(measured, spec, self.house.standard, facts=facts, run_id=RUN, check=lambda _: [])
        return {"lines": self._lines(answer.value)}

    def _lines(self, mapping: Mapping) -> tuple[Line, ...]:
        labels = self.labelled.mapping
        return tuple(
            Line(
                source=source,
                target=line.target,
                confidence=line.confidence,
                is_right=labels.get(source) == line.target,
            )
            for line in mapping.columns
            for source in line.sources
        )

    def _core_share(self, preview: Preview, spec: FeedSpec, mapping: Mapping) -> float:
        """Return the share of labelled rows that core would hold exactly."""
        standard, engine, wanted = self.house.standard, self.house.engine, self.labelled.core
        with self.house.staging() as scratch:
            loaded = preview.load(spec, scratch)
            types = bronze_table(standard, spec).types
            folded = fold(
                Deliveries(new=None),
                Sources(bronze=Relation(files=[file.path for file in loaded.good], types=types)),
                mapping=mapping,
                standard=standard,
                facts=run_facts(self.feed, self.house.facts(self.feed)),
                run_id=RUN,
                engine=engine,
                staging=scratch,
            )
            core = Relation(files=[folded.core.path], types=core_table(standard).types)
            names = list(core.types)
            texts = ", ".join(f"CAST({quote(name)} AS VARCHAR) AS {quote(name)}" for name in names)
            rows = engine.query(f"SELECT {texts} FROM core", {"core": core}).to_pylist()
        return sum(any(_holds(row, expected) for row in rows) for expected in wanted) / len(wanted)

    def _noting(self, brain: Brain) -> Brain:
        """Let a brain's calls be known here, too."""
        brain.journal = _Noting(brain.journal, self.calls)
        return brain


def _holds(row: dict[str, str | None], expected: dict[str, str | None]) -> bool:
    return all(name in row and _same(row[name], value) for name, value in expected.items())


def _same(found: str | None, expected: str | None) -> bool:
    """Whether two texts are equal, or the same number."""
    if found == expected or found is None or expected is None:
        return found == expected
    try:
        return Decimal(found) == Decimal(expected)
    except InvalidOperation:
        return False


@dataclass(frozen=True)
class _Noting:
    """A journal whose new rows are noted."""

    journal: Journal
    calls: list[ModelCall]

    def enter_call(self, call: ModelCall, require: Callable[[ModelCall, Tally], None]) -> None:
        self.journal.enter_call(call, require)
        self.calls.append(call)

    def complete_call(self, call: ModelCall) -> None:
        self.journal.complete_call(call)
        self.calls[:] = [call if noted.id == call.id else noted for noted in self.calls]

    def record_call(self, call: ModelCall) -> None:
        self.calls.append(call)
        self.journal.record_call(call)

    def turn(self, call: ModelCall) -> ModelCall | None:
        return self.journal.turn(call)

    def answered(self, request_sha256: str) -> ModelCall | None:
        return self.journal.answered(request_sha256)
