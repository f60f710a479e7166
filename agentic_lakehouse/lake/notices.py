"""The outbox of notices: a change is entered once, sent at least once, and retried within a bound.

The newest row of a feed, topic and channel is what was told last. Entering looks at it and writes in one transaction
that no other writer runs beside, so two processes never enter the same change. Sending claims a row first, by a
compare-and-swap on its attempts: a process that dies between claiming and sending loses nothing, since the row falls
due again, and one that dies between sending and saying so tells it a second time.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from agentic_lakehouse.contracts.notice import AT_REST, Change, Channel, Notice
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.notice_rows import NOTICES
from agentic_lakehouse.lake.records import records, values_of

MAX_AN_HOUR = 4
"""Notices of one feed and topic to one channel. What changes beyond that is told later, as it then stands."""
MAX_ATTEMPTS = 10
FIRST_WAIT = timedelta(minutes=1)
"""Before the second attempt, doubled for each one after: ten attempts take eight and a half hours."""

_N = NOTICES.c


class Notices:
    """What was told, and what is still to be told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def untold(self, changes: Sequence[Change], channels: Sequence[Channel], *, now: datetime) -> list[Notice]:
        """Return the notices that `enter` would enter; nothing is written."""
        with self._database.read() as connection:
            return _untold(connection, changes, channels, now)

    def enter(self, changes: Sequence[Change], channels: Sequence[Channel], *, now: datetime) -> list[Notice]:
        """Enter a notice for each state that is not the one that a channel was told last.

        Returns:
            Those that were entered.
        """
        if not self.untold(changes, channels, now=now):
            return []
        with self._database.write() as connection:
            new = _untold(connection, changes, channels, now)
            for notice in new:
                connection.execute(NOTICES.insert().values(values_of(notice)))
        return new

    def due(self, channel: Channel, *, now: datetime) -> list[Notice]:
        """Return the notices that wait to be sent, oldest first."""
        wanted = (_N.channel == channel, _N.status == "pending", _N.next_try_at <= now)
        with self._database.read() as connection:
            return records(connection, Notice, sa.select(NOTICES).where(*wanted).order_by(_N.seq))

    def claim(self, notice: Notice, *, now: datetime) -> Notice | None:
        """Take a notice in order to send it; `None` where another process took it.

        It is due again after a wait, whatever becomes of who took it.
        """
        wait = FIRST_WAIT * 2**notice.attempts
        return self._swap(notice, attempts=notice.attempts + 1, next_try_at=now + wait, changed_at=now)

    def sent(self, notice: Notice, *, now: datetime) -> Notice:
        """Note that a claimed notice was sent."""
        return self._swap(notice, status="sent", error="", changed_at=now) or notice

    def unsent(self, notice: Notice, *, error: str, now: datetime) -> Notice:
        """Note why a claimed notice was not sent; after the last attempt it is given up."""
        status = "failed" if notice.attempts >= MAX_ATTEMPTS else "pending"
        return self._swap(notice, status=status, error=error, changed_at=now) or notice

    def given_up(self) -> list[Notice]:
        """Return the notices that failed and after which nothing was told of their feed, oldest first."""
        with self._database.read() as connection:
            query = sa.select(NOTICES).where(_N.seq.in_(_newest()), _N.status == "failed").order_by(_N.seq)
            return records(connection, Notice, query)

    def send_again(self, *, now: datetime) -> int:
        """Let those wait to be sent again; return how many."""
        again = {"status": "pending", "attempts": 0, "next_try_at": now, "changed_at": now}
        with self._database.write() as connection:
            chosen = (_N.seq.in_(_newest()), _N.status == "failed")
            return connection.execute(NOTICES.update().where(*chosen).values(**again)).rowcount

    def _swap(self, seen: Notice, **values: Any) -> Notice | None:
        as_seen = (_N.id == seen.id, _N.status == seen.status, _N.attempts == seen.attempts)
        with self._database.write() as connection:
            done = connection.execute(NOTICES.update().where(*as_seen).values(**values)).rowcount
        return seen.model_copy(update=values) if done else None


def _newest() -> sa.Select[tuple[int]]:
    return sa.select(sa.func.max(_N.seq)).group_by(_N.feed, _N.topic, _N.channel)


def _untold(
    connection: sa.Connection, changes: Sequence[Change], channels: Sequence[Channel], now: datetime
) -> list[Notice]:
    newest = connection.execute(sa.select(NOTICES).where(_N.seq.in_(_newest())))
    told = {(row.feed, row.topic, row.channel): row.state for row in newest}
    since = sa.select(_N.feed, _N.topic, _N.channel, sa.func.count().label("count"))
    hour = since.where(_N.created_at > now - timedelta(hours=1)).group_by(_N.feed, _N.topic, _N.channel)
    lately = {(row.feed, row.topic, row.channel): row[3] for row in connection.execute(hour)}
    return [
        _notice(change, channel, now)
        for change in changes
        for channel in channels
        if told.get(place := (change.feed, change.topic, channel), AT_REST[change.topic]) != change.state
        and lately.get(place, 0) < MAX_AN_HOUR
    ]


def _notice(change: Change, channel: Channel, now: datetime) -> Notice:
    return Notice(
        **change.model_dump(),
        id=uuid.uuid4().hex,
        channel=channel,
        status="pending",
        next_try_at=now,
        created_at=now,
        changed_at=now,
    )
