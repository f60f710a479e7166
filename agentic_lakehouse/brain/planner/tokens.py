"""Headers as words: folded, split at separators, camel case and digits, and German compounds taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources

import yaml

from agentic_lakehouse.brain.naming import split_camel, transliterate
from agentic_lakehouse.brain.planner.spelling import MIN_PART, misspelt, related

_WORD = re.compile(r"[^\W\d_]+|\d+")
_LINKS = ("s", "es", "n", "en", "e", "er")
"""What German puts between the parts of a compound."""
MIN_COMPOUND = 6
MIN_HEAD = 4
"""Letters of an unknown word before a known end (`uitleen` before `nummer`)."""


_SIGNS = tuple(
    (re.compile(rf"(?<![^\W_]){sign}(?![^\W_])"), word)
    for sign, word in (
        ("kWh", "kwh"), ("MWh", "mwh"), ("kW", "kw"), ("m[2²]", "qm"), ("m[3³]", "cbm"), ("cm[2²]", "sqcm"),
        ("ft[2²]", "sqft"), ("[sS]q[._ ]?[fF]t", "sqft"), ("° ?C", "celsius"), ("° ?F", "fahrenheit"),
    )
)  # fmt: skip
"""Units that would fall apart at their capitals and digits, and words for them."""


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a header in order: lower case, ASCII where the script allows, digits apart."""
    for sign, word in _SIGNS:
        text = sign.sub(word, text)
    return tuple(_WORD.findall(transliterate(split_camel(text))))


SAME, KIN, FORM_KIN = 0.92, 0.55, 0.7
"""How alike two words of one concept are, of kindred concepts, and of kindred ways to write a thing down."""


@dataclass(frozen=True)
class Lexicon:
    """Words that headers of any trade use, by concept; see `lexicon.yaml`."""

    concepts: dict[str, frozenset[str]]
    """Word to the concepts it may stand for."""
    kin: dict[str, frozenset[str]]
    """Concept to concepts that name nearly the same."""
    representation: frozenset[str]
    """Concepts that say how a thing is written down."""
    semantics: dict[str, frozenset[str]]
    """A profile's word for the meaning of values, to concepts of columns that hold such values."""
    weak: frozenset[str]
    stop: frozenset[str]
    naming: frozenset[str]
    """Concepts of columns that name a thing: digits in them are no quantity."""
    measure: frozenset[str]
    """Concepts of columns that may hold a fraction another day."""
    textual: frozenset[str]
    temporal: frozenset[str]
    """Concepts at a header's end that say what is written under it."""
    affirmative: frozenset[str]
    negative: frozenset[str]
    """Words for yes and no in cells."""
    flag: frozenset[str]
    """Words of a header that only say that it asks a question."""
    answer: frozenset[str]
    """Words of headers whose 0 and 1 are answers, not counts."""
    when: frozenset[str]
    """Words that at a name's end say that it is a moment: `loaned on`."""

    def concepts_of(self, word: str) -> frozenset[str]:
        """Return what a word may stand for; empty where the lexicon does not know it."""
        return self.concepts.get(word, frozenset())

    def is_representation(self, word: str) -> bool:
        """Say whether a word is only about how a thing is written down."""
        return bool(self.concepts_of(word)) and self.concepts_of(word) <= self.representation

    @cached_property
    def ends(self) -> frozenset[str]:
        """Words for how a thing is written down that may end a compound whose beginning is unknown."""
        said = self.representation | self.measure | self.naming | self.temporal
        return frozenset(w for w, of in self.concepts.items() if of & said and len(w) >= MIN_HEAD) | {"nr"}

    @cached_property
    def _similar(self) -> dict[tuple[str, str], float]:
        return {}

    def similarity(self, one: str, other: str) -> float:
        """Return how far two words name the same, from 0 to 1."""
        if one == other:
            return 1.0
        pair = (one, other) if one < other else (other, one)
        if pair not in self._similar:
            self._similar[pair] = self._compare(*pair)
        return self._similar[pair]

    def _compare(self, one: str, other: str) -> float:
        mine, theirs = self.concepts_of(one), self.concepts_of(other)
        if mine & theirs:
            return SAME
        if one.isdigit() or other.isdigit():
            return 0.0
        best = misspelt(one, other)
        if not (mine and theirs):  # two words that are known are known to differ
            best = max(best, related(one, other))
        if any(self.kin.get(concept, frozenset()) & theirs for concept in mine):
            best = max(best, FORM_KIN if mine | theirs <= self.representation else KIN)
        return best


