"""What each step says of itself when it is done: facts for reports, metadata and the next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import CheckResult, Delivery, ModelCall, Proposal, ProposalStatus
from agentic_lakehouse.contracts.impact import Impact
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.rule_set import RuleSet


@dataclass(frozen=True)
class Received:
    """The deliveries that a run is about."""

    pending: tuple[Delivery, ...]
    unsettled: tuple[str, ...] = ()
    """Files that changed while they were read; the next look takes them."""
    rebuild: bool = False
    """Whether a changed mapping, standard, policy or vendor fact asks for the slice to be made anew."""

    @property
    def has_work(self) -> bool:
        """Whether anything is left to do for the steps after."""
        return bool(self.pending) or self.rebuild


@dataclass(frozen=True)
class Described:
    """The spec under which each pending delivery is read, newest last."""

    specs: tuple[FeedSpec, ...]
    calls: tuple[ModelCall, ...]
    warnings: tuple[str, ...] = ()
    """What measuring found that a person should know; a delivery that a known spec fits is not measured."""

    @property
    def spec(self) -> FeedSpec:
        """The spec in force: that of the newest delivery."""
        return self.specs[-1]


@dataclass(frozen=True)
class Ingested:
    """Rows in = bronze rows + error rows."""

    table: str
    files: int
    rows_in: int
    bronze_rows: int
    error_rows: int
    error_codes: dict[str, int]


@dataclass(frozen=True)
class Mapped:
    """A mapping, in force or waiting."""

    mapping: Mapping
    spec: FeedSpec
    proposal_id: str
    status: ProposalStatus
    reasons: tuple[str, ...]
    """Why a person must look; empty where none must."""
    calls: tuple[ModelCall, ...]
    settled: tuple[str, ...] = ()
    """Targets that exact names and matching values filled without asking a model."""

    @property
    def may_run(self) -> bool:
        """Whether it has been approved."""
        return self.status in {"approved", "active"}


@dataclass(frozen=True)
class Conformed:
    """Bronze rows in = core rows (also those a later row supersedes) + rejected rows."""

    table: str
    mode: Literal["incremental", "rebuild"]
    rows_in: int
    core_rows: int
    rejected_rows: int
    nulled_cells: int
    slice_rows: int
    """Rows of the feed's slice after the fold."""
    broken_rules: dict[str, int]
    unseen_words: int = 0
    """Different words under targets with listed values that the mapping does not know, those dismissed aside."""
    rule_sets: tuple[RuleSet, ...] = ()
    """Those in force for rows of the feed."""


@dataclass(frozen=True)
class Audited:
    """What was asserted, and whether it held."""

    stage: Literal["bronze", "staged"]
    results: tuple[CheckResult, ...]
    waits: Proposal | None = None
    """What a person must decide, where nothing else stands in the way."""
    impact: Impact | None = None
    """What publishing would do to the published rows; `None` before there is a slice to publish."""

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """ERROR checks that did not hold."""
        return tuple(r for r in self.results if not r.passed and r.severity == "ERROR")


@dataclass(frozen=True)
class Published:
    """The commit on main."""

    commit_id: str
    deliveries: tuple[str, ...]
