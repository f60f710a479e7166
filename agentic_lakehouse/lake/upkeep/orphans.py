"""Files of tables that nothing can lead to any more, and that are old enough not to be somebody's next step.

Why this is safe beside running writers:

- A file gets its place first and is referred to a moment later, and its time says when it got its place:
  between the two it is too young to be touched. Afterwards a branch or a scratch catalog refers to it.
- The roots are taken at one instant, the files are listed after that. What comes to be referred to later is
  newly written, or was reachable from a root: a merge lets main point where a branch or a scratch catalog
  does, a new branch where main does, a resumed one where its step or the base did, a rollback where a kept
  commit does. A rollback looks in its own transaction whether its commit is still kept.
- If any root cannot be read to its end, nothing is removed, since what is behind it is not known.
- A second maintenance may forget commits and remove their files meanwhile. Then the roots are taken anew.
- Who reads a commit that is forgotten meanwhile may find its files gone, and is told so.
"""

from __future__ import annotations

from collections.abc import Collection

from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.upkeep.leftovers import NOTHING, Leftovers
from agentic_lakehouse.lake.upkeep.listing import Listing, StoredFile
from agentic_lakehouse.lake.upkeep.reach import reach
from agentic_lakehouse.lake.upkeep.roots import roots
from agentic_lakehouse.lake.warehouse import Warehouse

FOLDERS = ("data", "metadata")
"""Where the files of `<namespace>/<table>` stand; nothing else in a warehouse is ever looked at."""

ATTEMPTS = 10
"""How often the roots may change while they are read, before a file that is not there counts as damage."""


def orphans(
    database: Database, warehouse: Warehouse, *, before: float, oldest: int = 0, without: Leftovers = NOTHING
) -> list[StoredFile]:
    """Return the files of tables that nothing refers to and that stand there since before the epoch second `before`.

    Args:
        database: catalog database.
        warehouse: of the lake.
        before: epoch second.
        oldest: number of a commit; those before it are thought forgotten.
        without: branches and catalogs to think away.

    Raises:
        CatalogUnavailable: it cannot be told what a root refers to, or that is outside of the warehouse.
    """
    taken, referred = _referred(database, warehouse, oldest, without)
    _require_inside(warehouse, referred)
    listing = Listing(warehouse)
    namespaces = {location.removeprefix(f"{warehouse.root}/").partition("/")[0] for location in taken}
    return [
        file
        for namespace in namespaces.intersection(listing.folders(""))
        for table in listing.folders(namespace)
        for folder in FOLDERS
        if folder in listing.folders(f"{namespace}/{table}")
        for file in listing.files(f"{namespace}/{table}/{folder}")
        if file.modified < before and file.location not in referred
    ]


def _referred(
    database: Database, warehouse: Warehouse, oldest: int, without: Leftovers
) -> tuple[Collection[str], Collection[str]]:
    """Return the roots, and all that they lead to."""
    left = ATTEMPTS
    while True:
        taken = _taken(database, oldest, without)
        try:
            return taken, reach(warehouse, taken)
        except CatalogUnavailable:
            left -= 1
            if not left or taken <= _taken(database, oldest, without):
                raise


def _taken(database: Database, oldest: int, without: Leftovers) -> set[str]:
    with database.read() as connection:
        return roots(connection, oldest=oldest, without=without)


def _require_inside(warehouse: Warehouse, locations: Collection[str]) -> None:
    """Refuse a lake whose tables are called by another name of the folder: then each file looks like an orphan."""
    inside = f"{warehouse.root}/"
    if outside := [location for location in locations if not location.startswith(inside)]:
        raise CatalogUnavailable(
            f"Nothing was removed: the lake refers to {min(outside)}, "
            f"which is outside of its warehouse {warehouse.root}.",
            hint="Set LAKEHOUSE_WAREHOUSE to the name by which the warehouse was called when the lake was made.",
            location=min(outside),
        )
