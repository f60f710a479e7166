"""What words of a vendor mean: for each one of a target's listed values, or none of them."""

from __future__ import annotations

from pydantic import Field

from agentic_lakehouse.contracts.base import Contract


class Meaning(Contract):
    """What one word means."""

    word: str
    """As the vendor writes it."""
    value: str | None
    """One of the target's listed values; `None` where the word stands for none of them."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """Probability that a person who knows both sides would say the same; a missing one is below every bar."""
    reason: str = ""
    """Why, in a few words."""

    def is_sure(self, bar: float) -> bool:
        """Whether it is as probable as a bar demands."""
        return self.confidence is not None and self.confidence >= bar


class Meanings(Contract):
    """What all words of one question mean."""

    words: tuple[Meaning, ...]
