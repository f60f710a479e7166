"""What governance records: deliveries, proposals, reviews, model calls, checks and audits.

These are the rows of the `governance.*` tables as typed values; `lake` stores them, the rest of the
house reads and writes them by these names only.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, Protocol

from agentic_lakehouse.contracts.base import Record

DeliveryStatus = Literal["pending", "published", "failed", "withdrawn"]
ProposalKind = Literal["spec", "mapping", "impact"]
ProposalStatus = Literal["proposed", "approved", "active", "rejected", "edited", "superseded"]
Decision = Literal["approved", "rejected", "edited", "undone"]
CallStatus = Literal["sent", "received", "turn", "ok", "unparsable", "schema", "semantic", "transport", "configuration"]
Severity = Literal["ERROR", "WARN"]
RunStatus = Literal["published", "unchanged", "awaiting_review", "failed"]


class Delivery(Record):
    """One file of one feed, as accepted."""

    delivery_id: str
    """`<ordinal, 8 digits>-<first 12 of sha256>`: sorts in the order of delivery within its feed."""
    feed: str
    path: str
    """Path below the landing zone."""
    sha256: str
    byte_size: int
    mtime_ns: int
    raw_uri: str
    """Where the kept bytes are."""
    ingestion_date: date
    """UTC day on which the delivery was first seen; never changes."""
    first_seen_at: datetime
    """The instant of that: when the file was entered in the ledger."""
    status: DeliveryStatus = "pending"
    spec_sha256: str = ""
    """Spec under which it is read; empty until it was described."""
    rows_in: int | None = None
    """Records in the file, as the engine counted them; `None` until it was loaded."""
    commit_id: str | None = None
    """Commit that published it."""
    redo: bool = False
    """A person asked to do it again from its kept bytes."""
    replay: bool = False
    """A person asked for its kept bad rows to be run again."""

    @property
    def is_asked_for(self) -> bool:
        """Whether a person asked for more to be done to it, though it is settled."""
        return self.redo or self.replay


class Proposal(Record):
    """A spec or mapping on its way to being in force, or an impact on core that waits for a person."""

    id: str
    """Short, stable: `<kind>-<first 12 of sha256 of feed + content>`."""
    feed: str
    kind: ProposalKind
    status: ProposalStatus
    sha256: str
    """Identity of `content`: what an approval binds."""
    content: dict[str, Any]
    """The `FeedSpec`, `Mapping` or `Impact` as JSON."""
    shape_sha256: str
    """What it was made for: `FeedProfile.shape_sha256` for a spec, `FeedSpec.shape_sha256` for a mapping, for an
    impact the deliveries and rules that it follows from."""
    standard_sha256: str = ""
    """Standard of a mapping; else empty."""
    facts_sha256: str = ""
    """Vendor facts that a mapping was made with; else empty."""
    parent: str = ""
    """Proposal that a person edited into this one, or whose lines this one keeps; else empty."""
    learned_from: tuple[str, ...] = ()
    """Proposals of other feeds whose approval speaks for lines or words of a mapping; see `contracts.precedent`."""
    reason: str = ""
    """Why a person must look, or why the policy let it pass."""
    model: str = ""
    """Model version that proposed it."""
    call_id: str | None = None
    """Journal row it came from."""
    created_at: datetime


class Review(Record):
    """One decision on one proposal."""

    proposal_id: str
    sha256: str
    decision: Decision
    """`edited`: the reviewer's own version was approved in its place. `undone`: an earlier decision, on this proposal
    or on one that it was learned from, was wrong."""
    by: str
    """A person's name, or `policy:<name>`."""
    note: str = ""
    created_at: datetime


class ModelCall(Record):
    """One attempt to get an answer: as sent and as received."""

    id: str
    feed: str
    run_id: str
    prompt: str
    """Prompt id, the file's stem in `prompts/`."""
    prompt_sha256: str
    """Of the prompt file."""
    request_sha256: str
    """Of everything that was sent: rendered prompt, output schema, model, settings. The journal's key."""
    rendered_prompt: str
    model: str
    """Model asked."""
    model_version: str = ""
    """Model that answered, as its provider reports it."""
    attempt: int = 1
    """From 1 within one question."""
    status: CallStatus
    """`sent`: no reply is kept, and tokens and cost are what sending was estimated to take. `received`: the answer is
    kept, and was not judged yet. A process that was killed leaves one of these; all others are final. `turn`: the model
    looked at something before it answered."""
    errors: tuple[str, ...] = ()
    """Validation errors, exactly as they go back to the model."""
    raw_output: str = ""
    """Answer before parsing."""
    cached: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """`None` where the price is not known."""
    seconds: float = 0.0
    created_at: datetime
    """When it was sent."""


class Spent(Record):
    """What calls took together, failed attempts included; answers from the journal cost nothing and are not counted."""

    calls: int = 0
    tokens: int = 0
    """Input and output."""
    usd: float = 0.0
    """Of the calls whose price is known."""


class Tally(Protocol):
    """Tells what calls took together."""

    def __call__(self, *, feed: str | None = None, run_id: str | None = None, since: datetime | None = None) -> Spent:
        """Return it: of a feed, of a run, since an instant, where these are given."""
        ...


class Spending(Spent):
    """What calls of one kind took together."""

    group: str
    """Run, feed, prompt or model."""
    failed: int = 0
    """Calls without a good answer."""
    cached: int = 0
    """Answers from the journal, besides the calls."""
    input_tokens: int = 0
    output_tokens: int = 0
    unpriced: int = 0
    """Calls whose price is not known."""
    seconds: float = 0.0


class CheckResult(Record):
    """One assertion on one table of a branch, with enough to reproduce it."""

    name: str
    table: str
    severity: Severity
    passed: bool
    count: int = 0
    """Rows, cells or keys that break it."""
    description: str = ""
    samples: tuple[dict[str, Any], ...] = ()
    """Up to 5 offenders."""
    sql: str = ""
    """Query that shows them, for `lakehouse query --branch`."""


class Audit(Record):
    """What was checked on exactly which state of a branch."""

    feed: str
    run_id: str
    stage: str
    """`bronze` or `staged`."""
    pointers: dict[str, str]
    """Table to metadata location, of every table that the branch changed when the checks ran."""
    results: tuple[CheckResult, ...]
    mapping_sha256: str = ""
    """Mapping that the staged rows came from; empty for bronze."""
    fold_sha256: str = ""
    """Everything but bronze that the staged rows are a function of: mapping, standard, policy, vendor facts."""
    created_at: datetime

    @property
    def passed(self) -> bool:
        """Whether no ERROR check failed."""
        return all(r.passed or r.severity == "WARN" for r in self.results)


class FeedRun(Record):
    """How one run of one feed ended: a line of `lakehouse run`'s report."""

    run_id: str
    feed: str
    status: RunStatus
    reason: str = ""
    errors: tuple[str, ...] = ()
    files: int = 0
    rows_in: int = 0
    bronze_rows: int = 0
    error_rows: int = 0
    core_rows: int = 0
    mapping_error_rows: int = 0
    model_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0
    branch: str = ""
    commit: str = ""
    started_at: datetime
    attempt: int = 1
    """How often in a row this same work was tried."""
    work_sha256: str = ""
    """What there was to do, so that the same failure is not tried again for ever."""
