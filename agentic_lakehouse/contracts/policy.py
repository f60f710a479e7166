"""How much trust is given without a person, and what a fault costs. Data, not code."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Literal

from pydantic import Field

from agentic_lakehouse.contracts.base import Contract, sha256_of

Share = float
OnUnseen = Literal["as_rule", "null_cell", "reject_row"]
OnChange = Literal["pass", "review"]
"""`pass`: the other bars decide; `review`: a person looks, however sure the proposal is."""


class ApprovalPolicy(Contract):
    """When a proposed mapping may pass without a person."""

    min_confidence_required: float = Field(default=0.8, ge=0, le=1)
    """Least confidence of a line that fills a required target."""
    min_confidence: float = Field(default=0.6, ge=0, le=1)
    """Least confidence of any other line."""
    max_rejected_share: Share = Field(default=0.2, ge=0, le=1)
    """Largest share of sample rows that the dry run may reject."""
    new_vendor: OnChange = "pass"
    """The first mapping of a vendor of whom nothing was published yet."""
    drift: OnChange = "review"
    """A line proposed anew because a column that the mapping in force uses was renamed, retyped or taken away."""
    changed_required: OnChange = "review"
    """A line that fills a required target otherwise than the mapping in force does."""
    corroborated: bool = True
    """Whether a line of a model that costs money needs more than the model's word: names and values must agree."""


class ImpactPolicy(Contract):
    """What publishing may do to a feed's published rows without a person's review; see `contracts.impact`."""

    min_median_ratio: float = Field(default=0.5, gt=0, le=1)
    """Least median of new value by old, of each number of the standard, over the keys that stand before and after."""
    max_median_ratio: float = Field(default=2.0, ge=1)
    """Largest such median."""
    max_nulls_gained: Share = Field(default=0.2, ge=0, le=1)
    """Largest share of these keys that lose the value of one column."""
    max_changed_share: Share = Field(default=1.0, ge=0, le=1)
    """Largest share of these keys of which any value changes."""
    min_keys: int = Field(default=10, ge=1)
    """Keys below which nothing is said of medians and shares: of few rows, half may well change."""


class DriftPolicy(Contract):
    """Which changes of a column's values, from one delivery to the next, a person looks at where they are used.

    What a mapping makes of them is bounded by `impact`, key by key; here other products may be delivered than before.
    """

    max_nulls_gained: Share = Field(default=0.2, ge=0, le=1)
    """Largest share of rows by which a column may be emptier than before."""
    max_median_ratio: float = Field(default=10.0, ge=1)
    """Largest median of a column's numbers by the one before, or the inverse: another unit makes ten or more of it
    (cents for euros, grams for kilograms), other products hardly."""
    min_rows: int = Field(default=50, ge=1)
    """Rows of both deliveries below which nothing is said: at 50 the standard error of a difference of shares is 0.1 at
    most, half of what `max_nulls_gained` allows."""


class RetentionPolicy(Contract):
    """How long what nobody needs for today's tables is kept. Applied by `lakehouse maintain` alone."""

    history_days: int = Field(default=90, ge=0)
    """How long `query --at` and `rollback` reach back; the newest commits are kept whatever their age."""
    history_commits: int = Field(default=20, ge=1)
    """How many of the newest commits are kept whatever their age."""
    raw_days: int = Field(default=365, ge=0)
    """How long the bytes of settled files are kept; those of files that wait are kept as long as they wait."""
    orphan_hours: int = Field(default=24, ge=1)
    """Age below which a file that nothing refers to is left alone: a running step may be about to refer to it."""


class CompactionPolicy(Contract):
    """When small files of one partition are put together."""

    min_files: int = Field(default=8, ge=2)
    """Least number of small files in one partition that are worth a rewrite."""
    target_mb: int = Field(default=256, ge=1)
    """Size of the files that are written; a file of less than half of it is small."""


class Policy(Contract):
    """One trust profile, from `data/policies/*.yaml`."""

    name: str
    max_error_share: Share = Field(default=0.05, ge=0, le=1)
    """Largest share of a delivery's rows that may break its spec; above it the delivery is refused whole."""
    approval: ApprovalPolicy = ApprovalPolicy()
    ask_settled_columns: bool = False
    """Whether models that cost money are asked about columns, too, that exact names and matching values settle."""
    max_attempts: int = Field(default=5, ge=1)
    """How often the sensor tries a failed feed again before it waits for a change."""
    retry_after_seconds: int = Field(default=60, ge=1)
    """Wait before the first new try; doubled for each one after."""
    lease_seconds: int = Field(default=600, ge=10)
    """Age of a branch's last heartbeat at which another run may take it over."""
    max_removed_share: Share = Field(default=0.1, ge=0, le=1)
    """Largest share of a feed's published keys that a `full` delivery may remove without a person's review."""
    unseen_value: OnUnseen = "as_rule"
    """What a word costs that the mapping does not know, under a target with listed values: `as_rule` the row where the
    target is required, else the cell; `null_cell` the cell; `reject_row` the row. It waits in the inbox meanwhile."""
    impact: ImpactPolicy = ImpactPolicy()
    drift: DriftPolicy = DriftPolicy()
    retention: RetentionPolicy = RetentionPolicy()
    compaction: CompactionPolicy = CompactionPolicy()

    def wait_before(self, attempt: int) -> timedelta | None:
        """Return how long after a failed run the next try, number `attempt`, waits; `None` where there is none."""
        if attempt > self.max_attempts:
            return None
        return timedelta(seconds=float(self.retry_after_seconds) * 2 ** max(attempt - 2, 0))

    @cached_property
    def judgement_sha256(self) -> str:
        """Identity of the part that bears on what is accepted: housekeeping and waiting times do not."""
        judging = {"max_error_share", "max_removed_share", "approval", "unseen_value", "impact"}
        return sha256_of(self.model_dump(mode="json", include=judging))
