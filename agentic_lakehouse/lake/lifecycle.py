"""How a branch begins, is taken up again, and ends without being published.

One branch a feed. Beginning puts it at main, whatever stood there; taking it up again demands that the
step before the wanted one stands recorded there with the same inputs, and puts it where that step left
it. Each runs in one transaction.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import StepOutOfOrder, UsageInvalid
from agentic_lakehouse.lake import catalog, commits, leases
from agentic_lakehouse.lake.catalog import MAIN, Pointers
from agentic_lakehouse.lake.governed_rows import AUDITS
from agentic_lakehouse.lake.holders import this_process
from agentic_lakehouse.lake.leases import Lease, LeaseState
from agentic_lakehouse.lake.rows import BRANCHES


class BranchInfo(Record):
    """An open branch, as `lakehouse branches` lists it."""

    name: str
    feed: str
    run_id: str | None
    """Run that holds it, or that held it last and was not heard of since; `None` where it was let go."""
    lease: LeaseState
    steps: dict[str, str]
    """Step to the hash of its inputs, in the order in which they were done."""
    created_at: datetime
    heartbeat_at: datetime


def begin(connection: sa.Connection, feed: Feed, run_id: str, *, lease_seconds: int) -> Lease:
    """Open the feed's branch at main's head, or put it back there, and lease it to a run.

    Raises:
        BranchLeased: another run holds it.
    """
    if (row := leases.row_of(connection, feed.branch)) is not None:
        leases.require_free(row, feed, run_id)
    close(connection, feed.branch)
    lease = Lease(feed.branch, run_id, leases.next_token(connection))
    catalog.copy(connection, MAIN, lease.catalog)
    now = datetime.now(UTC)
    connection.execute(
        BRANCHES.insert().values(
            name=feed.branch,
            feed=str(feed),
            catalog=lease.catalog,
            token=lease.token,
            run_id=run_id,
            holder=this_process(),
            lease_seconds=lease_seconds,
            heartbeat_at=now,
            base_seq=commits.head(connection),
            audits_before=connection.scalar(sa.select(sa.func.coalesce(sa.func.max(AUDITS.c.seq), 0))),
            steps=[],
            created_at=now,
        )
    )
    return lease


def resume(
    connection: sa.Connection,
    feed: Feed,
    run_id: str,
    *,
    after: str,
    inputs: str,
    lease_seconds: int,
    redo: bool,
) -> Lease:
    """Lease the feed's branch as the last recorded step left it: what is not recorded did not happen.

    Args:
        connection: in a write transaction.
        feed: whose branch.
        run_id: who will hold it. A process of the run that holds it already keeps its lease.
        after: step that must stand recorded.
        inputs: hash of the inputs with which it must have been done.
        lease_seconds: how long after its last sign of life another run may take the branch.
        redo: go back to where `after` left the branch, and forget the steps that were done since.

    Raises:
        StepOutOfOrder: there is no branch, or the step is not recorded there with those inputs.
        BranchLeased: another run holds it.
    """
    row = leases.row_of(connection, feed.branch)
    if row is None:
        raise StepOutOfOrder(
            f"{feed} has no open branch on which {after!r} was done.",
            hint=f"Begin with the first step: `lakehouse run --feed {feed}`.",
            feed=str(feed),
            after=after,
        )
    leases.require_free(row, feed, run_id)
    place = _require_step(row["steps"], feed, after=after, inputs=inputs)
    kept = row["steps"][: place + 1] if redo else row["steps"]
    base = commits.pointers_at(connection, row["base_seq"])
    moved = catalog.reset(connection, row["catalog"], {**base, **kept[-1][2]})
    mine = (row["run_id"], row["holder"]) == (run_id, this_process().model_dump())
    lease = Lease(feed.branch, run_id, row["token"] if mine and not moved else leases.next_token(connection))
    if lease.catalog != row["catalog"]:
        catalog.rename(connection, row["catalog"], lease.catalog)
    connection.execute(
        BRANCHES.update()
        .where(BRANCHES.c.name == feed.branch)
        .values(
            run_id=run_id,
            holder=this_process(),
            token=lease.token,
            catalog=lease.catalog,
            heartbeat_at=datetime.now(UTC),
            lease_seconds=lease_seconds,
            steps=kept,
        )
    )
    return lease


def _require_step(steps: list[list[Any]], feed: Feed, *, after: str, inputs: str) -> int:
    """Return the place of a step among those recorded."""
    names = [name for name, _, _ in steps]
    if after in names and steps[names.index(after)][1] == inputs:
        return names.index(after)
    problem = "was done there with other inputs" if after in names else "was not done there"
    raise StepOutOfOrder(
        f"Branch {feed.branch} cannot be continued: step {after!r} {problem}.",
        hint=f"Do {after!r} first, or begin anew: `lakehouse run --feed {feed}`.",
        feed=str(feed),
        after=after,
        recorded=names,
    )


def abandon(connection: sa.Connection, name: str) -> None:
    """Drop a branch, held or not; a run that holds it can change nothing any more.

    Raises:
        UsageInvalid: there is no such branch.
    """
    _row(connection, name)
    close(connection, name)


def pointers(connection: sa.Connection, name: str) -> tuple[Pointers, Pointers]:
    """Return where a branch's tables stand, and where they stood on main when it began.

    Raises:
        UsageInvalid: there is no such branch.
    """
    row = _row(connection, name)
    return catalog.pointers(connection, row["catalog"]), commits.pointers_at(connection, row["base_seq"])


def _row(connection: sa.Connection, name: str) -> sa.RowMapping:
    if (row := leases.row_of(connection, name)) is None:
        raise UsageInvalid(
            f"There is no open branch {name!r}.", hint="Open branches are listed by `lakehouse branches`.", branch=name
        )
    return row


def close(connection: sa.Connection, name: str) -> None:
    """Remove a branch and every catalog made for it. Its files stay until maintenance finds them unreferenced."""
    catalog.drop(connection, leases.catalog_prefix(name))
    connection.execute(BRANCHES.delete().where(BRANCHES.c.name == name))


def infos(connection: sa.Connection) -> list[BranchInfo]:
    """Return every open branch, by name."""
    rows = connection.execute(sa.select(BRANCHES).order_by(BRANCHES.c.name)).mappings()
    return [
        BranchInfo(
            name=row["name"],
            feed=row["feed"],
            run_id=row["run_id"],
            lease=leases.state_of(row),
            steps={name: inputs for name, inputs, _ in row["steps"]},
            created_at=row["created_at"],
            heartbeat_at=row["heartbeat_at"],
        )
        for row in rows
    ]
