"""A drift is told once a feed and change, and counts once a delivery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agentic_lakehouse.contracts.drift import Change, Drift
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake.drifts import Drifts
from agentic_lakehouse_tests.lake.scene import Scene

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
RENAMED = Change(
    kind="column_renamed", columns=("Preis",), before="Preis", after="VK-Preis", used_by=("price",), severity="review"
)


@pytest.fixture
def drifts(scene: Scene) -> Drifts:
    return scene.lake.drifts


def tell(drifts: Drifts, feed: Feed, delivery: str, *changes: Change, hours: int = 0, **facts: Any) -> None:
    told = tuple(change.model_copy(update=facts) for change in changes)
    drifts.tell(Drift(feed=str(feed), delivery=delivery, since="a" * 64, changes=told), at=NOW + timedelta(hours=hours))


def test_a_change_that_comes_again_counts_up(drifts: Drifts, feed: Feed) -> None:
    tell(drifts, feed, "1", RENAMED)
    tell(drifts, feed, "2", RENAMED, hours=1)

    [row] = drifts.of(feed)

    assert (row.count, row.first_delivery, row.last_delivery) == (2, "1", "2")
    assert (row.first_at, row.last_at) == (NOW, NOW + timedelta(hours=1))
    assert drifts.of(Feed("other", "feed")) == []


def test_a_delivery_that_is_done_again_counts_once(drifts: Drifts, feed: Feed) -> None:
    for delivery in ("1", "2", "2", "1"):
        tell(drifts, feed, delivery, RENAMED)

    [row] = drifts.of()

    assert (row.count, row.last_delivery) == (2, "2")


def test_what_speaks_for_it_is_kept_where_a_later_look_has_nothing(drifts: Drifts, feed: Feed) -> None:
    tell(drifts, feed, "1", RENAMED, evidence="by name 0.67 and values 0.98", confidence=0.81)
    tell(drifts, feed, "1", RENAMED, used_by=())

    [row] = drifts.of(feed)

    assert row.told == "'Preis' is now 'VK-Preis' by name 0.67 and values 0.98"
    assert row.confidence == 0.81


def test_another_name_is_another_change(drifts: Drifts, feed: Feed) -> None:
    tell(drifts, feed, "1", RENAMED)
    tell(drifts, feed, "2", RENAMED, after="Verkaufspreis", hours=1)

    assert [(row.after, row.count) for row in drifts.of(feed)] == [("Verkaufspreis", 1), ("VK-Preis", 1)]
