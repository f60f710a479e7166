"""What binds a warehouse to its catalog database: a small file in its root that names the same lake.

Without it a database that was deleted would begin again as a new, empty lake, in whose eyes every file of
the warehouse is an orphan. With it such a lake does not open, and nothing is touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import ValidationError

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake import commits, rows
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.rows import STATE
from agentic_lakehouse.lake.warehouse import Warehouse

MARKER = "_lake.json"
"""Name of the file; no namespace begins with `_`."""

MARKER_VERSION = 1


class Marker(Record):
    """What the file says."""

    lake_id: str
    version: int = MARKER_VERSION
    """Of the file's own form."""


@dataclass(frozen=True)
class Claim:
    """What the catalog database says of itself."""

    lake_id: str
    has_commits: bool
    """Whether it was ever used: then its warehouse was marked before."""


def bind(database: Database, warehouse: Warehouse) -> None:
    """Make sure that database and warehouse are of one lake; make and mark a new lake where there is none.

    Each look asks the database first. Who makes a lake marks it before its first commit, so that a marker
    that is not there after a commit was seen is missing, and not merely late.

    Raises:
        CatalogUnavailable: one of the two is gone, or of another lake; nothing was changed.
    """
    claim, marker = claim_of(database), read(warehouse)
    if claim is None and marker is None:
        with database.write() as connection:
            rows.create_tables(connection)
    if claim is None:
        claim, marker = claim_of(database), read(warehouse)
    if claim is not None and marker is None and not claim.has_commits:
        warehouse.write_text(MARKER, Marker(lake_id=claim.lake_id).model_dump_json())
        marker = read(warehouse)
    require_one_lake(database, warehouse, claim, marker)


def claim_of(database: Database) -> Claim | None:
    """Return which lake the database is of; `None` where it is of none. An SQLite file is not made for it.

    Raises:
        CatalogUnavailable: it cannot be read, or is of another version.
    """
    if database.is_absent:
        return None
    with database.read() as connection:
        if rows.version(connection) is None:
            return None
        lake_id = connection.execute(sa.select(STATE.c.lake_id)).scalar_one()
        return Claim(lake_id, has_commits=commits.head(connection) > 0)


def read(warehouse: Warehouse) -> Marker | None:
    """Return what the warehouse's marker says; `None` where there is none.

    Raises:
        CatalogUnavailable: it cannot be read, or is of a newer version.
    """
    text = warehouse.read_text(MARKER)
    if text is None:
        return None
    try:
        marker = Marker.model_validate_json(text)
    except ValidationError as error:
        raise CatalogUnavailable(
            f"{_place(warehouse)} is damaged: it does not say which lake the warehouse is of.",
            hint="Restore it from a backup, or take it away: `lakehouse doctor` then tells what belongs there.",
            location=_place(warehouse),
        ) from error
    if marker.version > MARKER_VERSION:
        raise CatalogUnavailable(
            f"{_place(warehouse)} has version {marker.version}; this lakehouse reads version {MARKER_VERSION}.",
            hint="Upgrade agentic-lakehouse.",
            location=_place(warehouse),
        )
    return marker


def require_one_lake(database: Database, warehouse: Warehouse, claim: Claim | None, marker: Marker | None) -> None:
    """Refuse a database and a warehouse that are not of one lake.

    Raises:
        CatalogUnavailable: says which is which, and which of the two to restore or to set.
    """
    if marker is None and claim is not None and claim.has_commits:
        raise CatalogUnavailable(
            f"The catalog database {database.place} has published to its warehouse, "
            f"but {warehouse.root} lacks the file {MARKER} that says so.",
            hint=(
                "Was the warehouse moved, or cleaned by hand? Restore it, or point LAKEHOUSE_WAREHOUSE back. "
                f"If only the file is lost, write it again: {Marker(lake_id=claim.lake_id).model_dump_json()}"
            ),
            location=_place(warehouse),
            lake_id=claim.lake_id,
        )
    if marker is not None and claim is None:
        raise CatalogUnavailable(
            f"The catalog database {database.place} is gone or empty, "
            f"but the warehouse {warehouse.root} holds lake {marker.lake_id[:12]}.",
            hint=(
                "Restore the database from a backup, or point LAKEHOUSE_CATALOG_URI to where it is; "
                "for a new lake, set LAKEHOUSE_WAREHOUSE to an empty folder."
            ),
            url=database.place,
            lake_id=marker.lake_id,
        )
    if marker is not None and claim is not None and marker.lake_id != claim.lake_id:
        raise CatalogUnavailable(
            f"The catalog database {database.place} is of lake {claim.lake_id[:12]}, "
            f"the warehouse {warehouse.root} of lake {marker.lake_id[:12]}.",
            hint="Set LAKEHOUSE_CATALOG_URI and LAKEHOUSE_WAREHOUSE to the two that belong together.",
            url=database.place,
            lake_id=claim.lake_id,
            warehouse_lake_id=marker.lake_id,
        )


def _place(warehouse: Warehouse) -> str:
    return f"{warehouse.root}/{MARKER}"
