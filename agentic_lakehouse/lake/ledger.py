"""The delivery ledger: which files of which feed came when, and what became of them.

A delivery is one file as it was at one time. Its id begins with its place in the order of the feed's
deliveries, given out in the transaction that registers it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Delivery, DeliveryStatus
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.commits import DeliveryMark, FeedMark
from agentic_lakehouse.lake.database import Database
from agentic_lakehouse.lake.records import records, values_of
from agentic_lakehouse.lake.rows import DELIVERIES

_D = DELIVERIES.c
_DONE = {"redo": False, "replay": False}

Again = Literal["redo", "replay"]
"""What a person may ask of a settled delivery."""


class Ledger:
    """Deliveries of all feeds. Belongs to no branch: what was seen stays seen, whatever becomes of a run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(
        self,
        feed: Feed,
        *,
        path: str,
        sha256: str,
        byte_size: int,
        mtime_ns: int,
        raw_uri: str,
        ingestion_date: date,
    ) -> Delivery:
        """Enter a file whose bytes are kept.

        The bytes that its path's latest delivery had are no new delivery: that one is returned. Other
        bytes are, also those that the path had before: A, B, A is three deliveries.
        """
        with self._database.write() as connection:
            latest = _latest(connection, feed, path)
            if latest is not None and latest.sha256 == sha256:
                return latest
            delivery = Delivery(
                delivery_id=f"{_last_ordinal(connection, feed) + 1:08d}-{sha256[:12]}",
                feed=str(feed),
                path=path,
                sha256=sha256,
                byte_size=byte_size,
                mtime_ns=mtime_ns,
                raw_uri=raw_uri,
                ingestion_date=ingestion_date,
                first_seen_at=datetime.now(UTC),
            )
            connection.execute(DELIVERIES.insert().values(values_of(delivery)))
            return delivery

    def deliveries(self, feed: Feed, status: DeliveryStatus | None = None) -> list[Delivery]:
        """Return a feed's deliveries in their order."""
        query = _of(feed) if status is None else _of(feed).where(_D.status == status)
        with self._database.read() as connection:
            return records(connection, Delivery, query)

    def pending(self, feed: Feed) -> list[Delivery]:
        """Return the deliveries that wait to be published, in their order: new, failed before, or asked for again."""
        waiting = _of(feed).where(_D.redo | _D.replay | _D.status.in_(("pending", "failed")))
        with self._database.read() as connection:
            return records(connection, Delivery, waiting)

    def latest_by_path(self, feed: Feed) -> dict[str, Delivery]:
        """Return the latest delivery of each path that the feed ever had."""
        return {d.path: d for d in self.deliveries(feed)}

    def touch(self, feed: Feed, delivery_id: str, *, mtime_ns: int) -> Delivery:
        """Note that the file was written again with the same bytes.

        Raises:
            UsageInvalid: the feed has no such delivery.
        """
        return self._note(feed, delivery_id, mtime_ns=mtime_ns)

    def described(self, feed: Feed, delivery_id: str, *, spec_sha256: str) -> Delivery:
        """Note the spec under which a delivery is read.

        Raises:
            UsageInvalid: the feed has no such delivery.
        """
        return self._note(feed, delivery_id, spec_sha256=spec_sha256)

    def loaded(self, feed: Feed, delivery_id: str, *, rows_in: int) -> Delivery:
        """Note how many records the engine found in the file; one that failed before waits again.

        Raises:
            UsageInvalid: the feed has no such delivery.
        """
        waiting = sa.case((_D.status == "failed", "pending"), else_=_D.status)
        return self._note(feed, delivery_id, rows_in=rows_in, status=waiting)

    def failed(self, feed: Feed, *, path: str) -> None:
        """Note that the delivery of a path which waits could not be loaded.

        One that a person asked for again stands as it did before: its rows on main are untouched.
        """
        with self._database.write() as connection:
            of_path = _of(feed).where(_D.path == path)
            tried = of_path.where(_D.redo | _D.replay | (_D.status == "pending"))
            for delivery in records(connection, Delivery, tried):
                status = "failed" if delivery.status == "pending" else delivery.status
                _set(connection, feed, delivery.delivery_id, status=status, redo=False, replay=False)

    def ask_again(self, feed: Feed, delivery_ids: Collection[str], *, what: Again = "redo") -> list[Delivery]:
        """Let settled deliveries wait again, to be done anew; their rows stay till then.

        Args:
            feed: whose deliveries.
            delivery_ids: which.
            what: `redo` does them from their kept bytes, `replay` only the bad rows that are kept of them.

        Raises:
            UsageInvalid: the feed has no such delivery.
        """
        with self._database.write() as connection:
            found = records(connection, Delivery, _of(feed).where(_D.delivery_id.in_(delivery_ids)))
            if unknown := set(delivery_ids) - {d.delivery_id for d in found}:
                raise UsageInvalid(
                    f"{feed} has no delivery {min(unknown)!r}.",
                    hint='`lakehouse query "SELECT * FROM governance.deliveries"` lists them.',
                    feed=str(feed),
                    delivery_id=min(unknown),
                )
            for delivery in found:
                if delivery.status in {"published", "withdrawn"}:
                    _set(connection, feed, delivery.delivery_id, **{what: True})
            return records(connection, Delivery, _of(feed).where(_D.delivery_id.in_(delivery_ids)))

    def withdraw_failed(self, feed: Feed, *, standing: Collection[str]) -> list[Delivery]:
        """Take failed deliveries out of the queue whose path has other bytes by now, or no file.

        Args:
            feed: whose deliveries.
            standing: paths that hold a file.

        Returns:
            Those taken out.
        """
        with self._database.write() as connection:
            everything = records(connection, Delivery, _of(feed))
            latest = {d.path: d.delivery_id for d in everything}
            gone = [
                d
                for d in everything
                if d.status == "failed" and (latest[d.path] != d.delivery_id or d.path not in standing)
            ]
            for delivery in gone:
                _set(connection, feed, delivery.delivery_id, status="withdrawn")
        return gone

    def _note(self, feed: Feed, delivery_id: str, **values: Any) -> Delivery:
        here = (_D.feed == str(feed), _D.delivery_id == delivery_id)
        with self._database.write() as connection:
            _set(connection, feed, delivery_id, **values)
            found = records(connection, Delivery, sa.select(DELIVERIES).where(*here))
        if not found:
            raise UsageInvalid(f"{feed} has no delivery {delivery_id!r}.", feed=str(feed), delivery_id=delivery_id)
        return found[0]


