"""Evidence of names: how far a vendor's header says what a target is called.

A header is compared with every name that a target has: its own, its business name and its synonyms. Both must cover
each other, each word weighing what it says: *a word more in a header is often another thing* (`SEO Title`), while
separators, stop words, the name of the thing that every row is about (`product`), and prefixes that many headers
share (`Variant …`) say little.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from agentic_lakehouse.brain.planner.tokens import Splitter, lexicon, words
from agentic_lakehouse.brain.planner.units import DIMENSION, header_unit, is_unit, target_unit
from agentic_lakehouse.brain.planner.values import NUMERIC
from agentic_lakehouse.brain.question import MapQuestion, TargetColumn

STOP, UNIT, ENTITY, WEAK, REPRESENTATION, NUMBER = 0.1, 0.1, 0.15, 0.25, 0.5, 0.6
"""Weights of words that say less than a plain one, whose weight is 1."""
SHARED_PREFIX = 0.15
"""Factor for a word that begins many headers."""
PREFIX_HEADERS = 3
PREFIX_SHARE = 0.12
"""A prefix is shared from this many headers on, and this share of all."""
SURPLUS = 0.8
"""Exponent of the header's coverage: words that no name explains count against it, a little less than missing ones."""
DEFINITION = 0.6
"""What a header explained by a target's definition alone is worth."""
SYNONYM, LEAST_SYNONYM = 0.01, 0.92
"""What each place down a list of synonyms costs, and what its end is still worth: the closest names come first."""
SLOT = 0.6
"""Factor for one of several numbered headers (`Attribute 1 name`) against a name without that number."""
OTHER_KIND = 0.6
"""Factor for a header that says it is written down as something that the target is not: a note, a unit, a date."""
PART, WHOLE = 0.65, 0.9
"""What a header is worth that is a part of a target's own name, and the coverage from which it is one."""
UNIT_ALONE = 0.7
"""What a header is worth that holds only a unit of the target's dimension, as `Grams`."""


