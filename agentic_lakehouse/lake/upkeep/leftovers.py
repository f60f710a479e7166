"""What runs leave that died: branches that nobody holds and nothing waits for, and half-made scratch catalogs."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from agentic_lakehouse.lake import catalog, leases, lifecycle, scratch
from agentic_lakehouse.lake.rows import BRANCHES, DELIVERIES

WAITS = sa.or_(DELIVERIES.c.redo, DELIVERIES.c.replay, DELIVERIES.c.status.in_(("pending", "failed")))
"""Deliveries that a run is still to publish."""


@dataclass(frozen=True)
class Leftovers:
    """Names in the catalog database; files are never looked at."""

    branches: tuple[str, ...]
    catalogs: tuple[str, ...]
    """Scratch catalogs, of amendments that never came to their end."""


NOTHING = Leftovers((), ())


def leftovers(connection: sa.Connection, *, before: float) -> Leftovers:
    """Return what dead runs left.

    Args:
        connection: reading, or in the transaction that drops what is found.
        before: epoch second before which a scratch catalog was made that nobody works on any more.
    """
    waiting = set(connection.scalars(sa.select(DELIVERIES.c.feed).where(WAITS)))
    branches = connection.execute(sa.select(BRANCHES).order_by(BRANCHES.c.name)).mappings()
    return Leftovers(
        branches=tuple(
            row["name"] for row in branches if leases.state_of(row) != "held" and row["feed"] not in waiting
        ),
        catalogs=tuple(scratch.abandoned(connection, before=before)),
    )


def drop(connection: sa.Connection, found: Leftovers) -> None:
    """Drop them; their files stay until they are found to be orphans."""
    for name in found.branches:
        lifecycle.close(connection, name)
    for name in found.catalogs:
        catalog.drop(connection, name)