def publish(connection: sa.Connection, feed: Feed, deliveries: Sequence[Delivery], commit_id: str) -> None:
    """Mark deliveries published, in the transaction of the merge that does it."""
    for delivery in deliveries:
        _set(connection, feed, delivery.delivery_id, status="published", commit_id=commit_id, **_DONE)


def published_mark(feed: Feed, deliveries: Sequence[Delivery], *, fold_sha256: str) -> FeedMark:
    """Return what publishing deliveries means for their feed."""
    return FeedMark(
        feed=str(feed),
        fold_sha256=fold_sha256,
        deliveries={
            d.delivery_id: DeliveryMark(status="published", spec_sha256=d.spec_sha256, rows_in=d.rows_in)
            for d in deliveries
        },
    )


def go_back(connection: sa.Connection, feed: Feed, stood: FeedMark) -> dict[str, DeliveryMark]:
    """Let a feed's deliveries stand as they did when `stood` held; later published ones are withdrawn.

    Deliveries that were never published wait on; a request to do one again is dropped where it is withdrawn,
    or was until now.

    Returns:
        Those that changed, and to what.
    """
    changed: dict[str, DeliveryMark] = {}
    for delivery in records(connection, Delivery, _of(feed)):
        then = stood.deliveries.get(delivery.delivery_id)
        if then is None and delivery.status == "published":
            then = DeliveryMark(status="withdrawn", spec_sha256=delivery.spec_sha256, rows_in=delivery.rows_in)
        if then is None or then == DeliveryMark(
            status=delivery.status, spec_sha256=delivery.spec_sha256, rows_in=delivery.rows_in
        ):
            continue
        dropped = {} if then.status == delivery.status else _DONE
        _set(connection, feed, delivery.delivery_id, **values_of(then), **dropped)
        changed[delivery.delivery_id] = then
    return changed


def _of(feed: Feed) -> sa.Select[Any]:
    return sa.select(DELIVERIES).where(_D.feed == str(feed)).order_by(_D.delivery_id)


def _set(connection: sa.Connection, feed: Feed, delivery_id: str, **values: Any) -> None:
    here = (_D.feed == str(feed), _D.delivery_id == delivery_id)
    connection.execute(DELIVERIES.update().where(*here).values(**values))


def _latest(connection: sa.Connection, feed: Feed, path: str) -> Delivery | None:
    here = (_D.feed == str(feed), _D.path == path)
    query = sa.select(DELIVERIES).where(*here).order_by(_D.delivery_id.desc()).limit(1)
    return next(iter(records(connection, Delivery, query)), None)


def _last_ordinal(connection: sa.Connection, feed: Feed) -> int:
    last = connection.scalar(sa.select(sa.func.max(_D.delivery_id)).where(_D.feed == str(feed)))
    return int(last.partition("-")[0]) if last else 0
