"""One source for each target: the pairs that are most probable together, and how sure each one is."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agentic_lakehouse.brain.planner.names import NameEvidence
from agentic_lakehouse.brain.planner.values import ValueEvidence
from agentic_lakehouse.brain.question import MapQuestion, SourceColumn

BIAS, NAME, FOR, AGAINST, EMPTY, SPARSE = -2.7, 5.3, 2.0, 4.0, -0.4, -0.6
"""Log-odds: of a pair nothing is known of; of a name that says it all; of values that speak for it or against it; of a
column without values; of one with next to none."""
SPARSE_SHARE = 0.05
LEAST = 0.5
"""A pair less probable than this is no pair: nothing is better than a guess."""
CLOSE = 0.3
"""A rival within this probability makes a pair doubtful."""


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


def assign(question: MapQuestion) -> list[Pair]:
    """Match sources to targets one to one, in the order of targets."""
    from scipy.optimize import linear_sum_assignment

    if not question.sources or not question.targets:
        return []
    names, values = NameEvidence(question), ValueEvidence(question)
    name = [[names.score(s, t) for t in range(len(question.targets))] for s in range(len(question.sources))]
    value = [[values.score(s, t) for t in range(len(question.targets))] for s in range(len(question.sources))]
    odds = [
        [_probability(question, s, name[s][t], value[s][t]) for t in range(len(question.targets))]
        for s in range(len(question.sources))
    ]
    # A pair below the bar is worth nothing, so that it cannot push a good pair aside.
    worth = [[p if p >= LEAST else 0.0 for p in row] for row in odds]
    chosen = {
        int(t): int(s)
        for s, t in zip(*linear_sum_assignment(worth, maximize=True), strict=True)
        if worth[int(s)][int(t)] > 0
    }
    best = {s: odds[s][t] for t, s in chosen.items()}
    pairs = []
    for t, s in sorted(chosen.items()):
        rivals = [(odds[r][t], r) for r in range(len(question.sources)) if r != s and best.get(r, 0.0) < odds[r][t]]
        nearest, rival = max(rivals, default=(0.0, None))
        doubt = max(0.0, 1 - (odds[s][t] - nearest) / CLOSE) if nearest >= LEAST else 0.0
        confidence = round(odds[s][t] * (1 - doubt / 2), 2)
        pairs.append(Pair(s, t, confidence, name[s][t], value[s][t], rival if doubt else None))
    return pairs


def _probability(question: MapQuestion, source: int, name: float, value: float) -> float:
    """Weigh names and values together."""
    column = question.sources[source]
    odds = BIAS + NAME * name + (FOR if value > 0 else AGAINST) * value + _emptiness(column, question.rows)
    return 1 / (1 + math.exp(-odds))


def _emptiness(column: SourceColumn, rows: int) -> float:
    if not column.filled:
        return EMPTY
    return SPARSE if column.filled < SPARSE_SHARE * rows else 0.0
