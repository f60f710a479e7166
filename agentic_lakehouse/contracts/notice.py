"""What people are told of a feed: one notice for each change of its state and each channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from agentic_lakehouse.contracts.base import Record

Topic = Literal["run", "delivery"]
"""What may change of a feed, one beside the other: how its last run ended, and whether a delivery is late."""
Channel = Literal["webhook", "mail"]
NoticeStatus = Literal["pending", "sent", "failed"]

AT_REST: dict[Topic, str] = {"run": "published", "delivery": "fresh"}
"""States in which nobody has to do anything. A feed of which nothing was told is taken to be so: that is no news."""


class Change(Record):
    """A state of a feed as it is now, and how it is told."""

    feed: str
    topic: Topic
    state: str
    """`published`, `failed:<reason>`, `awaiting_review:<proposal>`; `fresh` or `late`."""
    text: str
    """One line for people."""
    facts: dict[str, Any]
    """The same as data."""


class Notice(Change):
    """A change on its way to one channel."""

    id: str
    channel: Channel
    status: NoticeStatus
    """`pending` until it was sent; `failed` where it was given up."""
    attempts: int = 0
    error: str = ""
    """Why the last attempt did not succeed; never an address or a secret."""
    next_try_at: datetime
    created_at: datetime
    changed_at: datetime