class NameEvidence:
    """Compares every header of a question with every target's names."""

    def __init__(self, question: MapQuestion) -> None:
        self._question = question
        self._lexicon = lexicon()
        self._splitter = Splitter(word for t in question.targets for name, _ in _names(t) for word in words(name))
        self._known_weights: dict[tuple[str, ...], tuple[float, ...]] = {}
        self._entity = self._entity_words()
        self.headers = [self._splitter.split(words(s.source_name)) for s in question.sources]
        self._phrases = [self._phrases_of(t) for t in question.targets]
        self._exact = [{"".join(words(p)): worth for p, worth in _names(t)} for t in question.targets]
        self._own = [self._splitter.split(words(t.name)) for t in question.targets]
        self._definitions = [self._splitter.split(words(t.definition)) for t in question.targets]
        self._defined = [[self._coverage(h, d) if h and d else 0.0 for d in self._definitions] for h in self.headers]

    def score(self, source: int, target: int) -> float:
        """Return from 0 to 1 how far the source's header names the target."""
        header = self.headers[source]
        if not header:
            return 0.0
        exact = self._exact[target].get("".join(words(self._question.sources[source].source_name)))
        if exact is not None:
            return exact
        named = max((worth * self._covering(header, p) for p, worth in self._phrases[target].items()), default=0.0)
        score = max(
            named, self._by_part(header, target), self._by_definition(source, target), self._by_unit(source, target)
        )
        return score * (OTHER_KIND if self._is_other_kind(header, self._question.targets[target]) else 1.0)

    def _phrases_of(self, target: TargetColumn) -> dict[tuple[str, ...], float]:
        worths: dict[tuple[str, ...], float] = {}
        for name, worth in _names(target):
            phrase = self._splitter.split(words(name))
            if phrase:
                worths[phrase] = max(worth, worths.get(phrase, 0.0))
        return worths

    def _covering(self, header: tuple[str, ...], phrase: tuple[str, ...]) -> float:
        slot = header in self._slots and not any(w.isdigit() for w in phrase)
        covered = self._coverage(phrase, header) * math.pow(self._coverage(header, phrase), SURPLUS)
        return covered * (SLOT if slot else 1.0)

    def _coverage(self, these: tuple[str, ...], those: tuple[str, ...]) -> float:
        """Return which share of the weight of `these` words is found among `those`."""
        weights, similarity = self._weights(these), self._lexicon.similarity
        found = 0.0
        for word, weight in zip(these, weights, strict=True):
            found += weight * max(similarity(word, other) for other in those)
        return found / sum(weights)

    def _weights(self, listed: tuple[str, ...]) -> tuple[float, ...]:
        if listed not in self._known_weights:
            alone = len(listed) == 1
            self._known_weights[listed] = tuple(1.0 if alone else self._weight(word) for word in listed)
        return self._known_weights[listed]

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

    def _by_definition(self, source: int, target: int) -> float:
        """Return how far a target's definition holds the header's words, worth more the fewer definitions do."""
        covered = self._defined[source][target]
        sharing = sum(other >= covered for other in self._defined[source])
        return DEFINITION * covered / math.sqrt(max(1, sharing))

    def _is_other_kind(self, header: Sequence[str], target: TargetColumn) -> bool:
        """Say whether a header ends (or, as in French, begins) in a word for something that the target cannot be."""
        said = self._lexicon.concepts_of(header[-1]) or self._lexicon.concepts_of(header[0])
        if not said:
            return False
        is_moment = target.type.startswith(("date", "timestamp"))
        if said <= self._lexicon.temporal:
            return not is_moment
        return said <= self._lexicon.textual and (is_moment or bool(NUMERIC.match(target.type)))

    def _by_part(self, header: tuple[str, ...], target: int) -> float:
        """Return what it says that a header stands whole in one target's own name, and in no other's."""
        if all(self._lexicon.is_representation(w) or w in self._entity or w in self._lexicon.stop for w in header):
            return 0.0
        covered = [self._coverage(header, own) for own in self._own]
        others = max((c for t, c in enumerate(covered) if t != target), default=0.0)
        return PART * covered[target] if covered[target] >= WHOLE > others else 0.0

    def _by_unit(self, source: int, target: int) -> float:
        """Return what it says that a header is only a unit, where one target alone has its dimension."""
        unit = header_unit(self._question.sources[source].source_name)
        wanted = target_unit(self._question.targets[target])
        if unit is None or wanted is None or DIMENSION[unit] != DIMENSION[wanted]:
            return 0.0
        rest = [w for w in self.headers[source] if not is_unit(w)]
        if any(self._weight(w) > ENTITY for w in rest):
            return 0.0
        rivals = sum(DIMENSION.get(target_unit(t) or "") == DIMENSION[unit] for t in self._question.targets)
        return UNIT_ALONE / rivals

    def _entity_words(self) -> frozenset[str]:
        """Return words for what a row is: the table's name, and its grain where that tells no targets apart."""
        telling = {word for t in self._question.targets for word in words(t.name)}
        grain = set(words(self._question.granularity)) - telling
        return frozenset(self._table_words() | grain) - self._lexicon.stop

    def _table_words(self) -> set[str]:
        return set(words(self._question.standard.partition("@")[0].rpartition(".")[2]))

    @cached_property
    def _entity_concepts(self) -> frozenset[str]:
        """Return the concepts of the table's name and their kin: where a row is a product, an article is one too."""
        own = {c for word in self._table_words() for c in self._lexicon.concepts_of(word)}
        return frozenset(own.union(*(self._lexicon.kin.get(c, frozenset()) for c in own)))

    @cached_property
    def _slots(self) -> frozenset[tuple[str, ...]]:
        """Return headers of which several differ in a number alone."""
        bare = {header: tuple(w for w in header if not w.isdigit()) for header in self.headers}
        families = Counter(bare[header] for header in set(self.headers))
        return frozenset(h for h in self.headers if len(bare[h]) < len(h) and families[bare[h]] > 1)

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        """Return words that begin many headers and end none of them."""
        begins = Counter(word for header in self.headers for word in set(_opening(header)))
        least = max(PREFIX_HEADERS, PREFIX_SHARE * len(self.headers))
        return frozenset(word for word, count in begins.items() if count >= least)


def _opening(header: Sequence[str]) -> Sequence[str]:
    """Return the words that may be a prefix: of the first two, those before the last; a number is none."""
    return [word for word in header[:2][: len(header) - 1] if not word.isdigit()]


def _names(target: TargetColumn) -> list[tuple[str, float]]:
    """Return every name of a target with its worth; from its own, the unit is left out."""
    own = " ".join(w for w in words(target.name) if w != target_unit(target))
    names = [(own, 1.0), (target.business_name, 1.0)]
    for listed in target.synonyms.values():
        names.extend((s, max(LEAST_SYNONYM, 1 - SYNONYM * place)) for place, s in enumerate(listed))
    # The last of equal names wins in a dictionary: let it be the worthiest.
    return sorted(((name, worth) for name, worth in names if name), key=lambda pair: pair[1])
