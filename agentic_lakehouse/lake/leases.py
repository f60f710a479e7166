"""Leases: at most one run holds a feed's branch, and one that lost it can change nothing any more.

Whoever takes a branch gets a fencing token, greater than any before, and the branch's catalog name ends
in it. Taking over renames or replaces the catalog, so a run that lost its lease writes to a name that
nobody reads: there is no instant between checking the lease and writing in which that could fail.

A lease is stale when nothing was heard of its run for as long as it said, and at once when its process is
known to have ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import BranchLeased, LeaseLost
from agentic_lakehouse.lake.holders import Holder, is_gone
from agentic_lakehouse.lake.rows import BRANCHES, STATE

LeaseState = Literal["held", "stale", "free"]


@dataclass(frozen=True)
class Lease:
    """A run's hold on a branch."""

    branch: str
    run_id: str
    token: int

    @property
    def catalog(self) -> str:
        """Name under which pyiceberg knows the branch while this lease holds."""
        return f"{catalog_prefix(self.branch)}{self.token}"

    @property
    def scratch(self) -> str:
        """Name of a catalog for preparing a merge; it goes when the branch goes."""
        return f"{self.catalog}/scratch"


def catalog_prefix(branch: str) -> str:
    """Return what all catalog names of a branch begin with; feed ids hold no `@`."""
    return f"{branch}@"


def row_of(connection: sa.Connection, branch: str) -> sa.RowMapping | None:
    """Return an open branch's row."""
    return connection.execute(sa.select(BRANCHES).where(BRANCHES.c.name == branch)).mappings().first()


def state_of(row: sa.RowMapping) -> LeaseState:
    """Say whether a run holds the branch, is dead or was not heard of for too long, or let it go."""
    if row["run_id"] is None:
        return "free"
    if row["holder"] is not None and is_gone(Holder.model_validate(row["holder"])):
        return "stale"
    age = datetime.now(UTC) - row["heartbeat_at"]
    return "stale" if age >= timedelta(seconds=row["lease_seconds"]) else "held"


def require_free(row: sa.RowMapping, feed: Feed, run_id: str) -> None:
    """Refuse where another run holds the branch.

    Raises:
        BranchLeased: names the run, and since when nothing was heard of it.
    """
    if row["run_id"] == run_id or state_of(row) != "held":
        return
    heard = row["heartbeat_at"]
    expires = heard + timedelta(seconds=row["lease_seconds"])
    raise BranchLeased(
        f"{feed} is being worked on by run {row['run_id']}, last heard of at {heard:%Y-%m-%d %H:%M:%S} UTC.",
        hint=f"Wait for it. If it is dead, its lease ends at {expires:%H:%M:%S} UTC, or at once with "
        f"`lakehouse branches --abandon {row['name']}`.",
        feed=str(feed),
        branch=row["name"],
        run_id=row["run_id"],
        heartbeat_at=heard.isoformat(),
    )


def next_token(connection: sa.Connection) -> int:
    """Give out the next fencing token."""
    connection.execute(STATE.update().values(last_token=STATE.c.last_token + 1))
    return int(connection.execute(sa.select(STATE.c.last_token)).scalar_one())


def require(connection: sa.Connection, lease: Lease) -> sa.RowMapping:
    """Return the branch's row, which this lease still holds.

    Raises:
        LeaseLost: another run took the branch, it was let go, published or abandoned.
    """
    row = require_current(connection, lease)
    if row["run_id"] == lease.run_id:
        return row
    raise _lost(lease, "it let the branch go")


def require_current(connection: sa.Connection, lease: Lease) -> sa.RowMapping:
    """Return the branch's row, which no other run took since: enough for reading.

    Raises:
        LeaseLost: another run took the branch, or it was published or abandoned.
    """
    row = row_of(connection, lease.branch)
    if row is None:
        raise _lost(lease, "the branch was published or abandoned")
    if row["token"] != lease.token:
        raise _lost(lease, f"run {row['run_id']} took it" if row["run_id"] else "another run took it")
    return row


def _lost(lease: Lease, why: str) -> LeaseLost:
    return LeaseLost(
        f"Run {lease.run_id} no longer holds {lease.branch}: {why}. It can change nothing there any more.",
        hint="Run the feed again from its start.",
        branch=lease.branch,
        run_id=lease.run_id,
    )


def change(connection: sa.Connection, lease: Lease, **values: Any) -> None:
    """Change the branch's row as the run that holds it; a sign of life as well.

    Raises:
        LeaseLost: it no longer does.
    """
    require(connection, lease)
    held = BRANCHES.update().where(BRANCHES.c.name == lease.branch)
    connection.execute(held.values({"heartbeat_at": datetime.now(UTC), **values}))


def release(connection: sa.Connection, lease: Lease) -> None:
    """Let the branch go; nothing where another run has it by now."""
    mine = (BRANCHES.c.name == lease.branch, BRANCHES.c.token == lease.token)
    connection.execute(BRANCHES.update().where(*mine).values(run_id=None))
