"""Closed vocabularies: which of a target's valid values a vendor's word stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentic_lakehouse.brain.naming import transliterate
from agentic_lakehouse.brain.planner.tokens import lexicon, words

if TYPE_CHECKING:
    from agentic_lakehouse.brain.question import SourceColumn, TargetColumn


def translations(target: TargetColumn) -> dict[str, str]:
    """Return every word that stands for a valid value, folded, with that value; a word of two values is left out."""
    meanings: dict[str, set[str]] = {}
    for value in target.valid_values:
        for word in (value, value.replace("_", " "), *target.value_synonyms.get(value, ())):
            meanings.setdefault(fold(word), set()).add(value)
    own = {fold(value): value for value in target.valid_values}
    return {word: values.pop() for word, values in meanings.items() if len(values) == 1} | own


def fold(text: str) -> str:
    """Return a word as words are compared: trimmed, lower case, without accents or doubled spaces."""
    return " ".join(transliterate(text).replace("_", " ").split())


def value_words(source: SourceColumn) -> dict[str, int]:
    """Return the words that a source's bronze column will hold, as text, with their counts."""
    if source.type != "boolean":
        return dict(source.values)
    counts = {"true": 0, "false": 0}
    true_words = {fold(w) for w in (source.format or "").split("|")[:1]} | lexicon().affirmative
    for word, count in source.values.items():
        counts["true" if fold(word) in true_words else "false"] += count
    return counts


def value_map(source: SourceColumn, target: TargetColumn) -> dict[str, str]:
    """Return what each word of a source becomes; words without a counterpart are left out.

    A column of yes and no that is named after a valid value (`In stock?`, `Discontinued`) says by *yes* that value. By
    *no* it says what *no* means to the target, or, where the value is not what *yes* means to it, what *yes* does.
    """
    known, held = translations(target), value_words(source)
    yes, no = lexicon().affirmative, lexicon().negative
    found = {word: known[fold(word)] for word in held if fold(word) in known}
    meant = flagged_value(source, target)
    if meant is None or not all(fold(word) in yes | no for word in held):
        return found
    positive, negative = _one(known, yes), _one(known, no)
    others = [v for v in target.valid_values if v != meant]
    otherwise = negative if positive in {meant, None} else positive
    if otherwise in {meant, None}:
        otherwise = others[0] if len(others) == 1 else None
    meanings = {word: meant if fold(word) in yes else otherwise for word in held}
    return {word: meaning for word, meaning in meanings.items() if meaning is not None}


def flagged_value(source: SourceColumn, target: TargetColumn) -> str | None:
    """Return the valid value that a header names, words that only say "this is a flag" aside; else `None`."""
    header = [w for w in words(source.source_name) if w not in lexicon().flag]
    return translations(target).get(" ".join(header)) if header else None


def _one(known: Mapping[str, str], asked: frozenset[str]) -> str | None:
    """Return the one value that words of a kind stand for; `None` where they stand for several or none."""
    values = {known[word] for word in asked if word in known}
    return values.pop() if len(values) == 1 else None
