"""Which of a standard's many synonyms are worth showing: those that have to do with the feed at hand.

A standard may know hundreds of names for a column. A model with a small context needs the few that look like one of
the vendor's headers or values, whatever their language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentic_lakehouse.brain.planner.tokens import lexicon, words
from agentic_lakehouse.brain.planner.vocabulary import fold

PER_LANGUAGE = 10
ALWAYS = 3
"""Synonyms of the first language that are shown in any case, to say what the column is."""
LIKE = 0.5
"""Least similarity of a word to a header's word."""
MIN_INSIDE = 4
"""Letters from which a word within another one counts, as in closed compounds."""


class Relevance:
    """Judges words by the headers and values of one feed.

    Args:
        headers: the vendor's column names.
        values: vendor values that may stand for a target's valid values.
    """

    def __init__(self, headers: Iterable[str], values: Iterable[str]) -> None:
        self._lexicon = lexicon()
        listed = list(headers)
        self._words = {w for header in listed for w in words(header)} - self._lexicon.stop
        self._whole = {"".join(words(header)) for header in listed}
        self._values = {fold(v) for v in values} | {" ".join(words(header)) for header in listed}
        self._seen: dict[str, bool] = {}

    def synonyms(self, known: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
        """Return the synonyms worth showing, by language, in the standard's order."""
        kept: dict[str, tuple[str, ...]] = {}
        for position, (language, listed) in enumerate(known.items()):
            shown = [s for k, s in enumerate(listed) if (position == 0 and k < ALWAYS) or self._is_like_a_header(s)]
            exact = [s for s in shown if "".join(words(s)) in self._whole]
            if chosen := (exact + [s for s in shown if s not in exact])[:PER_LANGUAGE]:
                kept[language] = tuple(chosen)
        return kept

    def value_synonyms(self, known: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
        """Return the words for valid values that the feed uses."""
        kept = {value: tuple(w for w in listed if fold(w) in self._values) for value, listed in known.items()}
        return {value: listed for value, listed in kept.items() if listed}

    def _is_like_a_header(self, synonym: str) -> bool:
        listed = [w for w in words(synonym) if w not in self._lexicon.stop]
        telling = [w for w in listed if not self._lexicon.is_representation(w)] or listed
        return any(self._is_like_a_word(word) for word in telling)

    def _is_like_a_word(self, word: str) -> bool:
        if word not in self._seen:
            self._seen[word] = any(
                (len(word) >= MIN_INSIDE and word in mine)
                or (len(mine) >= MIN_INSIDE and mine in word)
                or self._lexicon.similarity(word, mine) >= LIKE
                for mine in self._words
            )
        return self._seen[word]
