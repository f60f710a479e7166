"""What changed in feeds' deliveries: each distinct change once, counted up as it comes again.

A change counts once a delivery. Deliveries are told in their order, so that doing one again counts nothing.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from agentic_lakehouse.contracts.drift import Drift, Drifted, drift_id
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.drift_rows import DRIFTS
from agentic_lakehouse.lake.records import records, values_of

_D = DRIFTS.c
_EVIDENT = ("evidence", "confidence")
"""Kept where a later look has none: they cost a look at two files."""


class Drifts:
    """The drifts of all feeds. They belong to no branch: what was seen stays seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def tell(self, drift: Drift, *, at: datetime) -> None:
        """Enter what changed in a delivery; of a change that is known, how it stands now and how often it came."""
        with self._database.write() as connection:
            for change in drift.changes:
                told = Drifted(
                    **change.model_dump(),
                    id=drift_id(drift.feed, change),
                    feed=drift.feed,
                    since=drift.since,
                    first_delivery=drift.delivery,
                    last_delivery=drift.delivery,
                    first_at=at,
                    last_at=at,
                )
                known = next(iter(records(connection, Drifted, sa.select(DRIFTS).where(_D.id == told.id))), None)
                if known is None:
                    connection.execute(DRIFTS.insert().values(values_of(told)))
                elif drift.delivery >= known.last_delivery:
                    connection.execute(DRIFTS.update().where(_D.id == told.id).values(_news(known, told)))

    def of(self, feed: Feed | None = None, *, delivery: str | None = None) -> list[Drifted]:
        """Return changes, the latest first: of a feed, and those that a delivery was the last to have."""
        wanted = [
            column == value
            for column, value in ((_D.feed, str(feed) if feed else None), (_D.last_delivery, delivery))
            if value is not None
        ]
        query = sa.select(DRIFTS).where(*wanted).order_by(_D.last_at.desc(), _D.seq.desc())
        with self._database.read() as connection:
            return records(connection, Drifted, query)


def _news(known: Drifted, told: Drifted) -> dict[str, object]:
    """Return what changes of a known row."""
    news = {name: getattr(told, name) for name in ("before", "used_by", "severity", "since", "last_delivery")}
    if told.evidence:
        news |= {name: getattr(told, name) for name in _EVIDENT}
    if told.last_delivery > known.last_delivery:
        news |= {"count": known.count + 1, "last_at": told.last_at}
    return news
