"""How much each word of a header says, and how far two lists of words cover each other.

Separators and stop words say nearly nothing; so do units, the word for what every row is about (`product`), prefixes
that many headers share (`Variant …`), and words for how a thing is written down (`code`, `date`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from agentic_lakehouse.brain.planner.tokens import lexicon, words
from agentic_lakehouse.brain.planner.units import is_unit
from agentic_lakehouse.brain.question import MapQuestion, TargetColumn

Phrase = tuple[str, ...]

STOP, UNIT, ENTITY, WEAK, REPRESENTATION, NUMBER, UNKNOWN = 0.1, 0.1, 0.15, 0.25, 0.5, 0.6, 0.6
"""Weights of words that say less than a plain one, whose weight is 1; `UNKNOWN` are a few letters that stand for
nothing known and begin several headers, as systems put before names (`BIB_TITLE`, `BIB_AUTHOR`)."""
FEW_LETTERS = 3
EXPLAINED = 0.75
"""How much of a word is accounted for that only a definition explains."""
SHARED_PREFIX = 0.15
"""Factor for a word that begins many headers."""
PARENT = 0.35
"""Factor for a word of a path to a nested value (`pricing` in `pricing.price`)."""
PREFIX_HEADERS = 3
PREFIX_SHARE = 0.12
"""A prefix of any kind is shared from this many headers on, and this share of all: of the first two words, those before
the last; a number is none."""


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
        self._named = {word for target in question.targets for name in _all_names(target) for word in words(name)}
        # The grain tells what a row is, but a word that tells targets apart is no mere word for a row.
        grain = set(words(question.granularity)) - telling
        head = table[-1:]  # a `meter reading` is a reading
        self.entity = frozenset({*head, *grain}) - self._lexicon.stop
        own = {concept for word in head for concept in self._lexicon.concepts_of(word)}
        self._entity_concepts = own.union(*(self._lexicon.kin.get(concept, frozenset()) for concept in own))
        begins = Counter(word for h in headers for word in set(h[:2][: max(0, len(h) - 1)]) if not word.isdigit())
        least = max(PREFIX_HEADERS, PREFIX_SHARE * len(headers))
        self._prefixes = frozenset(word for word, count in begins.items() if count >= least)
        self._marks = frozenset(word for word, count in begins.items() if count > 1 and self._is_mark(word))
        self._parents = parents
        self._known: dict[Phrase, tuple[float, ...]] = {}

    def coverage(self, these: Phrase, those: Phrase, explained: Phrase = ()) -> float:
        """Return which share, 0 to 1, of the weight of `these` words is found among `those`.

        Args:
            these: words, each with its weight.
            those: words that they may be.
            explained: words of a definition, which account for `EXPLAINED` of a word that is like them.
        """
        if not these or not those:
            return 0.0
        weights, similarity = self._of(these), self._lexicon.similarity
        found = 0.0
        for word, weight in zip(these, weights, strict=True):
            best = max(similarity(word, other) for other in those)
            best = max((best, *(EXPLAINED * similarity(word, other) for other in explained)))
            found += weight * best
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
            weights = (self._weight(w, first=k == 0) * (PARENT if k < path else 1.0) for k, w in enumerate(phrase))
            self._known[phrase] = (1.0,) if len(phrase) == 1 else tuple(weights)
        return self._known[phrase]

    def _weight(self, word: str, *, first: bool) -> float:
        return self._alone(word, first=first) * (SHARED_PREFIX if word in self._prefixes else 1.0)

    def _alone(self, word: str, *, first: bool = False) -> float:
        if word in self._lexicon.stop or word in self._lexicon.flag:
            return STOP
        if is_unit(word) and not first:
            return UNIT
        return self._of_meaning(word)

    def _of_meaning(self, word: str) -> float:
        if word in self._lexicon.weak:
            return WEAK
        if word in self.entity or self._lexicon.concepts_of(word) & self._entity_concepts:
            return ENTITY
        if self._lexicon.is_representation(word):
            return REPRESENTATION
        if word in self._marks:
            return UNKNOWN
        return NUMBER if word.isdigit() else 1.0

    def _is_mark(self, word: str) -> bool:
        is_known = word in self._named or self._lexicon.concepts_of(word)
        return len(word) <= FEW_LETTERS and not is_known


def _all_names(target: TargetColumn) -> list[str]:
    return [target.name, target.business_name, *(s for listed in target.synonyms.values() for s in listed)]
