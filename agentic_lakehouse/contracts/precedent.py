"""What a person's decision teaches about headers and words: evidence for the next vendor, with its origin."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from agentic_lakehouse.contracts.base import Record

Stance = Literal["approved", "rejected"]
AS_APPROVED = "as approved"
"""Language under which learned headers stand among a target's synonyms."""


class Precedent(Record):
    """One header or word of a vendor, and what a person said that it is, or is not."""

    standard: str
    """Full name of the standard's table, whatever its version."""
    kind: Literal["column", "word"]
    language: str
    """Of the vendor, such as `de`; empty where its facts name none."""
    key: str
    """Header or word as such are compared: words in lower case, without accents or signs."""
    text: str
    """The same as the vendor writes it."""
    target: str
    """Column of the standard."""
    value: str = ""
    """For a word, the listed value that it stands for."""
    stance: Stance
    feed: str
    """`vendor/feed` that it was decided for."""
    proposal_id: str
    """Proposal that was decided on; of an edit, the person's own version."""
    by: str
    """Who decided."""
    created_at: datetime
    withdrawn_by: str = ""
    """Who took it back; empty while it counts."""

    @property
    def claim(self) -> tuple[str, str, str]:
        """What is claimed: key, target and value."""
        return self.key, self.target, self.value
