"""One source for each target: the pairs that are most probable together, and how sure each one is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agentic_lakehouse.brain.planner.meaning import Embedder
from agentic_lakehouse.brain.planner.names import NameEvidence
from agentic_lakehouse.brain.planner.values import ValueEvidence
from agentic_lakehouse.brain.question import MapQuestion

Table = list[list[float]]
"""A number for each source and target."""

BIAS, NAME, FOR, AGAINST = -2.7, 5.3, 2.0, 4.0
"""Log-odds: of a pair nothing is known of; of a name that says it all; of values that speak for it or against it."""
EMPTY, SPARSE, REQUIRED, GAPS = -0.4, -0.6, 0.3, -1.0
"""Log-odds of a column without values; of one with next to none; of a target that is required, and so expected in the
feed; of a column all gaps for such a target."""
SPARSE_SHARE = 0.05
ELSEWHERE = 0.1
"""How much of what a header says for another target counts against this one."""
LEAST = 0.5
"""A pair less probable than this is no pair: nothing is better than a guess."""
CLOSE = 0.6
"""A rival within these log-odds makes a pair doubtful."""
SHARPENED = 1.25
"""By how much log-odds are too shy: what makes confidence agree with the share of pairs that are right, over labelled
feeds of several trades."""


@dataclass(frozen=True)
class Pair:
    """A source that fills a target."""

    source: int
    target: int
    confidence: float
    """Probability of the pair, less where a rival that got nothing is close."""
    name: float
    value: float
    rival: int | None = None
    """The source that came closest to this target, where it is close enough to doubt."""


def assign(question: MapQuestion, embedder: Embedder | None = None) -> list[Pair]:
    """Match sources to targets one to one, in the order of targets."""
    from scipy.optimize import linear_sum_assignment

    if not question.sources or not question.targets:
        return []
    name, value, odds = _evidence(question, embedder)
    # A pair below the bar is worth nothing, so that it cannot push a good pair aside.
    worth = [[p if (p := probability(z)) >= LEAST else 0.0 for z in row] for row in odds]
    chosen = {
        int(t): int(s)
        for s, t in zip(*linear_sum_assignment(worth, maximize=True), strict=True)
        if worth[int(s)][int(t)] > 0
    }
    pairs = []
    for t, s in sorted(chosen.items()):
        nearest, rival = _rival(s, t, odds, chosen)
        doubt = max(0.0, 1 - (odds[s][t] - nearest) / CLOSE) if probability(nearest) >= LEAST else 0.0
        confidence = round(probability(SHARPENED * odds[s][t]) * (1 - min(1.0, doubt) / 2), 2)
        pairs.append(Pair(s, t, confidence, name[s][t], value[s][t], rival if doubt else None))
    return pairs


def likeliest(question: MapQuestion, count: int) -> list[list[int]]:
    """Return for each source the targets that it is likeliest to fill, in their order."""
    _, _, odds = _evidence(question, None)
    return [sorted(sorted(range(len(row)), key=row.__getitem__, reverse=True)[:count]) for row in odds]


def _rival(source: int, target: int, odds: list[list[float]], chosen: dict[int, int]) -> tuple[float, int | None]:
    """Return the log-odds of the source that would do nearly as well, and which one it is.

    A rival that got another target counts by what both pairs lose when they are crossed.
    """
    held = {s: t for t, s in chosen.items()}
    nearest: tuple[float, int | None] = (-math.inf, None)
    for rival, theirs in enumerate(odds):
        if rival == source:
            continue
        gain = theirs[target]
        if rival in held and theirs[held[rival]] >= gain:
            gain += odds[source][held[rival]] - theirs[held[rival]]
        if gain > nearest[0]:
            nearest = (gain, rival)
    return nearest


def likelihoods(question: MapQuestion) -> Table:
    """Return how probable each pair of source and target is by itself, from 0 to 1."""
    if not question.sources or not question.targets:
        return [[] for _ in question.sources]
    _, _, odds = _evidence(question, None)
    return [[probability(z) for z in row] for row in odds]


def probability(log_odds: float) -> float:
    """Turn log-odds into a probability."""
    return 1 / (1 + math.exp(-log_odds))


def _evidence(question: MapQuestion, embedder: Embedder | None) -> tuple[Table, Table, Table]:
    """Weigh every source against every target: by name, by value, and the log-odds of both."""
    names, values = NameEvidence(question, embedder), ValueEvidence(question)
    targets, sources = range(len(question.targets)), range(len(question.sources))
    name = [_told_apart([names.score(s, t) for t in targets]) for s in sources]
    value = [[values.score(s, t) for t in targets] for s in sources]
    odds = [[_log_odds(question, s, t, name[s][t], value[s][t]) for t in targets] for s in sources]
    return name, value, odds


def _told_apart(scores: list[float]) -> list[float]:
    """Take from each score a part of the best other one: a header that names two targets names neither well."""
    first, second = [*sorted(scores, reverse=True), 0.0][:2]
    return [max(0.0, s - ELSEWHERE * (second if s == first else first)) for s in scores]


def _log_odds(question: MapQuestion, source: int, target: int, name: float, value: float) -> float:
    """Weigh names, values and gaps together."""
    column = question.sources[source]
    odds = BIAS + NAME * name + (FOR if value > 0 else AGAINST) * value
    if not column.filled:
        return odds + (EMPTY if question.rows else 0.0)
    if question.targets[target].required:
        filled = column.filled + column.filled_down
        odds += REQUIRED + GAPS * (1 - filled / max(filled, question.rows))
    return odds + (SPARSE if column.filled < SPARSE_SHARE * question.rows else 0.0)
