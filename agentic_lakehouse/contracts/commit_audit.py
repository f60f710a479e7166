"""What an audit of a commit tells: what it changed, what it was checked for, and who or what approved it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.governed import CheckResult, DeliveryStatus
from agentic_lakehouse.contracts.trace import TracedContract


class TableDelta(Record):
    """What a commit did to one table."""

    table: str
    change: str
    rows_before: int
    rows_after: int
    snapshot_before: int | None
    """Iceberg snapshot that the table stood at; `None` where it was not there, or is no longer kept."""
    snapshot_after: int | None


class KeyDelta(Record):
    """What a commit did to keys of the core table."""

    added: int
    removed: int
    changed: int
    """Keys with another value in a column that a mapping fills."""
    rewritten: int
    """Keys with other lineage alone: another delivery, run or mapping gave the same values."""
    columns: dict[str, int]
    """Column to the number of keys with another value in it."""
    samples: dict[str, tuple[str, ...]]
    """Up to 5 keys that were added, removed or changed."""


class AuditedDelivery(Record):
    """How a commit left one delivery."""

    feed: str
    delivery_id: str
    path: str
    status: DeliveryStatus
    rows_in: int | None
    spec_sha256: str


class AuditedStage(Record):
    """Checks of one stage, on exactly one state of the branch."""

    feed: str
    stage: str
    at: datetime
    snapshots: dict[str, int | None]
    """Table to the Iceberg snapshot that was checked; `None` where its metadata is no longer kept."""
    merged: tuple[str, ...]
    """Tables that the commit published exactly as they were checked; the others were put onto a newer main."""
    results: tuple[CheckResult, ...]


class RunCalls(Record):
    """What the run of a commit asked of one model with one prompt."""

    prompt: str
    model: str
    calls: int
    cached: int
    """Answers from the journal, besides the calls."""
    tokens: int
    cost_usd: float | None


class CommitAudit(Record):
    """One commit, accounted for."""

    id: str
    parent: str | None
    kind: str
    at: datetime
    feed: str
    run_id: str
    author: str
    message: str
    forgotten: bool
    notes: tuple[str, ...]
    """What is no longer known, and why."""
    tables: tuple[TableDelta, ...]
    keys: KeyDelta | None
    """`None` where one of the two states is no longer kept."""
    deliveries: tuple[AuditedDelivery, ...]
    stages: tuple[AuditedStage, ...]
    mapping: TracedContract | None
    specs: tuple[TracedContract, ...]
    impacts: tuple[TracedContract, ...]
    """What it would do to core beyond the policy's bounds, as a person approved it."""
    calls: tuple[RunCalls, ...]
    run: dict[str, Any]
    """The run's line of `governance.runs`; empty where no run made the commit."""
