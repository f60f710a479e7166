"""The inbox: what turned up in a feed that nobody was asked about, and what a person made of it.

An item is told once, however often it turns up again. Only a person answers or dismisses it; a model's opinion is a
suggestion, asked for once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from agentic_lakehouse.contracts.base import Record, sha256_of

InboxKind = Literal["unseen_value", "new_column"]
"""What can turn up. A new column, which nothing reads, has a feed, a source and deliveries; the rest is empty."""
InboxStatus = Literal["open", "answered", "dismissed"]

STANDARD = "standard"
"""Who suggests the meaning of a word that the standard itself names."""


class InboxItem(Record):
    """One thing that turned up in one feed."""

    id: str
    """Short, stable: see `item_id`."""
    feed: str
    kind: InboxKind
    target: str = ""
    """Column of the standard that it is about; empty where it is about none."""
    source: str = ""
    """Vendor header that it turned up under; several are joined by `, `."""
    word: str = ""
    """For a value, as the vendor writes it."""
    rows: int = 0
    """Rows that wait in `mapping_errors` for it."""
    first_delivery: str = ""
    last_delivery: str = ""
    suggestion: str | None = None
    """For a value, the listed value that it probably stands for; `None` where nobody has an idea, or it is none."""
    confidence: float | None = None
    suggested_by: str = ""
    """`standard`, or the model version that was asked; empty while nobody was."""
    reason: str = ""
    """Why it is suggested."""
    call_id: str | None = None
    """Journal row of the suggestion."""
    status: InboxStatus = "open"
    answer: str | None = None
    """For a value that is answered, the listed value that it stands for; `None` for none of them. For a column, the
    target that a mapping fills from it."""
    by: str = ""
    """Who answered or dismissed it."""
    note: str = ""
    created_at: datetime
    changed_at: datetime
    """When it was told, answered, dismissed or opened again."""


def item_id(feed: str, kind: InboxKind, target: str, source: str, key: str) -> str:
    """Return the id of an item: `in-` and ten digits of a hash of what it is about.

    Args:
        feed: `vendor/feed`.
        kind: what turned up.
        target: column of the standard.
        source: vendor header.
        key: the word as words are compared.
    """
    return f"in-{sha256_of([feed, kind, target, source, key])[:10]}"
