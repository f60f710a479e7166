"""What publishing would do to a feed's published rows, as policy and reviewers look at it."""

from __future__ import annotations

from typing import Any

from agentic_lakehouse.contracts.base import Contract


class ColumnImpact(Contract):
    """What happens to one column of the standard, over the keys that stand before and after."""

    column: str
    changed: int
    """Keys whose value is another one, or is gained or lost."""
    nulls_gained: int
    """Keys that lose their value."""
    nulls_lost: int
    """Keys that gain one."""
    median_ratio: float | None = None
    """For numbers, the median of new value by old, to three places, over all keys where both are above zero."""


class Impact(Contract):
    """Keys and values of a feed's published slice before and after."""

    feed: str
    """`vendor/feed`."""
    deliveries: tuple[str, ...]
    """Deliveries that wait to be published, in their order; none where only the rules changed."""
    since: str
    """The feed's last commit: what is compared with."""
    published: int
    """Keys that the slice holds there."""
    new: int
    """Keys that it would gain."""
    changed: int
    """Keys that it would keep, with another value in any column."""
    removed: int
    """Keys that it would lose."""
    keys_sha256: str
    """Of the removed keys, one a line, sorted."""
    is_damaged: bool = False
    """Whether what is published cannot be read: it is made anew, and there is nothing to compare with."""
    columns: tuple[ColumnImpact, ...] = ()
    """The columns in which anything changes, the most changed first."""
    sample: tuple[dict[str, Any], ...] = ()
    """Rows of the first removed keys as they are published, without their empty cells."""
    changes: tuple[dict[str, Any], ...] = ()
    """Of the first changed keys: the key, the column, and its value `before` and `after`."""

    @property
    def kept(self) -> int:
        """Keys that stand before and after."""
        return self.published - self.removed

    @property
    def removed_share(self) -> float:
        """Share of the published keys that would go, 0 to 1."""
        return self.removed / self.published if self.published else 0.0

    @property
    def changed_share(self) -> float:
        """Share of the kept keys of which any value changes, 0 to 1."""
        return self.changed / self.kept if self.kept else 0.0
