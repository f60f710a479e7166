"""Whether a feed has anything to do, told without reading a byte of its files.

The command line, the sensor and the tests all ask here, so that they agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun, Proposal, ProposalStatus
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.contracts.rule_set import RuleSet
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.feeds.landing import LandingZone
from agentic_lakehouse.pipeline.books import Books
from agentic_lakehouse.pipeline.impact_review import at_issue
from agentic_lakehouse.pipeline.receive import fresh

Reason = Literal[
    "new files",
    "unfinished",
    "failed before",
    "approved",
    "spec edited",
    "proposal is stale",
    "rules changed",
    "mapping undone",
]


@dataclass(frozen=True)
class Work:
    """Something to do for a feed."""

    feed: Feed
    reason: Reason
    sha256: str
    """Identity of the work: the files as seen, what is asked for again, the feed's last commit, rules, and a person's
    own spec."""
    attempt: int
    """1, or one more than the failed run that looked at the same work."""


def fold_sha256(mapping_sha256: str, *, standard: ProductStandard, policy: Policy, facts: VendorFacts) -> str:
    """Return the identity of everything but bronze that a slice of core is a function of.

    Args:
        mapping_sha256: the mapping's.
        standard: as it is in force for the feed, under its rule sets.
        policy: the part of it that judges.
        facts: what we know of the vendor.
    """
    return sha256_of([mapping_sha256, standard.sha256, policy.judgement_sha256, facts.judgement_sha256])


def runnable_mapping(lake: Books, feed: Feed) -> Proposal | None:
    """Return the mapping that a run would use without asking: the newest approved one, else the active one."""
    return lake.governance.approved_or_active(feed, "mapping")


def fold_is_new(lake: Books, feed: Feed, fold: str) -> bool:
    """Whether the published slice was folded under other rules; not where a rollback turned away from these."""
    mark = lake.mark(feed)
    return mark is not None and bool(mark.fold_sha256) and fold not in {mark.fold_sha256, mark.left_sha256}


def was_folded(lake: Books, feed: Feed) -> bool:
    """Whether a slice of the feed is published that some mapping made."""
    mark = lake.mark(feed)
    return mark is not None and bool(mark.fold_sha256)


def work_for(
    feed: Feed,
    *,
    zone: LandingZone,
    lake: Books,
    standard: ProductStandard,
    rule_sets: Sequence[RuleSet],
    policy: Policy,
    facts: VendorFacts,
) -> Work | None:
    """Return what there is to do for `feed`, or `None` where it is at rest or waits for a person."""
    candidates = zone.candidates(feed)
    new = fresh(candidates, lake.ledger.latest_by_path(feed))
    pending = lake.ledger.pending(feed)
    last = lake.governance.last_run(feed)
    mapping = runnable_mapping(lake, feed)
    under = standard.under(rule_sets)
    fold = fold_sha256(mapping.sha256, standard=under, policy=policy, facts=facts) if mapping else ""
    impact = at_issue(lake, feed, fold)
    worded = _persons_spec(lake, feed)
    seen = [[c.path, c.byte_size, c.mtime_ns] for c in candidates]
    asked = [[d.delivery_id, d.redo, d.replay] for d in pending if d.is_asked_for]
    head = [c.id for c in lake.log(1, feed=feed)]
    sha256 = sha256_of([str(feed), seen, fold, asked, head, worded])
    looked_at = last is not None and last.work_sha256 == sha256
    reason = _reason(
        new=bool(new),
        pending=bool(pending),
        last=last,
        mapping=mapping,
        impact=impact,
        # A spec that does not fit what waits is tried once.
        respecified=not looked_at and bool(worded) and any(d.spec_sha256 not in {"", worded} for d in pending),
        stale=_waits_for_what_was(lake, feed, standard, facts, impact, is_pending=bool(pending)),
        rules_changed=bool(mapping) and fold_is_new(lake, feed, fold),
        looked_at=looked_at,
        undone=mapping is None and was_folded(lake, feed),
    )
    if reason is None:
        return None
    tried = last is not None and last.status == "failed" and looked_at
    return Work(feed, reason, sha256, (last.attempt + 1) if last is not None and tried else 1)


def _reason(
    *,
    new: bool,
    pending: bool,
    last: FeedRun | None,
    mapping: Proposal | None,
    impact: Proposal | None,
    respecified: bool,
    stale: bool,
    rules_changed: bool,
    looked_at: bool,
    undone: bool,
) -> Reason | None:
    """Return the first reason that holds; while a person is waited for, only what bears on that does."""
    awaiting = last is not None and last.status == "awaiting_review"
    waits, waits_for = impact is not None or pending, impact or mapping
    # What a run looked at and had to wait for, no other run gets past: not where another mapping is asked for than the
    # one that is approved, nor where the rules of today are not those of what is published.
    same = awaiting and looked_at
    found: dict[Reason, bool] = {
        "new files": new,
        "failed before": last is not None and last.status == "failed",
        "unfinished": pending and not awaiting,
        "approved": waits and waits_for is not None and waits_for.status == "approved" and not (same and not impact),
        "spec edited": respecified,
        "proposal is stale": stale and (waits or (awaiting and not rules_changed and not same)),
        "rules changed": not waits and rules_changed and not same,
        "mapping undone": not waits and undone and last is not None and not awaiting,
    }
    return next((reason for reason, holds in found.items() if holds), None)


def _persons_spec(lake: Books, feed: Feed) -> str:
    """Return the spec that a person put in place of the one in force, and that was not published under yet."""
    approved = lake.governance.proposals(feed, kind="spec", status="approved")
    return next((p.sha256 for p in approved if not lake.governance.approver(p.id).startswith("policy:")), "")


def _waits_for_what_was(
    lake: Books, feed: Feed, standard: ProductStandard, facts: VendorFacts, impact: Proposal | None, *, is_pending: bool
) -> bool:
    """Whether what waits for a person was made of another standard, other facts or rules than there are now."""
    today = (standard.sha256, facts.judgement_sha256)
    mappings = lake.governance.proposals(feed, kind="mapping", status="proposed")
    if mappings:
        return is_pending and any((p.standard_sha256, p.facts_sha256) != today for p in mappings)
    # Rejected rules that were put back leave a branch that nothing will be published of.
    states: tuple[ProposalStatus, ...] = ("proposed",) if is_pending else ("proposed", "rejected")
    return impact is None and any(lake.governance.proposals(feed, kind="impact", status=state) for state in states)
