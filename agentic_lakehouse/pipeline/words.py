"""Words of a proposed mapping: each one that a source holds is given its meaning once, by whoever knows it best.

A person's answer comes first, then the standard, then what was approved before, what the line's author wrote, and what
the header implies. What is left is asked, word by word. A word whose meaning is not sure enough is left out of the
mapping: it waits in the inbox, and its rows as the policy says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import ModelCall
from agentic_lakehouse.contracts.inbox import InboxItem
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.policy import ApprovalPolicy
from agentic_lakehouse.contracts.standard import StandardColumn
from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.pipeline.ask_words import Said, ask
from agentic_lakehouse.pipeline.dryrun import DryRun
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.retype import read_through
from agentic_lakehouse.pipeline.unseen import unseen_value
from agentic_lakehouse.sql.compiler import columns_read
from agentic_lakehouse.sql.types import quote
from agentic_lakehouse.sql.word_lists import WordList, key_of, says_values, word_list, words_sql

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Brain

MAX_ASKED = 200
"""Words of one line that are asked, the most frequent ones; the others are unseen until they turn up in the inbox."""
MAX_FOUND = 2_000
"""Different words of one line that are looked at."""
FEW_NUMBERS = 20
"""Different numbers that may be codes; more of them count something."""
_NUMBER = re.compile(r"[-+]?[\d.,]+")
"""What reads as a number, however it is written."""


@dataclass(frozen=True)
class Known:
    """What was said of a feed's words before."""

    answers: Map[tuple[str, str], Map[str, str | None]] = field(default_factory=dict)
    """By target and source: words that a person answered."""
    approved: Mapping | None = None
    """The mapping in force."""

    @classmethod
    def of(cls, governance: Governance, feed: Feed) -> Known:
        """Gather it."""
        answers: dict[tuple[str, str], dict[str, str | None]] = {}
        for item in governance.inbox(feed, "answered"):
            answers.setdefault((item.target, item.source), {})[item.word] = item.answer
        approved = governance.approved_or_active(feed, "mapping")
        return cls(answers, mapping_of(approved) if approved else None)


@dataclass(frozen=True)
class Worded:
    """A mapping whose words have meanings, and the words that have none yet."""

    mapping: Mapping
    doubts: tuple[InboxItem, ...] = ()
    calls: tuple[ModelCall, ...] = ()


def worded(
    mapping: Mapping,
    trial: DryRun,
    spec: FeedSpec,
    *,
    brain: Brain,
    policy: ApprovalPolicy,
    run_id: str,
    known: Known | None = None,
) -> Worded:
    """Give every word that bronze holds its meaning, in the lines whose targets have listed values.

    Args:
        mapping: as proposed.
        trial: what the mapping is tried on.
        spec: what the feed is.
        brain: is asked what nobody knows.
        policy: how sure an answer must be.
        run_id: run that pays for the calls.
        known: what was said before.

    Raises:
        ModelUnavailable, BudgetExceeded: no model could be asked.
    """
    work = _Wording(trial, spec, brain=brain, policy=policy, run_id=run_id, known=known or Known())
    lines = tuple(work.line(line) for line in mapping.columns)
    return Worded(mapping.model_copy(update={"columns": lines}), tuple(work.doubts), tuple(work.calls))


