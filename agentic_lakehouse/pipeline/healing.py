"""What heals a broken file of the lake. Nothing is offered that the damage itself would stop."""

from __future__ import annotations

from collections.abc import Collection

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.feeds.keep import is_kept
from agentic_lakehouse.lake.examiner import Broken
from agentic_lakehouse.lake.inspection import Inspection
from agentic_lakehouse.lake.whole import METADATA, kind_of
from agentic_lakehouse.pipeline.conform import slice_of


class Healing:
    """Ways to heal what an inspection found."""

    def __init__(self, lake: Inspection, folded: Collection[str]) -> None:
        """Take what was found.

        Args:
            lake: looked at already.
            folded: full names of the tables whose slices are made from bronze alone.
        """
        self._lake = lake
        self._folded = folded

    def on_main(self, broken: Broken) -> str:
        """Say what heals a file that main needs."""
        feed = self._feed(broken)
        ways = ["Restore the file from a backup", self._fold_anew(broken, feed), self._go_back(feed)]
        return "; or ".join(way for way in ways if way) + "."

    def on_branch(self, name: str) -> str:
        """Say what heals a file that an open branch alone needs."""
        feed = self._lake.recorded.branches[name][0].feed
        return f"Nothing on main is touched: the feed's next run begins it anew, `lakehouse run --feed {feed}`."

    def _feed(self, broken: Broken) -> Feed | None:
        """Return the feed whose rows a file holds: by the table, or by the slice; `None` where it is of several."""
        short = (broken.partition or {}).get("source_table", broken.table.rpartition(".")[2])
        return next((feed for feed in self._lake.recorded.feeds if feed.table == short), None)

    def _fold_anew(self, broken: Broken, feed: Feed | None) -> str:
        """A delivery done again folds the slice from all of bronze; the audit after it reads the whole core table."""
        if feed is None or any(b.table not in self._folded or self._feed(b) != feed for b in self._lake.main.broken):
            return ""
        settled = [d for d in self._lake.recorded.deliveries if d.feed == str(feed) and d.status == "published"]
        if not settled or not is_kept(settled[-1].raw_uri, byte_size=settled[-1].byte_size):
            return ""
        again = f"`lakehouse reingest {feed} --delivery {settled[-1].delivery_id}`"
        return f"fold {broken.table} anew from bronze with {again}"

    def _go_back(self, feed: Feed | None) -> str:
        """Going back reads the metadata of main's tables; that of one feed also the manifests of shared tables."""
        unread = [b for b in self._lake.main.broken if b.partition is None]
        if any(kind_of(b.location) == METADATA for b in unread):
            return ""
        if feed is None:
            commit = self._lake.whole_commit(None, {})
            return f"go back with `lakehouse rollback {commit[:12]} --all`, then reingest each feed" if commit else ""
        if any(self._feed(b) is None for b in unread):
            return ""
        commit = self._lake.whole_commit(feed, slice_of(feed))
        if commit is None:
            return ""
        again = f"`lakehouse reingest {feed}`, which does the deliveries after it again from their kept bytes"
        return f"go back with `lakehouse rollback {commit[:12]} --feed {feed}`, then {again}"
