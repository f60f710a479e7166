"""How well proposals agree with what a person says: precision, recall, F1, and whether confidence can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from agentic_lakehouse.contracts.base import Record

BINS = 10
"""Intervals of confidence that calibration is measured in."""


class Line(Record):
    """One proposed pair of source and target."""

    source: str
    target: str
    confidence: float | None
    is_right: bool


class FeedScore(Record):
    """How one feed was described and mapped; shares are 0 to 1, and `None` where nothing is labelled."""

    feed: str
    error: str = ""
    """Why no answer came, where none did: then everything that is labelled was missed."""
    expected: int
    """Labelled pairs of source and target."""
    lines: tuple[Line, ...] = ()
    types: float | None = None
    """Share of labelled columns with the right type."""
    key: float | None = None
    """1 where the primary key is the labelled one, else 0."""
    core: float | None = None
    """Share of labelled core rows that came out exactly."""
    calls: int = 0
    tokens: int = 0
    usd: float | None = 0.0
    """`None` where a price is not known."""
    seconds: float = 0.0
    """Of model calls."""
    models: tuple[str, ...] = ()
    """Versions of the models that answered."""

    @property
    def status(self) -> str:
        """Whether an answer came."""
        return "failed" if self.error else "answered"

    @property
    def right(self) -> int:
        """Proposed pairs that are labelled so."""
        return sum(line.is_right for line in self.lines)


class Total(Record):
    """All feeds of a suite together; pairs count alike, whatever their feed."""

    precision: float
    recall: float
    f1: float
    types: float | None
    key: float | None
    core: float | None
    calibration: float | None
    """Expected calibration error: how far confidence is from the share that is right, on average."""
    calls: int
    tokens: int
    usd: float | None
    seconds: float


class Evaluation(Record):
    """A suite, held against a ladder of models and a set of prompts."""

    suite: str
    model: str
    """As asked for."""
    prompts: dict[str, str]
    """Prompt to the sha256 of its file."""
    standard: str
    total: Total
    feeds: tuple[FeedScore, ...] = Field(default=())


def f1(right: int, found: int, expected: int) -> tuple[float, float, float]:
    """Return precision, recall and F1; where nothing is expected and nothing found, all are 1."""
    if not found and not expected:
        return 1.0, 1.0, 1.0
    precision = right / found if found else 0.0
    recall = right / expected if expected else 0.0
    return precision, recall, 2 * right / (found + expected)


def total(feeds: Sequence[FeedScore]) -> Total:
    """Add feeds up."""
    precision, recall, score = f1(
        sum(f.right for f in feeds), sum(len(f.lines) for f in feeds), sum(f.expected for f in feeds)
    )
    costs = [f.usd for f in feeds]
    return Total(
        precision=precision,
        recall=recall,
        f1=score,
        types=_mean(f.types for f in feeds),
        key=_mean(f.key for f in feeds),
        core=_mean(f.core for f in feeds),
        calibration=calibration([line for f in feeds for line in f.lines]),
        calls=sum(f.calls for f in feeds),
        tokens=sum(f.tokens for f in feeds),
        usd=None if None in costs else sum(c for c in costs if c is not None),
        seconds=sum(f.seconds for f in feeds),
    )


def calibration(lines: Sequence[Line]) -> float | None:
    """Return the expected calibration error over `BINS` intervals; `None` where no line has a confidence."""
    told = [(line.confidence, line.is_right) for line in lines if line.confidence is not None]
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, is_right in told:
        bins.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, is_right))
    gaps = (abs(sum(c for c, _ in found) - sum(r for _, r in found)) for found in bins.values())
    return sum(gaps) / len(told) if told else None


def _mean(values: Iterable[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return sum(told) / len(told) if told else None
