"""Fourth step: say how a feed's columns become the standard's. The model is asked once a shape."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Map
from dataclasses import replace
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.contracts.inbox import InboxItem
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.policy import ApprovalPolicy, Policy
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.pipeline.approval import reasons_by_standing, reasons_to_review
from agentic_lakehouse.pipeline.corroboration import uncorroborated
from agentic_lakehouse.pipeline.dryrun import DryRun
from agentic_lakehouse.pipeline.learning import Learned
from agentic_lakehouse.pipeline.outcomes import Mapped
from agentic_lakehouse.pipeline.proposals import decide_by_policy, mapping_of, mapping_proposal, turned_away
from agentic_lakehouse.pipeline.words import Known, worded
from agentic_lakehouse.sql.compiler import columns_read

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Answer, Brain


def runnable(proposals: Sequence[Proposal], *, spec: FeedSpec, standard: ProductStandard) -> Proposal | None:
    """Return the newest approved mapping that still fits the feed, else the active one that does, else `None`.

    It fits where the standard is the same, every column it reads still stands in the spec, under its name, and no
    change of the feed waits for a person's word on it.
    """
    names = {c.source_name: c.name for c in spec.columns}
    for status in ("approved", "active"):
        for proposal in sorted(proposals, key=lambda p: p.created_at, reverse=True):
            if proposal.status != status or proposal.standard_sha256 != standard.sha256:
                continue
            if all(reads(line, names) for line in mapping_of(proposal).columns):
                return None if _is_held(proposal, proposals, spec) else proposal
    return None


def _is_held(mapping: Proposal, proposals: Sequence[Proposal], spec: FeedSpec) -> bool:
    """Whether the same mapping waits to be approved once more, for what changed in the feed."""
    return any(
        p.parent == mapping.id and p.shape_sha256 == spec.shape_sha256 and mapping_of(p).drift
        for p in proposals
        if p.status in {"proposed", "rejected"}
    )


def reads(line: ColumnMapping, names: Map[str, str]) -> bool:
    """Whether a line's sources are all there, and what it reads is what they are called in bronze."""
    called = [names.get(source) for source in line.sources]
    known = [name for name in called if name is not None]
    if len(known) < len(called):
        return False
    try:
        columns_read(line.expression, columns=[*known, *line.former])
    except GuardRefused:
        return False
    return True


def waiting(
    proposals: Sequence[Proposal], *, spec: FeedSpec, standard: ProductStandard, facts: VendorFacts
) -> Proposal | None:
    """Return the mapping made for this shape, standard and vendor that a person has not let pass, or `None`."""
    made_for = (spec.shape_sha256, standard.sha256, facts.judgement_sha256)
    undecided = [
        p
        for p in proposals
        if p.status in {"proposed", "rejected"} and (p.shape_sha256, p.standard_sha256, p.facts_sha256) == made_for
    ]
    return max(undecided, key=lambda p: p.created_at, default=None)


def propose(
    measured: FeedProfile,
    spec: FeedSpec,
    *,
    learned: Learned,
    facts: VendorFacts,
    policy: Policy,
    brain: Brain,
    governance: Governance,
    dry_run: DryRun,
    run_id: str,
) -> Mapped:
    """Ask the brain for a mapping and its words, try it, and let the policy decide whether a person must look.

    Args:
        measured: facts of a file of the feed.
        spec: what the feed is.
        learned: the standard, and what people decided before.
        facts: what we know of the vendor.
        policy: decides what may pass.
        brain: is asked.
        governance: takes the proposal.
        dry_run: tries mappings; knows the standard with what was learned.
        run_id: run that pays for the calls.

    Raises:
        AnswerRejected: no model of the ladder gave a mapping that holds.
        ModelUnavailable, BudgetExceeded: no model could be asked.
    """
    standard, known = learned.own, Known.of(governance, spec.feed)
    answer, doubts = ask_mapping(
        measured,
        spec,
        standard=learned.standard,
        facts=facts,
        policy=policy.approval,
        brain=brain,
        dry_run=dry_run,
        run_id=run_id,
        known=known,
        aside=() if policy.ask_settled_columns else learned.aside(c.source_name for c in spec.columns),
    )
    mapping = learned.told(answer.value)
    reasons = dry_run.refuted(mapping) or reasons_to_review(
        mapping,
        standard=standard,
        policy=policy.approval,
        rejected_share=dry_run.rejected_share(mapping),
    )
    reasons += learned.reasons(mapping)
    in_force = governance.active(spec.feed, "mapping")
    reasons += reasons_by_standing(
        mapping,
        active=mapping_of(in_force) if in_force else None,
        is_new_vendor=not governance.knows_vendor(spec.feed.vendor),
        standard=standard,
        policy=policy.approval,
    )
    if policy.approval.corroborated and not brain.is_free:
        reasons = [*reasons, *uncorroborated(mapping, measured, spec, learned.standard, facts=facts, dry_run=dry_run)]
    proposal = mapping_proposal(spec.feed, mapping, spec=spec, standard=standard, facts=facts, answer=answer)
    governance.tell(doubts)
    reasons = [*reasons, *turned_away(governance, proposal.id)]
    news = {"reason": "; ".join(reasons), "learned_from": learned.used_by(mapping)}
    filed = governance.propose(proposal.model_copy(update=news))
    decided = decide_by_policy(governance, filed, policy=policy, reasons=reasons)
    return mapped_from(decided, spec, answer)


def ask_mapping(
    measured: FeedProfile,
    spec: FeedSpec,
    *,
    standard: ProductStandard,
    facts: VendorFacts,
    policy: ApprovalPolicy,
    brain: Brain,
    dry_run: DryRun,
    run_id: str,
    known: Known | None = None,
    standing: Sequence[ColumnMapping] = (),
    wanted: Collection[str] = (),
    aside: Collection[str] = (),
) -> tuple[Answer[Mapping], tuple[InboxItem, ...]]:
    """Ask for a mapping and then for its words; those that nobody is sure of are told besides.

    Where lines stand, only the `wanted` targets are asked about, and the answer holds their lines alone. Headers that
    stand `aside` fill nothing.

    Raises:
        AnswerRejected: no model of the ladder gave a mapping that holds.
        ModelUnavailable, BudgetExceeded: no model could be asked.
    """
    answer = brain.map(
        measured,
        spec,
        standard,
        facts=facts,
        run_id=run_id,
        check=dry_run.refuted,
        bench=dry_run,
        standing=standing,
        wanted=wanted,
        aside=aside,
    )
    said = worded(answer.value, dry_run, spec, brain=brain, policy=policy, run_id=run_id, known=known)
    return replace(answer, value=said.mapping, calls=(*said.calls, *answer.calls)), said.doubts


def mapped_from(proposal: Proposal, spec: FeedSpec, answer: Answer[Mapping] | None = None) -> Mapped:
    """Tell a proposal as the step's outcome."""
    undecided = {"proposed": proposal.reason or "waits for a person", "rejected": "the mapping was rejected"}
    reason = undecided.get(proposal.status)
    return Mapped(
        mapping=mapping_of(proposal),
        spec=spec,
        proposal_id=proposal.id,
        status=proposal.status,
        reasons=(reason,) if reason else (),
        calls=answer.calls if answer else (),
        settled=answer.settled if answer else (),
    )
