"""The planner's answer to what words mean: it knows how the standard's words may be written, and no language.

A word that is written like none of them is left to somebody who knows it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rapidfuzz.distance import DamerauLevenshtein

from agentic_lakehouse.brain.planner.vocabulary import fold, translations
from agentic_lakehouse.brain.value_words import ValuesQuestion

JOINED, SLIP = 0.95, 0.8
"""How sure of a word that differs from a known one in signs and spaces alone; of one with a slip of the pen."""
MIN_SLIP = 7
"""Letters of a word from which one that is wrong, missing, swapped or too many makes no other word of it."""
_SIGNS = re.compile(r"[\W_]+")


def worded(question: ValuesQuestion) -> dict[str, object]:
    """Answer, as `ValuesProposal` has it."""
    known = translations(question.target)
    joined: dict[str, set[str]] = {}
    for word, value in known.items():
        joined.setdefault(_joined(word), set()).add(value)
    return {"words": [_claim(asked.word, known, joined) for asked in question.words]}


def _claim(word: str, known: Mapping[str, str], joined: Mapping[str, set[str]]) -> dict[str, object]:
    if (exact := known.get(fold(word))) is not None:
        return _said(word, exact, 1.0, "the standard names it")
    values = joined.get(_joined(fold(word)), set())
    if len(values) == 1:
        return _said(word, next(iter(values)), JOINED, "but for signs and spaces a word of the standard")
    alike = sorted(other for other in known if _is_slip(fold(word), other))
    values = {known[other] for other in alike}
    if len(values) == 1:
        return _said(word, next(iter(values)), SLIP, f"but for one letter {alike[0]!r}")
    # No confidence at all: it was not understood, which is less than to know that it means nothing.
    return _said(word, None, None, "like no word of the standard")


def _said(word: str, value: str | None, confidence: float | None, reason: str) -> dict[str, object]:
    return {"word": word, "value": value, "confidence": confidence, "reason": reason}


def _joined(folded: str) -> str:
    return _SIGNS.sub("", folded)


def _is_slip(word: str, other: str) -> bool:
    """Whether two words differ in one letter behind the first: what comes first may turn a word into its opposite."""
    long_enough = min(len(word), len(other)) >= MIN_SLIP
    return long_enough and word[0] == other[0] and DamerauLevenshtein.distance(word, other, score_cutoff=1) <= 1
