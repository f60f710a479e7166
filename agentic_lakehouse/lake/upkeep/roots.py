"""What something can still lead to: every metadata file that may be read again.

Roots are the tables of every catalog name (main, open branches, changes that are being prepared), the
tables as each recorded step of an open branch left them (a resumed run goes back there), and those of
every commit that is not forgotten (`query --at` and `rollback` reach them).
"""

from __future__ import annotations

import sqlalchemy as sa

from agentic_lakehouse.lake import catalog, commits
from agentic_lakehouse.lake.leases import catalog_prefix
from agentic_lakehouse.lake.rows import BRANCHES, COMMITS
from agentic_lakehouse.lake.upkeep.leftovers import NOTHING, Leftovers


def roots(connection: sa.Connection, *, oldest: int = 0, without: Leftovers = NOTHING) -> set[str]:
    """Return the locations of all metadata files that may be read again, as of one instant.

    Args:
        connection: in a transaction of its own.
        oldest: number of a commit; those before it are thought forgotten.
        without: branches and catalogs to think away.
    """
    return {*_of_catalogs(connection, without), *_of_steps(connection, without), *_of_commits(connection, oldest)}


def _of_catalogs(connection: sa.Connection, without: Leftovers) -> set[str]:
    gone = (*without.catalogs, *(catalog_prefix(branch) for branch in without.branches))
    kept = [name for name in catalog.names(connection) if not name.startswith(gone)]
    return {location for name in kept for location in catalog.pointers(connection, name).values()}


def _of_steps(connection: sa.Connection, without: Leftovers) -> set[str]:
    recorded = connection.scalars(sa.select(BRANCHES.c.steps).where(BRANCHES.c.name.not_in(without.branches)))
    return {location for steps in recorded for _, _, left in steps for location in left.values()}


def _of_commits(connection: sa.Connection, oldest: int) -> set[str]:
    """Return where the tables stood after the oldest commit that is kept, and whatever they changed to since."""
    c = COMMITS.c
    first = connection.scalar(sa.select(sa.func.min(c.seq)).where(c.seq >= oldest, c.forgotten.is_(False)))
    start = commits.head(connection) if first is None else first
    changes = connection.scalars(sa.select(c.deltas).where(c.seq > start))
    later = {location for deltas in changes for location in deltas.values() if location is not None}
    return later.union(commits.pointers_at(connection, start).values())
