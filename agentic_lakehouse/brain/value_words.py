"""Which of a target's listed values each word of a source stands for: the question, its answer, and what code settles.

Words that the standard names are never asked about. Whatever is answered, a word gets one of the listed values or
none; nothing that it says can be more than that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from rapidfuzz import fuzz

from agentic_lakehouse.brain.planner.tokens import lexicon
from agentic_lakehouse.brain.planner.vocabulary import fold, translations, value_map
from agentic_lakehouse.brain.proposals import ValuesProposal
from agentic_lakehouse.brain.question import SourceColumn, TargetColumn
from agentic_lakehouse.brain.unfit import Unfit
from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.meanings import Meaning, Meanings
from agentic_lakehouse.contracts.standard import StandardColumn

SYNONYMS = 12
"""Most words shown of those that the standard knows for one value: those most like the words that are asked."""


class WordCount(Record):
    """One word of the source."""

    word: str
    rows: int
    """Rows that hold it."""


class ValuesQuestion(Record):
    """Which listed value does each of these words stand for?"""

    question: Literal["map_values"] = "map_values"
    target: TargetColumn
    source_name: str
    """Header of the column, or of the columns, that the words come from."""
    type: str
    description: str = ""
    words: tuple[WordCount, ...]

    @property
    def shape(self) -> dict[str, Any]:
        """What an answer depends on: never counts."""
        return {**self.model_dump(mode="json", exclude={"words"}), "words": sorted(w.word for w in self.words)}


def values_question(
    target: StandardColumn, words: Mapping[str, int], *, source_name: str, type_: str, description: str = ""
) -> ValuesQuestion:
    """Ask what words mean, each with the number of rows that hold it."""
    asked = target_of(target)
    return ValuesQuestion(
        target=asked.model_copy(update={"value_synonyms": _likest(asked.value_synonyms, words)}),
        source_name=source_name,
        type=type_,
        description=description,
        words=tuple(WordCount(word=word, rows=rows) for word, rows in words.items()),
    )


def meanings(proposal: ValuesProposal, question: ValuesQuestion) -> Meanings:
    """Make the meanings of a proposal, in the question's order.

    Raises:
        Unfit: a word is left out, said twice or was not asked, or a value is none of those listed.
    """
    asked = [w.word for w in question.words]
    said = Counter(claim.word for claim in proposal.words)
    errors = [f"word {word!r} has no answer." for word in asked if word not in said]
    errors += [f"word {word!r} was not asked." for word in said if word not in set(asked)]
    errors += [f"word {word!r} is answered {count} times; once is asked." for word, count in said.items() if count > 1]
    listed = question.target.valid_values
    errors += [
        f"word {claim.word!r}: {claim.value!r} is none of the values, which are {list(listed)}, or null."
        for claim in proposal.words
        if claim.value is not None and claim.value not in listed
    ]
    if errors:
        raise Unfit(errors)
    found = {claim.word: claim for claim in proposal.words}
    return Meanings(words=tuple(Meaning(**found[word].model_dump()) for word in asked))


def named(target: StandardColumn, words: Iterable[str]) -> dict[str, str]:
    """Return the words that the standard itself names, with their values, however they are spelled.

    Yes and no are not among them: they mean what their header makes of them.
    """
    known, open_words = translations(target_of(target)), lexicon().affirmative | lexicon().negative
    folded = {word: fold(word) for word in words}
    own = {fold(value) for value in target.valid_values}
    return {w: known[f] for w, f in folded.items() if f in known and (f not in open_words or f in own)}


def implied(target: StandardColumn, words: Iterable[str], *, source_name: str) -> dict[str, str]:
    """Return the words that the standard names, or that the header makes an answer, with their values."""
    held = dict.fromkeys(words, 1)
    source = SourceColumn(
        source_name=source_name, name="x", type="string", filled=len(held), distinct=len(held), values=held
    )
    return value_map(source, target_of(target))


def _likest(known: Mapping[str, tuple[str, ...]], words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Keep of each value's words those most like the ones asked."""
    asked = [fold(word) for word in words]

    def likeness(synonym: str) -> float:
        return max((fuzz.ratio(fold(synonym), word) for word in asked), default=0.0)

    return {value: tuple(sorted(listed, key=likeness, reverse=True)[:SYNONYMS]) for value, listed in known.items()}


def target_of(column: StandardColumn) -> TargetColumn:
    """Show a target with all words that the standard knows for its values."""
    return TargetColumn(
        name=column.name,
        type=column.physical_type,
        definition=column.definition,
        business_name="" if column.business_name == column.name.replace("_", " ") else column.business_name,
        examples=column.examples[:3],
        valid_values=column.valid_values,
        value_synonyms=column.value_synonyms,
    )
