"""Drift: how a delivery's shape differs from what its feed delivered before. Measured, never a model's opinion.

Severity comes from use. What the mapping in force reads, or the key, stops its feed until a person looked; all else
informs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from agentic_lakehouse.contracts.base import Record, canonical_json, sha256_of

ChangeKind = Literal[
    "column_added",
    "column_removed",
    "column_renamed",
    "column_retyped",
    "column_format",
    "columns_reordered",
    "file_format",
    "key_changed",
    "key_repeats",
    "null_rate",
    "distribution",
    "new_values",
]
DriftSeverity = Literal["info", "review"]
"""`review`: the feed's mapping waits for a person, where the policy's `approval.drift` says so."""

_SAID: dict[ChangeKind, str] = {
    "column_added": "column {columns} is new",
    "column_removed": "column {columns} is gone",
    "column_renamed": "{columns} is now {after}",
    "column_retyped": "{columns} is {after} now, was {before}",
    "column_format": "{columns} is written {after}, was {before}",
    "columns_reordered": "the columns stand in another order",
    "file_format": "the file is {after}, was {before}",
    "key_changed": "the key is {after}, was {before}",
    "key_repeats": "the key {columns} repeats in {after} of the rows",
    "null_rate": "{columns} is empty in {after} of the rows, was in {before}",
    "distribution": "the median of {columns} is {after} what it was",
    "new_values": "{columns} holds values it never did: {after}",
}


class Change(Record):
    """One difference between a delivery and what its feed delivered before."""

    kind: ChangeKind
    columns: tuple[str, ...] = ()
    """Vendor headers that it is about, as they were; the new one of a column that is new."""
    before: str = ""
    after: str = ""
    """What was measured, in a few words."""
    used_by: tuple[str, ...] = ()
    """Targets that the mapping in force fills from these columns."""
    severity: DriftSeverity = "info"
    evidence: str = ""
    """What speaks for it where it is not plain to see: for a renaming, how alike names and values are."""
    confidence: float | None = None
    """Of a renaming, how sure it is, 0 to 1."""

    @property
    def key(self) -> str:
        """What makes it the same change when it comes again: its kind, its columns, and what became of them."""
        return canonical_json([self.kind, list(self.columns), self.after])

    @property
    def told(self) -> str:
        """Say it in one line."""
        names = ", ".join(repr(name) for name in self.columns)
        after = repr(self.after) if self.kind == "column_renamed" else self.after
        said = _SAID[self.kind].format(columns=names, before=self.before, after=after)
        told = f"{said} {self.evidence}".strip()
        return f"{', '.join(self.used_by)}: {told}" if self.used_by else told


class Drift(Record):
    """What changed in one delivery of one feed."""

    feed: str
    delivery: str
    since: str
    """sha256 of the spec that it is compared with."""
    changes: tuple[Change, ...]

    @property
    def to_review(self) -> tuple[Change, ...]:
        """The changes that a person should look at."""
        return tuple(c for c in self.changes if c.severity == "review")


class Drifted(Change):
    """A distinct change of one feed, however often it came."""

    id: str
    """Short, stable: see `drift_id`."""
    feed: str
    since: str
    """sha256 of the spec that it was last compared with."""
    count: int = 1
    """Deliveries that had it."""
    first_delivery: str
    last_delivery: str
    first_at: datetime
    last_at: datetime


def drift_id(feed: str, change: Change) -> str:
    """Return the id of a feed's change: `dr-` and ten digits of a hash of what it is about."""
    return f"dr-{sha256_of([feed, change.key])[:10]}"
