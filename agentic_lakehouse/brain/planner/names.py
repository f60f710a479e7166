"""Evidence of names: how far a vendor's header says what a target is called.

A header is compared with every name that a target has: its own, its business name and its synonyms. Both must cover
each other, since *a word more in a header is often another thing* (`SEO Title`). Where no name fits, a target's
definition or unit may still speak for it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from agentic_lakehouse.brain.planner.meaning import Embedder, MeaningEvidence
from agentic_lakehouse.brain.planner.tokens import Splitter, lexicon, words
from agentic_lakehouse.brain.planner.units import DIMENSION, header_unit, is_unit, target_unit
from agentic_lakehouse.brain.planner.values import is_numeric
from agentic_lakehouse.brain.planner.weights import Phrase, Weights
from agentic_lakehouse.brain.question import MapQuestion, TargetColumn

MOMENT = "date"
_DOTTED = re.compile(r"[\w-]+(\.[\w-]+)+")
SURPLUS = 0.8
"""Exponent of the header's coverage: words that no name explains count against it, a little less than missing ones."""
SYNONYM, LEAST_SYNONYM = 0.01, 0.92
"""What each place down a list of synonyms costs, and what its end is still worth: the closest names come first."""
PART, WHOLE = 0.65, 0.9
"""What a header is worth that is a part of a target's own name, and the coverage from which it is one."""
DEFINITION = 0.6
"""What a header explained by a target's definition alone is worth."""
UNIT_ALONE, UNIT_BESIDE = 0.7, 0.55
"""What a header is worth that holds only a unit of the target's dimension, as `Grams`, and one with other words."""
MOMENT_ALONE = 0.6
"""What a header is worth that says only that it is a moment (`timestamp`), where one target alone is one."""
HALF = 0.5
INITIALS, LONG_NAME = 0.8, 3
"""What a header is worth that is the initials of a name, and the words from which a name has some."""
SLOT = 0.6
"""Factor for one of several numbered headers (`Attribute 1 name`) against a name without that number."""
OTHER_KIND = 0.6
"""Factor for a header that says it is written down as something that the target is not: a note, a unit, a date."""


class NameEvidence:
    """Compares every header of a question with every target's names.

    Args:
        question: sources and targets.
        embedder: says what headers mean, besides; without it words alone count.
    """

    def __init__(self, question: MapQuestion, embedder: Embedder | None = None) -> None:
        self._question = question
        self._meaning = MeaningEvidence(question, embedder) if embedder else None
        names = [_names(target) for target in question.targets]
        self._exact = [_written_together(named) for named in names]
        splitter = Splitter(word for named in names for name, _ in named for word in words(name))
        self._headers = [_with_moment(splitter.split(words(s.source_name))) for s in question.sources]
        self._phrases = [
            _phrases(target, ((splitter.split(words(name)), worth) for name, worth in named))
            for target, named in zip(question.targets, names, strict=True)
        ]
        self._slots = _slots(self._headers)
        paths = [splitter.split(words(_path_of(s.source_name))) for s in question.sources]
        parents = {header: len(path) for header, path in zip(self._headers, paths, strict=True)}
        self._weights = Weights(question, self._headers, parents)
        own = [_with_moment(splitter.split(words(t.name))) for t in question.targets]
        self._parted = [[self._weights.coverage(h, name) for name in own] for h in self._headers]
        self._definitions = [_prose(splitter.split(words(t.definition))) for t in question.targets]
        self._defined = [[self._weights.coverage(h, d) for d in self._definitions] for h in self._headers]
        known = {word for phrases in self._phrases for phrase in phrases for word in phrase}
        self._near = [_near(header, known) for header in self._headers]

    def score(self, source: int, target: int) -> float:
        """Return from 0 to 1 how far the source's header names the target."""
        header = self._headers[source]
        if not header:
            return 0.0
        exact = self._by_exact_name(source, target)
        if exact is not None:
            return exact
        score = max(
            self._by_name(source, target),
            self._by_part(source, target),
            self._by_definition(source, target),
            self._by_unit(source, target),
            self._by_moment(source, target),
            self._meaning.score(source, target) if self._meaning else 0.0,
        )
        return score * (OTHER_KIND if _is_other_kind(header, self._question.targets[target]) else 1.0)

    def is_exact(self, source: int, target: int) -> bool:
        """Say whether the source's header is one of the target's names, however it is spaced and cased."""
        return bool(self._headers[source]) and self._by_exact_name(source, target) is not None

    def _by_exact_name(self, source: int, target: int) -> float | None:
        return self._exact[target].get("".join(words(self._question.sources[source].source_name)))

    def _by_name(self, source: int, target: int) -> float:
        near = self._near[source]
        phrases = ((p, worth) for p, worth in self._phrases[target].items() if not near.isdisjoint(p))
        header, definition = self._headers[source], self._definitions[target]
        return max((worth * self._covering(header, p, definition) for p, worth in phrases), default=0.0)

    def _covering(self, header: Phrase, phrase: Phrase, definition: Phrase) -> float:
        slot = header in self._slots and not any(w.isdigit() for w in phrase)
        missing = self._weights.coverage(phrase, header)
        explained = definition if missing >= HALF else ()
        surplus = self._weights.coverage(header, phrase, explained)
        return missing * math.pow(surplus, SURPLUS) * (SLOT if slot else 1.0)

    def _by_part(self, source: int, target: int) -> float:
        """Return what it says that a header stands whole in one target's own name, and in no other's."""
        if self._weights.says_little(self._headers[source]):
            return 0.0
        covered = self._parted[source]
        others = max((c for t, c in enumerate(covered) if t != target), default=0.0)
        return PART * covered[target] if covered[target] >= WHOLE > others else 0.0

    def _by_definition(self, source: int, target: int) -> float:
        """Return how far a target's definition holds the header's words, worth more the fewer definitions do."""
        covered = self._defined[source][target]
        sharing = sum(other >= covered for other in self._defined[source])
        return DEFINITION * covered / math.sqrt(sharing)

    def _by_unit(self, source: int, target: int) -> float:
        """Return what it says that a header is only a unit, where one target alone has its dimension."""
        unit = header_unit(self._question.sources[source].source_name)
        wanted = target_unit(self._question.targets[target])
        if unit is None or wanted is None or DIMENSION[unit] != DIMENSION[wanted]:
            return 0.0
        rivals = sum(DIMENSION.get(target_unit(t) or "") == DIMENSION[unit] for t in self._question.targets)
        alone = not any(self._weights.is_plain(w) for w in self._headers[source] if not is_unit(w))
        return (UNIT_ALONE if alone else UNIT_BESIDE) / rivals

    def _by_moment(self, source: int, target: int) -> float:
        """Return what it says that a header is only a word for a moment, where one target alone is one."""
        lex = lexicon()
        if not all(lex.concepts_of(w) and lex.concepts_of(w) <= lex.temporal for w in self._headers[source]):
            return 0.0
        moments = sum(is_moment(t) for t in self._question.targets)
        return MOMENT_ALONE if moments == 1 and is_moment(self._question.targets[target]) else 0.0


