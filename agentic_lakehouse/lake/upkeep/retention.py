"""How long is kept what today's tables do not need: the tables of old commits, and the bytes of settled files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from agentic_lakehouse.contracts.policy import RetentionPolicy
from agentic_lakehouse.lake import commits
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.rows import BRANCHES, COMMITS, DELIVERIES
from agentic_lakehouse.lake.upkeep.leftovers import NOTHING, WAITS, Leftovers
from agentic_lakehouse.lake.upkeep.listing import Listing, StoredFile


@dataclass(frozen=True)
class Past:
    """The part of main's history that is let go."""

    oldest: int
    """Number of the commit that becomes the oldest whose tables are kept."""
    commits: int
    """How many commits before it still had theirs."""


def past(
    connection: sa.Connection,
    policy: RetentionPolicy,
    *,
    now: datetime,
    without: Leftovers = NOTHING,
    coming: int = 0,
) -> Past:
    """Return which commits the policy lets go: neither young, nor among the newest, nor needed by an open branch.

    Args:
        connection: reading, or in the transaction that forgets them.
        policy: how long, and how many.
        now: the time to count from.
        without: branches to think away.
        coming: how many newer commits to think up.
    """
    c = COMMITS.c
    head = commits.head(connection)
    young = connection.scalar(sa.select(sa.func.min(c.seq)).where(c.at >= now - timedelta(days=policy.history_days)))
    # A branch reads its base as long as it is open, and every later commit may have to be rebased onto.
    bases = connection.scalars(sa.select(BRANCHES.c.base_seq).where(BRANCHES.c.name.not_in(without.branches)))
    oldest = min(head + coming + 1 - policy.history_commits, head + 1 if young is None else young, *bases)
    kept = sa.select(sa.func.count()).where(c.seq < oldest, c.forgotten.is_(False))
    return Past(oldest, connection.scalar(kept) or 0)


class KeptBytes:
    """The folder of kept bytes, each file called by its sha256, and what the ledger still needs of it."""

    def __init__(self, database: Database, listing: Listing, folder: str) -> None:
        self._database = database
        self._listing = listing
        self._folder = folder

    def settled(self, policy: RetentionPolicy, *, now: datetime) -> list[StoredFile]:
        """Return the bytes of deliveries that are all settled, and were all first seen too long ago."""
        since = _since(policy, now)
        with self._database.read() as connection:
            named, needed = _named(connection), _needed(connection, since)
        return [file for file in self._files() if file.name in named - needed]

    def stray(self, policy: RetentionPolicy, *, now: datetime) -> list[StoredFile]:
        """Return files that no delivery names: half a copy, or bytes whose run died before it entered them."""
        before = now.timestamp() - timedelta(hours=policy.orphan_hours).total_seconds()
        with self._database.read() as connection:
            named = _named(connection)
        return [file for file in self._files() if file.name not in named and file.modified < before]

    def let_go(self, file: StoredFile, policy: RetentionPolicy, *, now: datetime) -> bool:
        """Remove a file, unless a delivery came to need it; no delivery is entered in the meantime.

        One that is entered afterwards finds its bytes gone and keeps them again.
        """
        with self._database.write() as connection:
            if file.name in _needed(connection, _since(policy, now), sha256=file.name):
                return False
            self._listing.remove(file)
            return True

    def _files(self) -> list[StoredFile]:
        return list(self._listing.files(self._folder))


def _since(policy: RetentionPolicy, now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=policy.raw_days)


def _named(connection: sa.Connection) -> set[str]:
    return set(connection.scalars(sa.select(DELIVERIES.c.sha256)))


def _needed(connection: sa.Connection, since: date, *, sha256: str | None = None) -> set[str]:
    """Return the sha256 of every delivery, of whatever feed, that waits or is young; of one file where given."""
    d = DELIVERIES.c
    needed = sa.select(d.sha256).where(sa.or_(WAITS, d.ingestion_date >= since))
    return set(connection.scalars(needed if sha256 is None else needed.where(d.sha256 == sha256)))
