"""When the next delivery is due, and from when on it is late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agentic_lakehouse.contracts.vendor import Expectation
from agentic_lakehouse.pipeline.freshness import Freshness, due_after, freshness

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "zone", "came", "due"),
    [
        # By the end of the next day, whenever it came on its day.
        ("daily", "UTC", "2026-11-02 00:00", "2026-11-04 00:00"),
        ("daily", "UTC", "2026-11-02 23:59", "2026-11-04 00:00"),
        ("daily", BERLIN, "2026-11-02 23:30", "2026-11-04 23:00"),  # the 3rd there
        ("daily", BERLIN, "2026-03-27 12:00", "2026-03-28 23:00"),
        ("daily", BERLIN, "2026-03-28 12:00", "2026-03-29 22:00"),  # a day of 23 hours
        ("weekly", "UTC", "2026-11-02 09:00", "2026-11-10 00:00"),
        # A delivery answers for the instant nearest to it.
        ("0 6 1 * *", "UTC", "2026-11-01 05:30", "2026-12-01 06:00"),
        ("0 6 1 * *", "UTC", "2026-11-01 06:00", "2026-12-01 06:00"),
        ("0 6 1 * *", "UTC", "2026-11-03 11:00", "2026-12-01 06:00"),
        ("0 6 1 * *", "UTC", "2026-11-29 11:00", "2027-01-01 06:00"),
        ("0 6 * * mon-fri", "UTC", "2026-11-06 18:00", "2026-11-09 06:00"),  # on Friday evening, for Friday
        ("0 6 * * mon-fri", "UTC", "2026-11-08 20:00", "2026-11-10 06:00"),  # on Sunday evening, for Monday
        ("0 6 * * *", BERLIN, "2026-11-02 05:10", "2026-11-03 05:00"),
        ("0 6 1 3,9 *", "UTC", "2026-09-02 05:10", "2027-03-01 06:00"),
    ],
)
def test_the_next_delivery_is_due(every: str, zone: str, came: str, due: str) -> None:
    assert due_after(Expectation(every=every, timezone=zone), at(came)) == at(due)


def test_a_delivery_is_late_after_its_grace_and_since_it_was_due() -> None:
    daily, came = Expectation(every="daily", grace=timedelta(hours=6)), at("2026-11-02 09:00")
    due = at("2026-11-04 00:00")

    assert freshness(daily, came, now=due + timedelta(hours=6)) == Freshness(late=False, due_at=due)
    late = freshness(daily, came, now=due + timedelta(hours=6, seconds=1))
    assert (late.late, late.late_since) == (True, due)


def test_what_never_came_is_late_without_a_time() -> None:
    assert freshness(Expectation(every="daily"), None, now=at("2026-11-02 09:00")) == Freshness(late=True, due_at=None)


def test_nothing_is_late_of_which_nobody_says_when_it_comes() -> None:
    assert not freshness(None, None, now=at("2026-11-02 09:00")).late