def is_moment(target: TargetColumn) -> bool:
    """Say whether a target holds dates or points in time."""
    return target.type.startswith(("date", "timestamp"))


def _with_moment(phrase: Phrase) -> Phrase:
    """Say `date` for a last word that says so (`loaned on`, `geleend op`)."""
    return (*phrase[:-1], MOMENT) if len(phrase) > 1 and phrase[-1] in lexicon().when else phrase


def _phrases(target: TargetColumn, named: Iterable[tuple[Phrase, float]]) -> dict[Phrase, float]:
    """Return a target's names as words; a moment's also with the word for it, which headers add or leave out."""
    phrases: dict[Phrase, float] = {}
    for plain, worth in named:
        phrase = _with_moment(plain)
        phrases[phrase] = worth
        if is_moment(target) and not any(lexicon().concepts_of(w) & lexicon().temporal for w in phrase):
            phrases[(*phrase, MOMENT)] = worth
    return phrases


def _names(target: TargetColumn) -> list[tuple[str, float]]:
    """Return every name of a target with its worth, the worthiest last; from its own, the unit is left out."""
    own = " ".join(w for w in words(target.name) if w != target_unit(target))
    names = [(own, 1.0), (target.business_name, 1.0)]
    for listed in target.synonyms.values():
        names.extend((s, max(LEAST_SYNONYM, 1 - SYNONYM * place)) for place, s in enumerate(listed))
    return sorted(((name, worth) for name, worth in names if words(name)), key=lambda pair: pair[1])


def _written_together(named: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return names without spaces, and initials of the long ones (`length of stay`, LOS), with their worth."""
    listed = [(words(name), worth) for name, worth in named]
    initials = {"".join(w[0] for w in name): INITIALS for name, _ in listed if len(name) >= LONG_NAME}
    return initials | {"".join(name): worth for name, worth in listed}


def _prose(definition: Phrase) -> Phrase:
    """Return the words of a definition; its numbers explain no header."""
    return tuple(word for word in definition if not word.isdigit())


def _path_of(header: str) -> str:
    """Return the part of a dotted path before its last step; empty for a plain header."""
    return header.rpartition(".")[0] if _DOTTED.fullmatch(header) else ""


def _near(header: Phrase, known: set[str]) -> frozenset[str]:
    """Return the known words that are anything like a word of the header."""
    similarity = lexicon().similarity
    return frozenset(word for word in known if any(similarity(word, mine) > 0 for mine in header))


def _slots(headers: Sequence[Phrase]) -> frozenset[Phrase]:
    """Return headers of which several differ in a number alone."""
    bare = {header: tuple(w for w in header if not w.isdigit()) for header in headers}
    families = Counter(bare.values())
    return frozenset(h for h in headers if len(bare[h]) < len(h) and families[bare[h]] > 1)


def _is_other_kind(header: Sequence[str], target: TargetColumn) -> bool:
    """Say whether a header ends (or, as in French, begins) in a word for something that the target cannot be."""
    lex = lexicon()
    said = lex.concepts_of(header[-1]) or lex.concepts_of(header[0])
    if not said:
        return False
    if said <= lex.temporal:
        return not is_moment(target)
    return said <= lex.textual and (is_moment(target) or is_numeric(target))
