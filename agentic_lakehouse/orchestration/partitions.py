"""One dynamic partition a feed, shared by every asset: one feed's trouble stops that feed alone."""

from __future__ import annotations

import dagster as dg

from agentic_lakehouse.contracts.feed import Feed

feeds = dg.DynamicPartitionsDefinition(name="feeds")


def add_missing(instance: dg.DagsterInstance, wanted: list[Feed]) -> None:
    """Add a partition for each feed that has none yet."""
    known = set(instance.get_dynamic_partitions("feeds"))
    if new := [str(feed) for feed in wanted if str(feed) not in known]:
        instance.add_dynamic_partitions("feeds", new)
