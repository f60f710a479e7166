"""First step: see what the vendor dropped, keep its bytes, and enter it in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.errors import FileUnsettled
from agentic_lakehouse.feeds.keep import is_kept, keep
from agentic_lakehouse.feeds.landing import Candidate, LandingZone
from agentic_lakehouse.lake.ledger import Ledger
from agentic_lakehouse.pipeline.outcomes import Received


def fresh(candidates: Sequence[Candidate], latest: dict[str, Delivery]) -> list[Candidate]:
    """Return the candidates whose size or time differs from the last delivery of their path.

    Cheap enough for a sensor: no byte is read.
    """
    return [c for c in candidates if not _looks_known(c, latest.get(c.path))]


def _looks_known(candidate: Candidate, delivery: Delivery | None) -> bool:
    return delivery is not None and (delivery.byte_size, delivery.mtime_ns) == (candidate.byte_size, candidate.mtime_ns)


def receive(feed: Feed, *, zone: LandingZone, ledger: Ledger, raw_root: str) -> Received:
    """Keep and register every new or changed file of `feed`.

    A file whose bytes are those of its path's last delivery is no delivery. One that could not be read
    before is dropped from the queue once its path holds other bytes, or nothing. One that changes while it
    is read is left for the next look.

    Raises:
        FeedUnreadable: a file cannot be opened.
    """
    candidates = zone.candidates(feed)
    latest = ledger.latest_by_path(feed)
    unsettled = []
    for candidate in fresh(candidates, latest):
        try:
            kept = keep(zone, candidate, raw_root)
        except FileUnsettled:
            unsettled.append(candidate.path)
            continue
        last = latest.get(candidate.path)
        if last is not None and last.sha256 == kept.sha256:
            ledger.touch(feed, last.delivery_id, mtime_ns=kept.mtime_ns)
        else:
            entered = ledger.register(
                feed,
                path=candidate.path,
                sha256=kept.sha256,
                byte_size=kept.byte_size,
                mtime_ns=kept.mtime_ns,
                raw_uri=kept.raw_uri,
                ingestion_date=datetime.now(UTC).date(),
            )
            # The same bytes may have been kept for an older delivery alone, and let go before this one was entered.
            if not is_kept(entered.raw_uri, byte_size=entered.byte_size):
                keep(zone, candidate, raw_root)
    ledger.withdraw_failed(feed, standing={c.path for c in candidates})
    return Received(pending=tuple(ledger.pending(feed)), unsettled=tuple(unsettled))
