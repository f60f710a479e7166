"""Maintenance: what dead runs left goes, small files become large ones, and what the policy no longer keeps goes.

The order matters: dropped branches and forgotten commits let go of files, and only then are files looked
for that nothing refers to. Each part is safe while runs are at work; see `lake.upkeep`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import BranchLeased, MergeConflict
from agentic_lakehouse.lake.upkeep.bundles import Bundle
from agentic_lakehouse.lake.upkeep.housekeeping import ABANDONED
from agentic_lakehouse.lake.upkeep.leftovers import NOTHING, Leftovers
from agentic_lakehouse.lake.upkeep.listing import StoredFile
from agentic_lakehouse.pipeline.compact import compact
from agentic_lakehouse.pipeline.conform import slice_of
from agentic_lakehouse.pipeline.parts import RAW, Parts
from agentic_lakehouse.pipeline.staging import scratch_folders

Part = Literal[
    "scratch_folders", "branches", "unfinished", "compaction", "history", "settled_bytes", "stray_bytes", "orphans"
]


@dataclass(frozen=True)
class Tidied:
    """What one part of maintenance did, or would do."""

    part: Part
    count: int
    byte_size: int = 0
    names: tuple[str, ...] = ()
    """Folders, branches, catalogs or files that go; feeds whose files are put together, and into how many."""
    busy: tuple[str, ...] = ()
    """Feeds that are left alone, since they are being worked on."""
    approximate: bool = False
    """Whether what the parts before it would do, if they did it, may let more go."""


class Maintenance:
    """One look through the house, or one cleaning."""

    def __init__(self, parts: Parts, *, now: datetime, dry_run: bool) -> None:
        """Take what to maintain, the time to count ages from, and whether to change nothing."""
        self._parts = parts
        self._house = parts.bare_lake.housekeeping
        self._kept = self._house.kept_bytes(RAW)
        self._retention = parts.policy.retention
        self._now = now
        self._dry_run = dry_run
        # What a dry run thinks away, or up, in the parts after; stays as it is where they are done.
        self._gone: Leftovers = NOTHING
        self._compactions = 0
        self._oldest = 0

    def parts(self) -> Iterator[Tidied]:
        """Do one part after the other, or see what it would do.

        Raises:
            CatalogUnavailable: a table cannot be read; what is before it is done.
        """
        yield self._scratch_folders()
        yield from self._leftovers()
        yield self._compaction()
        yield self._history()
        yield self._settled_bytes()
        yield self._stray_bytes()
        yield self._orphans()

    def _scratch_folders(self) -> Tidied:
        before = (self._now - ABANDONED).timestamp()
        found = [f for f in scratch_folders(self._parts.settings.home_path) if f.touched < before]
        if not self._dry_run:
            for folder in found:
                folder.remove()
        names = tuple(folder.path.name for folder in found)
        return Tidied("scratch_folders", len(found), sum(folder.byte_size for folder in found), names)

    def _leftovers(self) -> Iterator[Tidied]:
        if self._dry_run:
            found = self._gone = self._house.leftovers(now=self._now)
        else:
            found = self._house.drop_leftovers(now=self._now)
        yield Tidied("branches", len(found.branches), names=found.branches)
        yield Tidied("unfinished", len(found.catalogs), names=found.catalogs)

    def _compaction(self) -> Tidied:
        slices = {feed: slice_of(feed) for feed in self._house.feeds()}
        found = self._house.bundles(slices, self._parts.policy.compaction, order_by="_delivery_id")
        files = byte_size = 0
        names, busy = [], []
        for feed, bundles in found.items():
            if self._is_open(feed) or not self._compacted(feed, bundles):
                busy.append(str(feed))
                continue
            count = sum(len(bundle.files) for bundle in bundles)
            files += count
            byte_size += sum(bundle.byte_size for bundle in bundles)
            names.append(f"{feed}: {count} files into {len(bundles)}")
        return Tidied("compaction", files, byte_size, tuple(names), tuple(busy))

    def _is_open(self, feed: Feed) -> bool:
        return any(b.name == feed.branch for b in self._parts.bare_lake.branches() if b.name not in self._gone.branches)

    def _compacted(self, feed: Feed, bundles: Sequence[Bundle]) -> bool:
        """Put a feed's small files together, unless a run comes in between."""
        if self._dry_run:
            self._compactions += 1
            return True
        try:
            compact(self._parts, feed, bundles)
        except (BranchLeased, MergeConflict):
            return False
        return True

    def _history(self) -> Tidied:
        if self._dry_run:
            past = self._house.past(self._retention, now=self._now, without=self._gone, coming=self._compactions)
            self._oldest = past.oldest
        else:
            past = self._house.forget(self._retention, now=self._now)
        return Tidied("history", past.commits)

    def _settled_bytes(self) -> Tidied:
        return self._let_go("settled_bytes", self._kept.settled(self._retention, now=self._now))

    def _stray_bytes(self) -> Tidied:
        return self._let_go("stray_bytes", self._kept.stray(self._retention, now=self._now))

    def _let_go(self, part: Part, found: Sequence[StoredFile]) -> Tidied:
        if not self._dry_run:
            found = [file for file in found if self._kept.let_go(file, self._retention, now=self._now)]
        return _files(part, found)

    def _orphans(self) -> Tidied:
        found = self._house.orphans(self._retention, now=self._now, oldest=self._oldest, without=self._gone)
        if not self._dry_run:
            self._house.remove(found)
        return _files("orphans", found, approximate=bool(self._compactions))


def ignore(_part: Tidied) -> None:
    """Tell nobody."""


def _files(part: Part, found: Sequence[StoredFile], *, approximate: bool = False) -> Tidied:
    names = tuple(file.location for file in found)
    return Tidied(part, len(found), sum(file.byte_size for file in found), names, approximate=approximate)
