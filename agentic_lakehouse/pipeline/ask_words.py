"""Asks what words mean, a batch at a time, and says who answered."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import ModelCall
from agentic_lakehouse.contracts.inbox import InboxItem
from agentic_lakehouse.contracts.mapping import ColumnMapping
from agentic_lakehouse.contracts.meanings import Meaning
from agentic_lakehouse.contracts.standard import StandardColumn
from agentic_lakehouse.errors import AnswerRejected
from agentic_lakehouse.sql.word_lists import is_word

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Brain

BATCH = 50
"""Words of one question."""


@dataclass(frozen=True)
class Said:
    """What was answered of a word, by whom."""

    meaning: Meaning
    by: str
    call_id: str | None = None

    def of(self, item: InboxItem) -> InboxItem:
        """Return an item with this as its suggestion."""
        return item.model_copy(
            update={
                "suggestion": self.meaning.value,
                "confidence": self.meaning.confidence,
                "suggested_by": self.by,
                "reason": self.meaning.reason,
                "call_id": self.call_id,
            }
        )


def ask(
    words: Map[str, int], target: StandardColumn, line: ColumnMapping, spec: FeedSpec, *, brain: Brain, run_id: str
) -> Iterator[tuple[list[Said], tuple[ModelCall, ...]]]:
    """Ask what words mean, a batch at a time; where no answer passes, nobody has an idea.

    Args:
        words: each with the number of its rows.
        target: what they may stand for.
        line: where they come from.
        spec: what the feed is.
        brain: is asked.
        run_id: run that pays for the calls.

    Raises:
        ModelUnavailable, BudgetExceeded: no model could be asked.
    """
    from agentic_lakehouse.brain.value_words import values_question

    columns = [c for c in map(spec.column, line.sources) if c is not None]
    asked = [word for word in words if is_word(word)]
    for start in range(0, len(asked), BATCH):
        batch = {word: words[word] for word in asked[start : start + BATCH]}
        question = values_question(
            target,
            batch,
            source_name=", ".join(line.sources),
            type_=", ".join(c.type for c in columns),
            description=" ".join(c.description for c in columns),
        )
        try:
            answer = brain.map_values(question, feed=spec.feed, run_id=run_id)
        except AnswerRejected:
            nobody = (Meaning(word=word, value=None, reason="no answer passed") for word in batch)
            yield [Said(meaning, brain.ladder[-1]) for meaning in nobody], ()
        else:
            call = answer.calls[-1].id
            yield [Said(meaning, answer.model_version, call) for meaning in answer.value.words], answer.calls
