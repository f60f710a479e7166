"""How much each word of a header says, and how far two lists of words cover each other.

Separators and stop words say nearly nothing; so do units, the word for what every row is about (`product`), prefixes
that many headers share (`Variant …`), and words for how a thing is written down (`code`, `date`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from agentic_lakehouse.brain.planner.tokens import lexicon, words
from agentic_lakehouse.brain.planner.units import is_unit
from agentic_lakehouse.brain.question import MapQuestion

Phrase = tuple[str, ...]

STOP, UNIT, ENTITY, WEAK, REPRESENTATION, NUMBER = 0.1, 0.1, 0.15, 0.25, 0.5, 0.6
"""Weights of words that say less than a plain one, whose weight is 1."""
SHARED_PREFIX = 0.15
"""Factor for a word that begins many headers."""
PARENT = 0.35
"""Factor for a word of a path to a nested value (`pricing` in `pricing.price`)."""
PREFIX_HEADERS = 3
PREFIX_SHARE = 0.12
"""A prefix is shared from this many headers on, and this share of all."""


class Weights:
    """Weighs words in the light of one question.

    Args:
        question: gives what a row is.
        headers: all headers of the feed as words, which tell shared prefixes.
        parents: how many words of a header, from its first, are the path to a nested value.
    """

    def __init__(self, question: MapQuestion, headers: Sequence[Phrase], parents: Mapping[Phrase, int]) -> None:
        self._lexicon = lexicon()
        table = words(question.standard.partition("@")[0].rpartition(".")[2])
        telling = {word for target in question.targets for word in words(target.name)}
        # The grain tells what a row is, but a word that tells targets apart is no mere word for a row.
        grain = set(words(question.granularity)) - telling
        self.entity = frozenset({*table, *grain}) - self._lexicon.stop
        own = {concept for word in table for concept in self._lexicon.concepts_of(word)}
        self._entity_concepts = own.union(*(self._lexicon.kin.get(concept, frozenset()) for concept in own))
        self._prefixes = _shared_prefixes(headers)
        self._parents = parents
        self._known: dict[Phrase, tuple[float, ...]] = {}

    def coverage(self, these: Phrase, those: Phrase) -> float:
        """Return which share, 0 to 1, of the weight of `these` words is found among `those`."""
        if not these or not those:
            return 0.0
        weights, similarity = self._of(these), self._lexicon.similarity
        found = 0.0
        for word, weight in zip(these, weights, strict=True):
            found += weight * max(similarity(word, other) for other in those)
        return found / sum(weights)

    def says_little(self, phrase: Phrase) -> bool:
        """Say whether no word of a phrase tells which thing is meant."""
        return all(self._alone(word) <= REPRESENTATION for word in phrase)

    def is_plain(self, word: str) -> bool:
        """Say whether a word says more than that a row is a row."""
        return self._alone(word) > ENTITY

    def _of(self, phrase: Phrase) -> tuple[float, ...]:
        if phrase not in self._known:
            path = self._parents.get(phrase, 0)
            weights = (self._weight(w) * (PARENT if k < path else 1.0) for k, w in enumerate(phrase))
            self._known[phrase] = (1.0,) if len(phrase) == 1 else tuple(weights)
        return self._known[phrase]

    def _weight(self, word: str) -> float:
        return self._alone(word) * (SHARED_PREFIX if word in self._prefixes else 1.0)

    def _alone(self, word: str) -> float:
        if word in self._lexicon.stop:
            return STOP
        if is_unit(word):
            return UNIT
        if word in self._lexicon.weak:
            return WEAK
        if word in self.entity or self._lexicon.concepts_of(word) & self._entity_concepts:
            return ENTITY
        if self._lexicon.is_representation(word):
            return REPRESENTATION
        return NUMBER if word.isdigit() else 1.0


def _shared_prefixes(headers: Sequence[Phrase]) -> frozenset[str]:
    """Return words that begin many headers: of the first two, those before the last; a number is none."""
    begins = Counter(word for h in headers for word in set(h[:2][: max(0, len(h) - 1)]) if not word.isdigit())
    least = max(PREFIX_HEADERS, PREFIX_SHARE * len(headers))
    return frozenset(word for word, count in begins.items() if count >= least)
