"""A question that is too long for a model's context is asked in batches of columns.

Neighbours stay together, as vendors write them. Of the targets, a batch shows those that the planner's evidence finds
likeliest for its columns: a standard alone may fill a small context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from agentic_lakehouse.brain.planner.assign import likeliest
from agentic_lakehouse.brain.question import DescribeQuestion, MapQuestion

Q = TypeVar("Q", DescribeQuestion, MapQuestion)
T = TypeVar("T")

CANDIDATES = 6
"""Targets that a batch shows for each of its columns."""


def describe_batches(question: DescribeQuestion, fits: Callable[[DescribeQuestion], bool]) -> list[DescribeQuestion]:
    """Ask what a file is, whole if that fits, else some columns at a time with the keys that lie within them."""

    def only(columns: Sequence[int]) -> DescribeQuestion:
        shown = tuple(question.columns[k] for k in columns)
        names = {c.source_name for c in shown}
        return question.model_copy(
            update={"columns": shown, "unique_keys": tuple(k for k in question.unique_keys if names.issuperset(k))}
        )

    return _batches(question, list(range(len(question.columns))), only, fits)


def map_batches(question: MapQuestion, fits: Callable[[MapQuestion], bool]) -> list[MapQuestion]:
    """Ask how columns become a table, whole if that fits, else some columns and their likeliest targets at a time."""
    joined = [k for k, source in enumerate(question.sources) if source.name in question.row_key]
    order = joined + [k for k in range(len(question.sources)) if k not in joined]
    likely: list[list[int]] = []

    def only(columns: Sequence[int]) -> MapQuestion:
        if not likely:
            likely.extend(likeliest(question, CANDIDATES))
        shown = tuple(question.sources[k] for k in sorted(columns))
        holds_row_key = {s.name for s in shown}.issuperset(question.row_key)
        wanted = {target for k in columns for target in likely[k]}
        return question.model_copy(
            update={
                "sources": shown,
                "row_key": question.row_key if holds_row_key else (),
                "targets": tuple(
                    t for k, t in enumerate(question.targets) if k in wanted or (t.key_part and holds_row_key)
                ),
            }
        )

    return [q for q in _batches(question, order, only, fits) if q.sources and q.targets]


def _batches(
    question: Q, order: Sequence[int], only: Callable[[Sequence[int]], Q], fits: Callable[[Q], bool]
) -> list[Q]:
    """Return the fewest batches that all fit; a column that does not fit alone is asked about all the same."""
    if fits(question) or len(order) < 2:
        return [question]
    for count in range(2, len(order)):
        batches = [only(part) for part in _parts(order, count)]
        if all(fits(batch) for batch in batches):
            return batches
    return [only([column]) for column in order]


def _parts(items: Sequence[T], count: int) -> Iterator[Sequence[T]]:
    """Cut a list into so many parts of nearly one length."""
    ends = [round(len(items) * k / count) for k in range(count + 1)]
    return (items[start:end] for start, end in pairwise(ends))
