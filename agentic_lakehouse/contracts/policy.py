"""How much trust is given without a person, and what a fault costs. Data, not code."""

from __future__ import annotations

from pydantic import Field

from agentic_lakehouse.contracts.base import Contract

Share = float


class ApprovalPolicy(Contract):
    """When a proposed mapping may pass without a person."""

    min_confidence_required: float = Field(default=0.8, ge=0, le=1)
    """Least confidence of a line that fills a required target."""
    min_confidence: float = Field(default=0.6, ge=0, le=1)
    """Least confidence of any other line."""
    max_rejected_share: Share = Field(default=0.2, ge=0, le=1)
    """Largest share of sample rows that the dry run may reject."""


class Policy(Contract):
    """One trust profile, from `data/policies/*.yaml`."""

    name: str
    max_error_share: Share = Field(default=0.05, ge=0, le=1)
    """Largest share of a delivery's rows that may break its spec; above it the delivery is refused whole."""
    approval: ApprovalPolicy = ApprovalPolicy()
    max_attempts: int = Field(default=5, ge=1)
    """How often the sensor tries a failed feed again before it waits for a change."""
    retry_after_seconds: int = Field(default=60, ge=1)
    """Wait before the first new try; doubled for each one after."""
    lease_seconds: int = Field(default=600, ge=10)
    """Age of a branch's last heartbeat at which another run may take it over."""
    keep_raw_days: int = Field(default=365, ge=1)
    """How long the bytes of published files are kept."""