class _Wording:
    """Goes through the lines of one mapping."""

    def __init__(
        self, trial: DryRun, spec: FeedSpec, *, brain: Brain, policy: ApprovalPolicy, run_id: str, known: Known
    ) -> None:
        self.trial = trial
        self.spec = spec
        self.brain = brain
        self.policy = policy
        self.run_id = run_id
        self.known = known
        self.doubts: list[InboxItem] = []
        self.calls: list[ModelCall] = []

    def line(self, line: ColumnMapping) -> ColumnMapping:
        """Return a line with its words."""
        target, types = self.trial.standard.column(line.target), self.trial.types
        if target is None or not target.valid_values:
            return line
        listed = word_list(line.expression, columns=types, values=target.valid_values)
        if listed is None:
            return self._by_other_means(line, target)
        found = self._found(listed)
        pairs = self._settled(line, target, listed, found)
        if pairs is None:
            return line
        open_words = {word: rows for word, rows in found.items() if key_of(word) not in pairs}
        if not _is_vocabulary(found, open_words):
            return _doubted(line, f"it holds {len(found)} different texts, which are no words of a list")
        sure = [1.0]
        for said in self._asked(line, target, dict(list(open_words.items())[:MAX_ASKED])):
            word = said.meaning.word
            if said.meaning.is_sure(bar_of(target, self.policy)):
                pairs[key_of(word)] = (word, said.meaning.value)
                sure.append(said.meaning.confidence or 0.0)
            else:
                item = unseen_value(self.spec.feed, line, word, rows=open_words[word], at=datetime.now(UTC))
                self.doubts.append(said.of(item))
        confidence = None if line.confidence is None else min(line.confidence, *sure)
        return line.model_copy(update={"expression": _fitting(listed, pairs).sql, "confidence": confidence})

    def _found(self, listed: WordList) -> dict[str, int]:
        """Return the words of all of bronze, the most frequent first, with the number of their rows."""
        retyped = read_through(self.trial.bronze.types)
        read = ", ".join(f"{sql} AS {quote(name)}" for name, sql in retyped.items())
        rows_of = f"(SELECT * REPLACE ({read}) FROM bronze)" if retyped else "bronze"
        sql = f"""
        SELECT min(trim(word)) AS word, count(*) AS rows
        FROM (SELECT {words_sql(listed, self.trial.types)} AS word FROM {rows_of})
        WHERE word IS NOT NULL GROUP BY lower(trim(word)) ORDER BY rows DESC, word LIMIT {MAX_FOUND}"""
        rows = self.trial.engine.query(sql, {"bronze": self.trial.bronze}).to_pylist()
        return {row["word"]: row["rows"] for row in rows}

    def _settled(
        self, line: ColumnMapping, target: StandardColumn, listed: WordList, found: Iterable[str]
    ) -> dict[str, tuple[str, str | None]] | None:
        """Return what needs no asking, by key; `None` where the listed values are too many, or alike but for case."""
        from agentic_lakehouse.brain.value_words import implied, named

        own = {value: value for value in target.valid_values}
        if len({key_of(value) for value in own}) < len(own) or not WordList(listed.text, own).fits:
            return None
        source = ", ".join(line.sources)
        best_first: Sequence[Map[str, str | None]] = (
            self.known.answers.get((line.target, source), {}),
            {**own, **named(target, found)},
            self._approved(line, target),
            listed.pairs,
            implied(target, found, source_name=source),
        )
        pairs: dict[str, tuple[str, str | None]] = {}
        for said in best_first:
            for word, value in said.items():
                if value is None or value in own:
                    pairs.setdefault(key_of(word), (word, value))
        return pairs

    def _approved(self, line: ColumnMapping, target: StandardColumn) -> Map[str, str | None]:
        """Return the words that the mapping in force knows of the same source."""
        before = self.known.approved.columns if self.known.approved else ()
        other = next((o for o in before if (o.target, o.sources) == (line.target, line.sources)), None)
        try:
            listed = other and word_list(other.expression, columns=self.trial.types, values=target.valid_values)
        except GuardRefused:  # its columns are called otherwise by now
            return {}
        return listed.pairs if listed else {}

    def _asked(self, line: ColumnMapping, target: StandardColumn, words: Map[str, int]) -> Iterator[Said]:
        for said, calls in ask(words, target, line, self.spec, brain=self.brain, run_id=self.run_id):
            self.calls += calls
            yield from said

    def _by_other_means(self, line: ColumnMapping, target: StandardColumn) -> ColumnMapping:
        """Let a person look at an expression that may give a listed value to words that nobody has seen."""
        types = self.trial.types
        read = columns_read(line.expression, columns=types)
        of_text = any(types[name] in {"string", "json"} for name in read)
        if of_text and says_values(line.expression, columns=types, values=target.valid_values):
            return _doubted(line, "it may give a listed value to words that nobody has seen")
        return line


def bar_of(target: StandardColumn, policy: ApprovalPolicy) -> float:
    """Return how sure a meaning must be to be taken without a person."""
    return policy.min_confidence_required if target.required else policy.min_confidence


def _is_vocabulary(found: Map[str, int], unknown: Map[str, int]) -> bool:
    """Whether a source holds words of a list: known ones for the better part, or not too many different ones."""
    if sum(unknown.values()) * 2 <= sum(found.values()):
        return True
    most = FEW_NUMBERS if all(_NUMBER.fullmatch(word) for word in unknown) else MAX_ASKED
    return len(found) <= most


def _doubted(line: ColumnMapping, why: str) -> ColumnMapping:
    """Return a line that the policy lets pass under no bar."""
    confidence = None if line.confidence is None else 0.0
    return line.model_copy(update={"confidence": confidence, "rationale": f"{line.rationale} But {why}.".strip()})


def _fitting(listed: WordList, pairs: Map[str, tuple[str, str | None]]) -> WordList:
    """Return as many pairs as an expression can hold; of those that it cannot, the words stay unseen."""
    told = list(pairs.values())
    while not (found := WordList(listed.text, dict(told))).fits:
        told = told[: len(told) - max(1, len(told) // 20)]
    return found
