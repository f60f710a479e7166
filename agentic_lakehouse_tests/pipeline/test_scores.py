"""Scores say what was found, what was missed, and whether confidence can be believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_lakehouse.pipeline.scores import FeedScore, Line, calibration, f1, total


def lines(*told: tuple[float | None, bool]) -> tuple[Line, ...]:
    return tuple(Line(source="s", target="t", confidence=c, is_right=r) for c, r in told)


@pytest.mark.parametrize(
    ("counts", "scores"),
    [((0, 0, 0), (1, 1, 1)), ((0, 2, 0), (0, 0, 0)), ((0, 0, 3), (0, 0, 0)), ((2, 4, 2), (0.5, 1, 2 / 3))],
)
def test_precision_recall_and_f1(counts: tuple[int, int, int], scores: tuple[float, float, float]) -> None:
    assert f1(*counts) == pytest.approx(scores)


def test_confidence_that_is_right_as_often_as_it_says_is_calibrated() -> None:
    assert calibration(lines(*[(0.75, True)] * 3, (0.75, False))) == pytest.approx(0)
    assert calibration(lines((1.0, False), (1.0, True))) == pytest.approx(0.5)
    assert calibration(lines((None, True))) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_calibration_is_a_share(told: list[tuple[float, bool]]) -> None:
    error = calibration(lines(*told))

    assert error is not None
    assert -1e-9 <= error <= 1 + 1e-9


def test_an_unknown_price_makes_the_sum_unknown_and_unlabelled_feeds_do_not_count() -> None:
    found = total(
        [
            FeedScore(feed="a/a", expected=2, lines=lines((0.9, True)), types=0.5, usd=1.0),
            FeedScore(feed="b/b", expected=0, usd=None),
        ]
    )

    assert (found.precision, found.recall, found.types, found.key, found.usd) == (1, 0.5, 0.5, None, None)
