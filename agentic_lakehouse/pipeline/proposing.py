"""Propose a mapping outside a run: for a loose file, or anew for a feed of the lake."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.tables import bronze_name
from agentic_lakehouse.pipeline.conform import relation
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.map import ask_mapping, propose, runnable, waiting
from agentic_lakehouse.pipeline.preview import Preview, feed_of
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.words import Known


@dataclass(frozen=True)
class Proposed:
    """A mapping, who proposed it, and how it stands."""

    mapping: Mapping
    model: str
    status: str
    settled: tuple[str, ...] = ()
    """Targets that exact names and matching values filled without asking a model."""


def propose_for_file(lakehouse: Lakehouse, path: Path, *, vendor: str | None = None) -> Proposed:
    """Map a loose file onto the lakehouse's standard, writing nothing."""
    preview = Preview(lakehouse, path, feed_of(path, vendor=vendor))
    measured = preview.profile()
    answer = preview.map(measured, preview.spec(measured).value, lakehouse.standard)
    return Proposed(answer.value, answer.model_version, "proposed", answer.settled)


def propose_for_feed(lakehouse: Lakehouse, name: str, *, renew: bool) -> Proposed:
    """Show a feed's mapping as it stands, or as it would be proposed; with `renew`, file a new proposal.

    Raises:
        UsageInvalid: the name is no feed's.
        StepOutOfOrder: the feed was never described.
    """
    feed = Feed.parse(name)
    spec, governance = lakehouse.spec_in_force(feed), lakehouse.lake.governance
    if not renew:
        proposals = governance.proposals(feed, kind="mapping")
        stands = runnable(proposals, spec=spec, standard=lakehouse.standard) or waiting(
            proposals, spec=spec, standard=lakehouse.standard, facts=lakehouse.facts(feed)
        )
        if stands is not None:
            return Proposed(mapping_of(stands), stands.model, stands.status)
    ref = feed.branch if lakehouse.has_work(feed) else "main"
    with lakehouse.staging() as scratch, ExitStack() as trials:
        bronze = relation(lakehouse.lake.view(ref), bronze_name(lakehouse.standard, spec), scratch)
        learned = lakehouse.learned(feed)
        trial = trials.enter_context(lakehouse.dry_run(spec, bronze, scratch, standard=learned.standard))
        measured, facts = lakehouse.newest_profile(feed), lakehouse.facts(feed)
        if not renew:
            answer, _ = ask_mapping(
                measured,
                spec,
                standard=learned.standard,
                facts=facts,
                policy=lakehouse.policy.approval,
                brain=lakehouse.trial_brain(),
                dry_run=trial,
                run_id="map",
                known=Known.of(governance, feed),
            )
            return Proposed(answer.value, answer.model_version, "proposed", answer.settled)
        mapped = propose(
            measured,
            spec,
            learned=learned,
            facts=facts,
            policy=lakehouse.policy,
            brain=lakehouse.brain,
            governance=governance,
            dry_run=trial,
            run_id="map",
        )
    return Proposed(mapped.mapping, governance.proposal(mapped.proposal_id).model, mapped.status, mapped.settled)
