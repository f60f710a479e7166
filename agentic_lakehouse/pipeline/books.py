"""What must be known of a feed's past to say how it stands: asked of a lake, or of a glance at many feeds at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Delivery, FeedRun, Proposal, ProposalKind, ProposalStatus
from agentic_lakehouse.lake.commits import CommitInfo, FeedMark


class LedgerBook(Protocol):
    """See `lake.ledger.Ledger`."""

    def latest_by_path(self, feed: Feed) -> dict[str, Delivery]:
        """Return the latest delivery of each path that the feed ever had."""
        ...

    def pending(self, feed: Feed) -> list[Delivery]:
        """Return the deliveries that wait to be published, in their order."""
        ...


class GovernanceBook(Protocol):
    """See `lake.governance.Governance`."""

    def last_run(self, feed: Feed) -> FeedRun | None:
        """Return the run of a feed that was entered last."""
        ...

    def proposals(
        self, feed: Feed, kind: ProposalKind | None = None, status: ProposalStatus | None = None
    ) -> list[Proposal]:
        """Return a feed's proposals, oldest first."""
        ...

    def approved_or_active(self, feed: Feed, kind: ProposalKind) -> Proposal | None:
        """Return the spec or mapping that the next run uses."""
        ...

    def approver(self, proposal_id: str) -> str:
        """Return who decided on a proposal last."""
        ...


class Books(Protocol):
    """See `lake.lake.Lake` and `lake.glance.Glance`."""

    @property
    def ledger(self) -> LedgerBook:
        """Deliveries."""
        ...

    @property
    def governance(self) -> GovernanceBook:
        """Proposals and runs."""
        ...

    def mark(self, feed: Feed) -> FeedMark | None:
        """Return what the last commit that touched a feed means for it."""
        ...

    def log(self, limit: int | None = None, *, feed: Feed) -> Sequence[CommitInfo]:
        """Return the newest commits that touched a feed, newest first."""
        ...
