"""What a trace tells: a row of core, and all that it came from, back to the text in the vendor's file."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.governed import CallStatus, Decision, DeliveryStatus, ProposalKind, ProposalStatus


class TracedDecision(Record):
    """Who decided on a contract, and why."""

    decision: Decision
    by: str
    """A person's name, or `policy:<name>`."""
    note: str
    at: datetime


class TracedCall(Record):
    """The question that a contract came from, and the answer."""

    id: str
    run_id: str
    prompt: str
    prompt_sha256: str
    model: str
    model_version: str
    status: CallStatus
    cached: bool
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    raw_output: str
    at: datetime


class TracedContract(Record):
    """The spec or mapping that a row was read or made by."""

    kind: ProposalKind
    id: str
    sha256: str
    status: ProposalStatus
    """As it stands today."""
    proposed_at: datetime
    reason: str
    """Why a person had to look; empty where the policy let it pass."""
    parent: str
    decisions: tuple[TracedDecision, ...]
    call: TracedCall | None
    """`None` where no model was asked for it."""
    asked: str
    """Who or what it came from, in a few words."""
    others: tuple[str, ...] = ()
    """Further calls of that run for it: batches, turns, failed attempts, words."""


class TracedLine(Record):
    """How one column of core came by its value."""

    target: str
    value: Any
    how: Literal["mapped", "fallback", "derived", "empty"]
    expression: str
    reads: dict[str, Any]
    """What the expression read, with the values it had: bronze columns where mapped, else targets and facts."""
    confidence: float | None = None
    rationale: str = ""
    given: Any = None
    """What the mapping gave, where the rule sets in force made another value of it."""
    faults: tuple[str, ...] = ()
    """Rules that the value broke."""


class TracedBronze(Record):
    """The vendor's row as it was typed."""

    table: str
    delivery_id: str
    row_number: int
    run_id: str
    ingested_at: datetime | None
    cells: dict[str, Any]


class TracedFile(Record):
    """The record in the vendor's file."""

    path: str
    delivery_id: str
    status: DeliveryStatus
    """Of the delivery, today."""
    commit_id: str | None
    """Commit that published the delivery."""
    ingestion_date: date
    sha256: str
    byte_size: int
    raw_uri: str
    row_number: int
    line: int | None
    """First line of the record; of a workbook its row, of Parquet and Arrow its number."""
    raw: str | None
    """The record's text; `None` where the bytes are no longer kept."""
    verbatim: bool
    """Whether `raw` is what stands in the file; else it is the cells as JSON."""
    cells: dict[str, str | None] | None
    """As written, by the vendor's header."""
    filled: dict[str, str] = Field(default_factory=dict)
    """Cells that were blank, and what the first row of their product filled them with."""
    filled_from: int | None = None
    """Line of that row."""
    missing: str = ""
    """Why the text cannot be shown."""


class Trace(Record):
    """One row, traced back."""

    table: str
    """Where the row was found: core, or the error table that keeps it."""
    at: str
    """`main`, a branch, or the commit at which it last stood there."""
    feed: str
    key: dict[str, Any]
    """Primary key; empty for a row that core never took."""
    notes: tuple[str, ...]
    """What is to be known of it besides: that it is no longer on main, was run again, breaks a rule."""
    row: dict[str, Any]
    run_id: str
    """Run that wrote the row of core."""
    commit_id: str
    """Commit that this run published; empty where it did not."""
    lines: tuple[TracedLine, ...]
    rule_sets: tuple[str, ...]
    """Rule sets that the row was conformed under, each with its sha256."""
    mapping: TracedContract | None
    bronze: TracedBronze | None
    file: TracedFile | None
    spec: TracedContract | None
