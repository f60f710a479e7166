"""Two feeds may spell one table: `a__b/c` and `a/b__c` are both `a__b__c`. The first of them to come keeps it."""

from __future__ import annotations

import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.rows import BRANCHES, DELIVERIES


def require_own_table(connection: sa.Connection, feed: Feed) -> None:
    """Refuse a feed whose bronze table would be that of another feed, in the transaction that opens its branch.

    Raises:
        UsageInvalid: names both.
    """
    names = [str(other) for other in feed.namesakes]
    if not names:
        return
    seen = [sa.select(table.c.feed).where(table.c.feed.in_(names)) for table in (DELIVERIES, BRANCHES)]
    if (other := connection.scalar(sa.union(*seen).limit(1))) is not None:
        raise UsageInvalid(
            f"{feed} would share its table {feed.table} with {other}, which the lake has already.",
            hint="Rename the vendor's or the feed's folder: `__` stands between the two in a table's name.",
            feed=str(feed),
            other=other,
        )
