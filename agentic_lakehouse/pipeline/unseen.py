"""Words that a mapping in force does not know: they go to the inbox, once, with what somebody thinks of them.

What they cost meanwhile is the judgement's business, and their rows are kept in `mapping_errors`; the inbox is read
off those. So a word is counted right however often a step is done again, and nothing is guessed to fill a cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Map
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.contracts.inbox import STANDARD, InboxItem, item_id
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.meanings import Meaning
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.errors import BudgetExceeded, ModelUnavailable, UsageInvalid
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.pipeline.ask_words import Said, ask
from agentic_lakehouse.pipeline.judging import conversion_rule
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.sql.types import literal
from agentic_lakehouse.sql.word_lists import WordList, is_word, key_of, word_list

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Brain

MAX_OPEN = 100
"""Words of one target of a feed that wait in the inbox at a time, the most frequent ones; the others stay in
`mapping_errors` alone until there is room."""
MAX_LOOKED_AT = 10_000
"""Different unseen words of a feed that are looked at."""


@dataclass(frozen=True)
class Line:
    """A line of a mapping that is a word list."""

    mapping: ColumnMapping
    target: StandardColumn
    listed: WordList

    @property
    def source(self) -> str:
        """Headers that it reads."""
        return ", ".join(self.mapping.sources)

    def is_of(self, item: InboxItem) -> bool:
        """Whether an item is about a word of this line."""
        return (item.kind, item.target, item.source) == ("unseen_value", self.target.name, self.source)


def word_lists(mapping: Mapping, *, standard: ProductStandard, columns: Map[str, str]) -> Iterator[Line]:
    """Give the lines of a mapping that are word lists with pairs.

    Args:
        mapping: as approved.
        standard: says which targets have listed values.
        columns: bronze columns and their types.
    """
    for line in mapping.columns:
        target = standard.column(line.target)
        if line.sources and target is not None and target.valid_values:  # what no row of today has, nobody is asked
            found = word_list(line.expression, columns=columns, values=target.valid_values)
            if found is not None and found.pairs:
                yield Line(line, target, found)


def unseen_value(feed: Feed, line: ColumnMapping, word: str, *, rows: int, at: datetime, **where: str) -> InboxItem:
    """Tell a word that a mapping's line does not know."""
    source = ", ".join(line.sources)
    return InboxItem(
        id=item_id(str(feed), "unseen_value", line.target, source, key_of(word)),
        feed=str(feed),
        kind="unseen_value",
        target=line.target,
        source=source,
        word=word,
        rows=rows,
        created_at=at,
        changed_at=at,
        **where,
    )


class Inbox:
    """Reads a feed's unseen words off its errors, and keeps its inbox."""

    def __init__(self, spec: FeedSpec, mapping: Proposal, lines: Iterable[Line], governance: Governance) -> None:
        self._spec = spec
        self._feed = spec.feed
        self._mapping = mapping
        self._lines = list(lines)
        self._governance = governance

    def read(self, faults: Relation, engine: Engine) -> int:
        """Tell what is unseen, close what is known by now, and open what is asked again.

        Args:
            faults: the feed's slice of `mapping_errors`.
            engine: runs the SQL.

        Returns:
            The number of different unseen words, dismissed ones aside.
        """
        known = {item.id: item for item in self._governance.inbox(self._feed) if item.kind == "unseen_value"}
        found = [item for line in self._lines for item in self._unseen(line, faults, engine)]
        waiting = {item.id for item in found}
        open_of = Counter(item.target for item in known.values() if item.status == "open")
        told = []
        for item in found:
            if item.id not in known:
                open_of[item.target] += 1
                if open_of[item.target] > MAX_OPEN:
                    continue
            told.append(item)
        gone = [i.model_copy(update={"rows": 0}) for i in known.values() if i.status == "open" and i.id not in waiting]
        self._governance.tell([*told, *gone])
        for item in gone:
            self._close(item)
        for item in found:
            self._open_again(known.get(item.id))
        return sum(known[i].status != "dismissed" if i in known else True for i in waiting)

    def suggest(self, brain: Callable[[], Brain], run_id: str) -> None:
        """Ask once of each open word what it may mean; a run does not fail where nobody can be asked."""
        from agentic_lakehouse.brain.value_words import named

        unasked = [item for item in self._governance.inbox(self._feed, "open") if not item.suggested_by]
        with suppress(ModelUnavailable, BudgetExceeded):
            for line in self._lines:
                items = {item.word: item for item in unasked if line.is_of(item)}
                exact = named(line.target, items)
                by_standard = [_by_standard(word, value) for word, value in exact.items()]
                self._governance.tell(said.of(items[said.meaning.word]) for said in by_standard)
                left = {word: item.rows for word, item in items.items() if word not in exact}
                if left:
                    answers = ask(left, line.target, line.mapping, self._spec, brain=brain(), run_id=run_id)
                    for answered, _ in answers:
                        self._governance.tell(said.of(items[said.meaning.word]) for said in answered)

    def _unseen(self, line: Line, faults: Relation, engine: Engine) -> Sequence[InboxItem]:
        sql = f"""
        SELECT min(trim(value)) AS word, count(*) AS rows, min(_delivery_id) AS first, max(_delivery_id) AS last
        FROM faults WHERE rule = {literal(conversion_rule(line.target.name))} AND status = 'open' AND value IS NOT NULL
        GROUP BY lower(trim(value)) ORDER BY rows DESC, word LIMIT {MAX_LOOKED_AT}"""
        rows: list[dict[str, Any]] = engine.query(sql, {"faults": faults}).to_pylist()
        now = datetime.now(UTC)
        return [
            unseen_value(
                self._feed,
                line.mapping,
                row["word"],
                rows=row["rows"],
                at=now,
                first_delivery=row["first"],
                last_delivery=row["last"],
            )
            for row in rows
            if is_word(row["word"])
        ]

    def _close(self, item: InboxItem) -> None:
        """Answer an item whose word the mapping in force knows, as by a person's edit, in the approver's name."""
        line = next((line for line in self._lines if line.is_of(item)), None)
        if line is None or key_of(item.word) not in line.listed.known:
            return
        value, by = line.listed.known[key_of(item.word)], self._governance.approver(self._mapping.id)
        with suppress(UsageInvalid):  # somebody was faster
            note = f"as {self._mapping.id} says"
            self._governance.settle(item, "answered", answer=value, by=by, note=note, at=datetime.now(UTC))

    def _open_again(self, item: InboxItem | None) -> None:
        """Open an item that was answered, but which a later mapping does not know."""
        if item is None or item.status != "answered" or self._mapping.created_at <= item.changed_at:
            return
        with suppress(UsageInvalid):  # somebody was faster
            self._governance.settle(item, "open", by="", note=item.note, at=datetime.now(UTC))


def _by_standard(word: str, value: str) -> Said:
    return Said(Meaning(word=word, value=value, confidence=1.0, reason="the standard names it"), STANDARD)


def unseen(
    proposal: Proposal, spec: FeedSpec, governance: Governance, *, standard: ProductStandard, columns: Map[str, str]
) -> Inbox:
    """Open the inbox of a feed for the words of a mapping.

    Args:
        proposal: the mapping in force.
        spec: what the feed is.
        governance: keeps the inbox.
        standard: says which targets have listed values.
        columns: bronze columns and their types.
    """
    lines = word_lists(mapping_of(proposal), standard=standard, columns=columns)
    return Inbox(spec, proposal, lines, governance)
