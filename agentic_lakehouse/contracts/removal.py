"""What a full delivery would take away, as a person reviews it where it is much."""

from __future__ import annotations

from typing import Any

from agentic_lakehouse.contracts.base import Contract


class Removal(Contract):
    """Keys that leave a feed's published slice because a full delivery lacks them."""

    feed: str
    """`vendor/feed`."""
    deliveries: tuple[str, ...]
    """Deliveries that wait to be published, in their order; none where only the rules changed."""
    since: str
    """The feed's last commit: what the keys are taken away from."""
    published: int
    """Keys that the slice holds there."""
    removed: int
    """Keys that it would lose."""
    keys_sha256: str
    """Of the removed keys, one a line, sorted."""
    sample: tuple[dict[str, Any], ...] = ()
    """Rows of the first removed keys as they are published, without their empty cells."""

    @property
    def share(self) -> float:
        """Share of the published keys that would go, 0 to 1."""
        return self.removed / self.published if self.published else 0.0
