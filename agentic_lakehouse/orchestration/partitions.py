"""One dynamic partition a feed, shared by every asset: one feed's trouble stops that feed alone."""

from __future__ import annotations

from contextlib import suppress

import dagster as dg
from sqlalchemy.exc import IntegrityError

from agentic_lakehouse.contracts.feed import Feed

feeds = dg.DynamicPartitionsDefinition(name="feeds")


def add_missing(instance: dg.DagsterInstance, wanted: list[Feed]) -> None:
    """Add a partition for each feed that has none yet."""
    known = set(instance.get_dynamic_partitions("feeds"))
    for feed in wanted:
        if str(feed) not in known:
            # Dagster looks, then writes: another process may have added it in between.
            with suppress(IntegrityError):
                instance.add_dynamic_partitions("feeds", [str(feed)])
