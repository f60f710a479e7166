"""What becomes of an inbox item: it is told once, counted up, suggested upon once, and closed by a person.

`open` → `answered` or `dismissed`, and `answered` → `open` where what was answered is asked again. Every change is a
compare-and-swap on the status that its author saw.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from agentic_lakehouse.contracts.governed import Proposal, Review
from agentic_lakehouse.contracts.inbox import InboxItem, InboxStatus
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake import proposals
from agentic_lakehouse.lake.governed_rows import INBOX, PROPOSALS
from agentic_lakehouse.lake.records import records, values_of

Standing = tuple[str | None, str | None]
"""Ids of a feed's approved and of its active mapping."""

_I = INBOX.c
_COUNTED = ("rows", "first_delivery", "last_delivery")
_SUGGESTED = ("suggestion", "confidence", "suggested_by", "reason", "call_id")


def items(connection: sa.Connection, feed: str | None, status: InboxStatus | None) -> list[InboxItem]:
    """Return items, those with the most rows first, of a feed or status alone where one is given."""
    wanted = [column == value for column, value in ((_I.feed, feed), (_I.status, status)) if value is not None]
    query = sa.select(INBOX).where(*wanted).order_by(_I.feed, _I.target, _I.rows.desc(), _I.word)
    return records(connection, InboxItem, query)


def get(connection: sa.Connection, item_id: str) -> InboxItem:
    """Return the item of an id, or of the beginning of one.

    Raises:
        UsageInvalid: there is none, or more than one.
    """
    begins = sa.select(INBOX).where(_I.id.startswith(item_id, autoescape=True)).limit(2)
    found = records(connection, InboxItem, begins)
    if len(found) != 1 or not item_id:
        why = "More than one item of the inbox has" if found else "No item of the inbox has"
        raise UsageInvalid(f"{why} the id {item_id!r}.", hint="`lakehouse inbox` lists what is open.", item=item_id)
    return found[0]


def tell(connection: sa.Connection, told: Iterable[InboxItem]) -> None:
    """Enter what turned up; of what is known, only the counts change, and a suggestion where there was none."""
    for item in told:
        known = next(iter(records(connection, InboxItem, sa.select(INBOX).where(_I.id == item.id))), None)
        if known is None:
            connection.execute(INBOX.insert().values(values_of(item)))
            continue
        fields = [*_COUNTED, *(_SUGGESTED if item.suggested_by and not known.suggested_by else ())]
        news = {name: getattr(item, name) for name in fields if getattr(item, name) != getattr(known, name)}
        if news:
            connection.execute(INBOX.update().where(_I.id == item.id).values(news))


def settle(
    connection: sa.Connection,
    seen: InboxItem,
    status: InboxStatus,
    *,
    answer: str | None = None,
    by: str = "",
    note: str = "",
    at: datetime,
) -> InboxItem:
    """Move an item on from how its author saw it.

    Raises:
        UsageInvalid: it was changed meanwhile.
    """
    moved = seen.model_copy(update={"status": status, "answer": answer, "by": by, "note": note, "changed_at": at})
    as_seen = (_I.id == seen.id, _I.status == seen.status, _I.changed_at == seen.changed_at)
    news = {name: getattr(moved, name) for name in ("status", "answer", "by", "note", "changed_at")}
    if connection.execute(INBOX.update().where(*as_seen).values(news)).rowcount == 0:
        now = get(connection, seen.id)
        raise UsageInvalid(
            f"{seen.id} was changed meanwhile: it is {now.status}{f' by {now.by}' if now.by else ''}.",
            hint="Look at it again with `lakehouse inbox --all`.",
            item=seen.id,
            status=now.status,
        )
    return moved


def answer(
    connection: sa.Connection,
    seen: InboxItem,
    value: str | None,
    *,
    standing: Standing,
    filed: Proposal,
    review: Review,
) -> InboxItem | None:
    """Answer an item: file the mapping that knows it, approve it, and close the item, all or nothing.

    Args:
        connection: in a write transaction.
        seen: the item as its author saw it.
        value: what the word stands for.
        standing: the feed's mappings as they were when the new one was made of them.
        filed: the new one; where it is one of those, nothing is filed.
        review: its approval, by the person who answers.

    Returns:
        The answered item; `None` where other mappings stand by now.

    Raises:
        UsageInvalid: the item was changed meanwhile, or the new mapping cannot be approved.
    """
    if standing_mappings(connection, seen.feed) != standing:
        return None
    if filed.id not in standing:
        proposals.propose(connection, filed)
        proposals.decide(connection, review)
    return settle(connection, seen, "answered", answer=value, by=review.by, note=review.note, at=review.created_at)


def standing_mappings(connection: sa.Connection, feed: str) -> Standing:
    """Return the ids of a feed's approved and active mapping: there is one of each at most."""
    p = PROPOSALS.c
    approved, active = (
        connection.scalar(sa.select(p.id).where(p.feed == feed, p.kind == "mapping", p.status == status))
        for status in ("approved", "active")
    )
    return approved, active
