"""What became of an expression that was tried on sample rows: shown to a model, and to whoever edits a mapping."""

from __future__ import annotations

from pydantic import Field

from agentic_lakehouse.contracts.base import Record


class Tried(Record):
    """What became of an expression on the sample."""

    errors: tuple[str, ...] = ()
    """Why it cannot run at all."""
    rows: int = 0
    nulls: int = 0
    """Rows without a result."""
    violations: dict[str, int] = Field(default_factory=dict)
    """Rows that break a rule of the target, or lose their value in conversion, by rule."""
    examples: tuple[dict[str, str | None], ...] = ()
    """Some rows: what the expression reads, and its `result`; rows with a violation first."""
