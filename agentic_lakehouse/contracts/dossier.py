"""What a reviewer is shown of a proposal: enough to decide on it without looking anywhere else.

All of it is computed for one look and kept nowhere. It is bounded: few rows, and long texts are cut.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.governed import Decision, ProposalKind, ProposalStatus, Review
from agentic_lakehouse.contracts.impact import Impact
from agentic_lakehouse.contracts.mapping import ColumnMapping
from agentic_lakehouse.contracts.precedent import Precedent

Change = Literal["first", "same", "added", "changed", "removed"]
"""Against what is in force; `first` where nothing is."""


class Summary(Record):
    """A proposal in one line."""

    id: str
    feed: str
    kind: ProposalKind
    status: ProposalStatus
    reason: str
    model: str
    created_at: datetime


class Decided(Record):
    """A decision in one line."""

    proposal: Summary
    decision: Decision
    by: str
    note: str
    at: datetime


class Docket(Record):
    """What waits for a person, the longest first, and what was decided lately, the newest first."""

    waiting: tuple[Summary, ...]
    decided: tuple[Decided, ...]
    """By people."""
    let_pass: tuple[Decided, ...]
    """By policies."""


class Example(Record):
    """One sample row: what an expression reads, and what comes of it."""

    read: dict[str, str | None]
    """Vendor header to cell, as bronze has it."""
    result: str | None
    """As core would have it: `None` also where a rule emptied it."""
    broken: tuple[str, ...] = ()
    """Rules of the target that the row breaks."""


class Sampled(Record):
    """What the sample shows of one target."""

    rows: int = 0
    empty: int = 0
    """Rows without a result."""
    broken: dict[str, int] = Field(default_factory=dict)
    """Rows that break a rule of the target, by rule."""
    examples: tuple[Example, ...] = ()
    """Rows that break a rule first, then different results."""


class Term(Record):
    """A column of the standard, as far as a reviewer needs it."""

    name: str
    business_name: str = ""
    definition: str = ""
    type: str = ""
    required: bool = False
    unit: str = ""
    examples: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    """Listed values; empty where any may stand."""
    filled_by: str = ""
    """Expression of the standard that fills it where a mapping does not."""


class Line(Record):
    """A line of a mapping beside the term that it fills."""

    term: Term
    line: ColumnMapping
    """As proposed; as it is in force where the proposal takes it away."""
    change: Change
    before: ColumnMapping | None = None
    """As it is in force, where that differs."""
    bar: float = 0.0
    """Confidence below which the policy lets no such line pass without a person."""
    precedents: tuple[Precedent, ...] = ()
    """What people approved of other feeds that speaks for it, the newest first."""
    sampled: Sampled = Sampled()
    errors: tuple[str, ...] = ()
    """Why it cannot run."""

    @property
    def is_doubtful(self) -> bool:
        """Whether the proposer is not as sure as the policy asks for."""
        return self.line.confidence is None or self.line.confidence < self.bar


class Source(Record):
    """A column of the feed that nothing takes, with some of its values."""

    source_name: str
    type: str = ""
    values: tuple[str, ...] = ()


class Breach(Record):
    """A rule that a sample row breaks."""

    delivery_id: str
    row_number: int
    rule: str
    column: str | None
    cost: Literal["reject_row", "null_cell"]
    value: str | None
    message: str


class MappingView(Record):
    """What a mapping does."""

    lines: tuple[Line, ...]
    unmapped_sources: tuple[Source, ...]
    unmapped_targets: tuple[Term, ...]
    """Required ones first."""
    sample_rows: int = 0
    """Rows that were tried: the first of the newest delivery."""
    rejected_rows: int = 0
    breaches: tuple[Breach, ...] = ()
    """Rows that core would refuse first."""
    breach_counts: dict[str, int] = Field(default_factory=dict)
    """Sample rows by rule, the most frequent first."""
    errors: tuple[str, ...] = ()
    """Why it cannot run as a whole."""

    @property
    def rejected_share(self) -> float:
        """Share of the sample rows that core would refuse, 0 to 1."""
        return self.rejected_rows / self.sample_rows if self.sample_rows else 0.0


class Claim(Record):
    """One thing that a spec says, and said before."""

    name: str
    value: str
    before: str | None = None
    """As the spec in force has it, where that differs."""


class ColumnClaims(Record):
    """What a spec says of one column."""

    source_name: str
    change: Change
    claims: tuple[Claim, ...]
    values: tuple[str, ...] = ()
    """Some cells, as the vendor wrote them."""


class SpecView(Record):
    """What a spec says of a file."""

    format: tuple[Claim, ...]
    columns: tuple[ColumnClaims, ...]


class Dossier(Record):
    """One proposal with all that bears on it."""

    summary: Summary
    sha256: str
    """What an approval binds."""
    content: dict[str, Any]
    """The proposal itself."""
    parent: str = ""
    """Proposal that this one was made of; else empty."""
    in_force: str = ""
    """Proposal that it is compared with; empty where nothing is in force."""
    mapping: MappingView | None = None
    spec: SpecView | None = None
    impact: Impact | None = None
    """Of an impact proposal; that of a mapping is measured by `impact_preview`, which folds all of bronze."""
    stale: tuple[str, ...] = ()
    """Why what waits cannot be approved any longer."""
    reviews: tuple[Review, ...] = ()
    caveats: tuple[str, ...] = ()
    """What could not be shown, and why."""
