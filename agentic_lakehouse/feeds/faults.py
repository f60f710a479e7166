"""Say which vendor's file cannot be read, and why: the one error of this room."""

from __future__ import annotations

from typing import Any

from agentic_lakehouse.errors import FeedUnreadable


def unreadable(name: str, cause: str, *, hint: str, **details: Any) -> FeedUnreadable:
    """Make the error for a file that cannot be read: what is wrong with which file, and what to do."""
    return FeedUnreadable(f"{name}: {cause}.", hint=hint, file=name, **details)


def no_records_at(record_path: str | None, *, name: str) -> FeedUnreadable:
    """Make the error for a document that has nothing at the place where its records were."""
    return unreadable(
        name,
        f"has no records at {record_path!r}",
        hint="Describe the file anew: its layout has changed.",
        record_path=record_path,
    )
