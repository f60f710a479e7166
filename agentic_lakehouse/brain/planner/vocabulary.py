"""Closed vocabularies: which of a target's valid values a vendor's word stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentic_lakehouse.brain.naming import transliterate
from agentic_lakehouse.brain.planner.tokens import words

if TYPE_CHECKING:
    from agentic_lakehouse.brain.question import SourceColumn, TargetColumn

TRUE_WORDS = frozenset({"true", "yes", "1", "y", "t", "ja", "j", "oui", "si", "wahr", "vrai", "x"})
FALSE_WORDS = frozenset({"false", "no", "0", "n", "f", "nein", "non", "falsch", "faux", "-"})
"""Words for true and false, where a target's own synonyms say nothing."""


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
    true_words = {fold(w) for w in (source.format or "").split("|")[:1]} | TRUE_WORDS
    for word, count in source.values.items():
        counts["true" if fold(word) in true_words else "false"] += count
    return counts


def value_map(source: SourceColumn, target: TargetColumn) -> dict[str, str]:
    """Return what each word of a source becomes; words without a counterpart are left out.

    A boolean column that is named after a valid value (`In stock?`, `Published`) says by *true* that value, and by
    *false* the only other one, or the one whose synonyms hold a word for *no*.
    """
    known = translations(target)
    found = {word: known[fold(word)] for word in value_words(source) if fold(word) in known}
    if source.type == "boolean" and (meant := flagged_value(source, target, known)):
        found["true"] = meant
        others = [v for v in target.valid_values if v != meant]
        negative = {known[word] for word in FALSE_WORDS if word in known} - {meant}
        if len(others) == 1:
            found["false"] = others[0]
        elif len(negative) == 1:
            found["false"] = negative.pop()
        elif found.get("false") == meant:
            del found["false"]
    return found


def flagged_value(source: SourceColumn, target: TargetColumn, known: Mapping[str, str] | None = None) -> str | None:
    """Return the valid value that a source's header names, or `None`."""
    known = translations(target) if known is None else known
    header = " ".join(words(source.source_name))
    short = " ".join(w for w in words(source.source_name) if w not in {"is", "ist", "est", "es"})
    return known.get(header) or known.get(short)
