"""The job `review`: decide on a proposal from the launchpad, by the same logic as the command line and the page.

Where the lake has a review token the job refuses: a code location is never given it, and what somebody types into a
launchpad is kept in Dagster's history for all to read.
"""

from enum import Enum

import dagster as dg
from pydantic import Field

from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.errors import ReviewRefused
from agentic_lakehouse.orchestration import metadata as md
from agentic_lakehouse.orchestration.failures import told_clearly
from agentic_lakehouse.orchestration.resources import LakehouseResource
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.review import Reviewer, decide, token_is_set

REVIEW_JOB = "review"


class Verdict(Enum):
    """What a reviewer may say from here; an edit needs a file or the page."""

    approved = "approved"
    rejected = "rejected"


class Decision(dg.Config):
    """Who decides what."""

    id: str = Field(description="Proposal, as the check `needs_review` and `lakehouse review list` name it.")
    decision: Verdict
    by: str = Field(description="Who decides: it will stand in `governance.reviews`.")
    note: str = Field(default="", description="Why.")


def build_review_job() -> dg.JobDefinition:
    """Return the job. What it approves is run by the landing-zone sensor, by itself."""

    @dg.op(out=dg.Out(dg.Nothing))
    def decision(context: dg.OpExecutionContext, config: Decision, lakehouse: LakehouseResource) -> None:
        """Approve or reject a proposal."""
        with told_clearly():
            decided = _decided(lakehouse.lakehouse, config)
        context.log.info("%s of %s is %s by %s.", decided.id, decided.feed, decided.status, config.by)
        context.add_output_metadata(
            {
                "proposal": decided.id,
                "feed": decided.feed,
                "kind": decided.kind,
                "status": decided.status,
                "by": config.by,
                "note": config.note,
                "sha256": decided.sha256,
                "content": md.proposal(decided, lakehouse.lakehouse.standard),
            }
        )

    @dg.job(name=REVIEW_JOB, description="Decide on a proposal: id, approved or rejected, by whom, and why.")
    def job() -> None:
        decision()

    return job


def _decided(house: Lakehouse, config: Decision) -> Proposal:
    if token_is_set(house):
        raise ReviewRefused(
            "Deciding needs the review token of this lake, which no code location is given.",
            hint="Decide on the page, `lakehouse review --web`, or by `lakehouse review approve` with the token.",
        )
    return decide(house, config.id, config.decision.value, by=Reviewer(config.by), note=config.note)