_CONCEPT_LISTS = ("representation", "naming", "measure", "textual", "temporal")
_WORD_LISTS = ("weak", "stop", "affirmative", "negative", "flag", "answer", "when")


@cache
def lexicon() -> Lexicon:
    """Read the lexicon that stands beside this module."""
    data = yaml.safe_load(resources.files(__package__).joinpath("lexicon.yaml").read_text(encoding="utf-8"))
    concepts: dict[str, set[str]] = {}
    for concept, listed in data["concepts"].items():
        for word in words(listed):
            concepts.setdefault(word, set()).add(concept)
    kin: dict[str, set[str]] = {}
    for group in data["kin"]:
        for concept in group:
            kin.setdefault(concept, set()).update(set(group) - {concept})
    return Lexicon(
        concepts={word: frozenset(of) for word, of in concepts.items()},
        kin={concept: frozenset(of) for concept, of in kin.items()},
        **{name: frozenset(data[name].split()) for name in _CONCEPT_LISTS},
        semantics={name: frozenset(of.split()) for name, of in data["semantics"].items()},
        **{name: frozenset(words(data[name])) for name in _WORD_LISTS},
    )


class Splitter:
    """Takes closed compounds apart, where known words cover them wholly: `herstellernr` is `hersteller`, `nr`.

    Args:
        known: words to split into, besides the lexicon's.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._lexicon = lexicon()
        self._known = {w for w in known if len(w) >= MIN_PART and not w.isdigit()} | set(self._lexicon.concepts)
        self._done: dict[str, tuple[str, ...]] = {}

    def split(self, listed: Iterable[str]) -> tuple[str, ...]:
        """Return the words with every compound replaced by its parts."""
        return tuple(part for word in listed for part in self._parts(word))

    def _parts(self, word: str) -> tuple[str, ...]:
        if len(word) < MIN_COMPOUND or word in self._lexicon.concepts:
            return (word,)
        if word not in self._done:
            self._done[word] = (word,)  # a part of itself is no split
            best = self._cover(word, whole=word)
            self._done[word] = self.split(best) if best and len(best) > 1 else self._known_end(word)
        return self._done[word]

    def _known_end(self, word: str) -> tuple[str, ...]:
        """Take a known end that says how a thing is written down off an unknown word: `uitleen`, `nr`."""
        ends = self._lexicon.ends
        start = next((k for k in range(MIN_HEAD, len(word) - 1) if word[k:] in ends), None)
        return (word[:start], word[start:]) if start else (word,)

    def _cover(self, rest: str, *, whole: str) -> tuple[str, ...] | None:
        """Cover `rest` with known words, longest first, or return `None`."""
        for end in range(len(rest), 1, -1):
            head, tail = rest[:end], rest[end:]
            if head == whole or not self._is_part(head, first=len(rest) == len(whole), last=not tail):
                continue
            if not tail:
                return (head,)
            for link in ("", *_LINKS):
                if tail.startswith(link) and len(tail) > len(link):
                    covered = self._cover(tail[len(link) :], whole=whole)
                    if covered is not None:
                        return (head, *covered)
        return None

    def _is_part(self, word: str, *, first: bool, last: bool) -> bool:
        """Say whether a word may be a part; two letters only at an end, and only known abbreviations."""
        if len(word) >= MIN_PART:
            return word in self._known
        return (first or last) and word in self._lexicon.concepts


@lru_cache(maxsize=20_000)
def header_words(header: str) -> tuple[str, ...]:
    """Return the words of a header, compounds of general words taken apart."""
    return Splitter(()).split(words(header))


def header_concepts(header: str) -> frozenset[str]:
    """Return what the words of a header stand for; the end of an unknown compound tells where it names a thing."""
    lex = lexicon()
    return frozenset(c for word in header_words(header) for c in lex.concepts_of(word) or _tail(word, lex))


def _tail(word: str, lex: Lexicon) -> frozenset[str]:
    """Return what the end of a compound names: `warencode` ends in a code."""
    ends = (lex.concepts_of(word[start:]) for start in range(MIN_PART, len(word) - MIN_PART))
    return frozenset(concept for concepts in ends for concept in concepts & lex.naming)
