"""Evidence of names: how far a vendor's header says what a target is called.

A header is compared with every name that a target has: its own, its business name and its synonyms. Both must cover
each other, each word weighing what it says: *a word more in a header is often another thing* (`SEO Title`), while
separators, stop words, the name of the thing that every row is about (`product`), and prefixes that many headers
share (`Variant …`) say little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from agentic_lakehouse.brain.planner.tokens import Splitter, lexicon, words
from agentic_lakehouse.brain.planner.units import DIMENSION, header_unit, is_unit
from agentic_lakehouse.brain.question import MapQuestion, TargetColumn

STOP, UNIT, WEAK, ENTITY, REPRESENTATION, NUMBER = 0.1, 0.1, 0.25, 0.3, 0.5, 0.6
"""Weights of words that say less than a plain one, whose weight is 1."""
SHARED_PREFIX = 0.4
"""Factor for a word that begins many headers."""
PREFIX_HEADERS = 3
PREFIX_SHARE = 0.12
"""A prefix is shared from this many headers on, and this share of all."""
SURPLUS = 0.8
"""Exponent of the header's coverage: words that no name explains count against it, a little less than missing ones."""
DEFINITION = 0.6
"""What a header explained by a target's definition alone is worth."""
UNIT_ALONE = 0.7
"""What a header is worth that holds only a unit of the target's dimension, as `Grams`."""


class NameEvidence:
    """Compares every header of a question with every target's names."""

    def __init__(self, question: MapQuestion) -> None:
        self._question = question
        self._lexicon = lexicon()
        phrases = [words(p) for t in question.targets for p in _names(t)]
        self._splitter = Splitter(word for phrase in phrases for word in phrase)
        self._entity = self._entity_words()
        self.headers = [self._splitter.split(words(s.source_name)) for s in question.sources]
        self._phrases = [
            {self._splitter.split(words(p)): "".join(words(p)) for p in _names(t)} for t in question.targets
        ]
        self._definitions = [self._splitter.split(words(t.definition)) for t in question.targets]

    def score(self, source: int, target: int) -> float:
        """Return from 0 to 1 how far the source's header names the target."""
        header = self.headers[source]
        if not header:
            return 0.0
        joined = "".join(words(self._question.sources[source].source_name))
        if joined in self._phrases[target].values():
            return 1.0
        by_name = max((self._covering(header, phrase) for phrase in self._phrases[target]), default=0.0)
        return max(by_name, self._by_definition(header, target), self._by_unit(source, target))

    def _covering(self, header: Sequence[str], phrase: Sequence[str]) -> float:
        if not phrase:
            return 0.0
        return self._coverage(phrase, header) * self._coverage(header, phrase) ** SURPLUS

    def _coverage(self, these: Sequence[str], those: Sequence[str]) -> float:
        """Return which share of the weight of `these` words is found among `those`."""
        weights = self._weights(these)
        found = sum(w * max(self._lexicon.similarity(a, b) for b in those) for a, w in zip(these, weights, strict=True))
        return found / sum(weights)

    def _weights(self, listed: Sequence[str]) -> list[float]:
        alone = len(listed) == 1
        return [1.0 if alone else self._weight(word) for word in listed]

    def _weight(self, word: str) -> float:
        if word in self._lexicon.stop:
            weight = STOP
        elif is_unit(word):
            weight = UNIT
        elif word in self._lexicon.weak:
            weight = WEAK
        elif word in self._entity or self._lexicon.concepts_of(word) & self._entity_concepts:
            weight = ENTITY
        elif self._lexicon.is_representation(word):
            weight = REPRESENTATION
        else:
            weight = NUMBER if word.isdigit() else 1.0
        return weight * (SHARED_PREFIX if word in self._prefixes else 1.0)

    def _by_definition(self, header: Sequence[str], target: int) -> float:
        """Return how far a target's definition holds the header's words, worth more the fewer definitions do."""
        definition = self._definitions[target]
        if not definition:
            return 0.0
        covered = self._coverage(header, definition)
        sharing = sum(self._coverage(header, d) >= covered for d in self._definitions if d)
        return DEFINITION * covered / max(1.0, sharing**0.5)

    def _by_unit(self, source: int, target: int) -> float:
        """Return what it says that a header is only a unit, where one target alone has its dimension."""
        unit = header_unit(self._question.sources[source].source_name)
        wanted = self._question.targets[target].unit
        if unit is None or wanted is None or DIMENSION[unit] != DIMENSION.get(wanted):
            return 0.0
        rest = [w for w in self.headers[source] if not is_unit(w)]
        if any(self._weight(w) > ENTITY for w in rest):
            return 0.0
        rivals = sum(DIMENSION.get(t.unit or "") == DIMENSION[unit] for t in self._question.targets)
        return UNIT_ALONE / rivals

    def _entity_words(self) -> frozenset[str]:
        """Return the words for the thing that a row is: the standard's table, and what its granularity says."""
        table = self._question.standard.partition("@")[0].rpartition(".")[2]
        return frozenset(words(table) + words(self._question.granularity)) - self._lexicon.stop

    @cached_property
    def _entity_concepts(self) -> frozenset[str]:
        """Return the concepts of the table's name and their kin: where a row is a product, an article is one too."""
        table = self._question.standard.partition("@")[0].rpartition(".")[2]
        own = {c for word in words(table) for c in self._lexicon.concepts_of(word)}
        return frozenset(own.union(*(self._lexicon.kin.get(c, frozenset()) for c in own)))

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        """Return words that begin many headers and end none of them."""
        begins = Counter(word for header in self.headers for word in set(_opening(header)))
        least = max(PREFIX_HEADERS, PREFIX_SHARE * len(self.headers))
        return frozenset(word for word, count in begins.items() if count >= least)


def _opening(header: Sequence[str]) -> Sequence[str]:
    """Return the words that may be a prefix: of the first two, those before the last; a number is none."""
    return [word for word in header[:2][: len(header) - 1] if not word.isdigit()]


def _names(target: TargetColumn) -> list[str]:
    """Return every name of a target; from its own, the unit is left out."""
    own = " ".join(w for w in words(target.name) if target.unit is None or w != target.unit)
    synonyms = [s for listed in target.synonyms.values() for s in listed]
    return [n for n in (own, target.business_name, *synonyms) if n]
