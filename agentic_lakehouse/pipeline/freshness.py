"""Whether a feed's delivery is late, and since when.

A delivery came when the lakehouse first saw its file (`Delivery.first_seen_at`). The file's own time stamp is older
where a tool or a copy kept it, the day of ingestion is no instant, and a commit's time is that of our own work: none of
them may make a vendor late.

`daily` and `weekly` count days in the vendor's time zone: what came on a day is to be followed by the end of the next
day, or of the same weekday a week later. A cron line names the instants at which deliveries are expected; one that came
answers for the instant that is nearest to it, so neither a little early nor a little late is mistaken for the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from agentic_lakehouse.contracts.vendor import Expectation

_DAYS = {"daily": 1, "weekly": 7}


@dataclass(frozen=True)
class Freshness:
    """How a feed stands to what is expected of it."""

    late: bool
    due_at: datetime | None
    """When the next delivery is due, or was; `None` where nothing ever came, so that none has a time."""

    @property
    def late_since(self) -> datetime | None:
        """When the delivery was due that did not come."""
        return self.due_at if self.late else None


def freshness(expected: Expectation | None, last_seen: datetime | None, *, now: datetime) -> Freshness:
    """Tell whether a delivery is overdue.

    Args:
        expected: when deliveries are expected; nothing is late where nobody says.
        last_seen: when the newest delivery was first seen; `None` where there was none, which is late.
        now: the instant that is asked about.
    """
    if expected is None:
        return Freshness(late=False, due_at=None)
    if last_seen is None:
        return Freshness(late=True, due_at=None)
    due = due_after(expected, last_seen)
    return Freshness(late=now > due + expected.grace, due_at=due)


def due_after(expected: Expectation, last_seen: datetime) -> datetime:
    """Return the instant by which the delivery after one that came at `last_seen` is due, in UTC."""
    zone = ZoneInfo(expected.timezone)
    came = last_seen.astimezone(zone)
    if days := _DAYS.get(expected.every):
        day = came.date() + timedelta(days=days + 1)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return _instant_after_nearest(expected.every, came).astimezone(UTC)


def _instant_after_nearest(line: str, came: datetime) -> datetime:
    from croniter import croniter

    after: datetime = croniter(line, came).get_next(datetime)
    # The instant at `came` itself, or the last one before it.
    before: datetime = croniter(line, came + timedelta(seconds=1)).get_prev(datetime)
    if came - before <= after - came:
        return after
    following: datetime = croniter(line, after).get_next(datetime)
    return following
