"""Publishing that does more to core than the policy lets pass waits for a person, who approves exactly that.

The audit holds it up: its checks fail until a review of this very impact approves it. Another delivery, other keys or
other rules are another impact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import CheckResult, Proposal
from agentic_lakehouse.contracts.impact import ColumnImpact, Impact
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.pipeline.audit import CHANGED_SHARE, MEDIAN_SHIFT, NULLS_GAINED, REMOVED_SHARE, result
from agentic_lakehouse.pipeline.books import Books

IMPACT_CHECKS = frozenset({REMOVED_SHARE, MEDIAN_SHIFT, NULLS_GAINED, CHANGED_SHARE})
MAX_SAMPLES = 5


def impact_checks(impact: Impact, policy: Policy, table: str, *, seen: Collection[str] = ()) -> list[CheckResult]:
    """Hold an impact against the policy's bounds.

    Args:
        impact: what publishing would do.
        policy: the bounds.
        table: full name of the core table.
        seen: columns whose change in the delivery a person approved already: they are not asked twice.
    """
    bounds, judged = policy.impact, impact.kept >= policy.impact.min_keys
    gone = impact.removed if impact.removed_share > policy.max_removed_share else 0
    looked_at = [c for c in impact.columns if judged and c.column not in seen]
    shifted = list(_shifted(looked_at, policy))
    emptied = [c for c in looked_at if c.nulls_gained > bounds.max_nulls_gained * impact.kept]
    changed = impact.changed if judged and impact.changed_share > bounds.max_changed_share else 0
    passes = f"the policy lets {bounds.min_median_ratio:g} to {bounds.max_median_ratio:g} pass"
    removals = f"the policy lets {policy.max_removed_share:.0%} pass"
    nulls = f"the policy lets {bounds.max_nulls_gained:.0%} pass"
    found = {
        REMOVED_SHARE: (gone, f"{impact.removed} of {impact.published} keys are taken away; {removals}."),
        MEDIAN_SHIFT: (len(shifted), f"{'; '.join(shifted)}; {passes}." if shifted else ""),
        NULLS_GAINED: (len(emptied), f"{_told(impact, emptied)}; {nulls}." if emptied else ""),
        CHANGED_SHARE: (changed, _changed(impact)),
    }
    samples = {REMOVED_SHARE: impact.sample, MEDIAN_SHIFT: impact.changes, CHANGED_SHARE: impact.changes}
    return [
        result(name, table, count, note=note).model_copy(update={"samples": samples.get(name, ())[:MAX_SAMPLES]})
        for name, (count, note) in found.items()
    ]


def _changed(impact: Impact) -> str:
    if impact.is_damaged:
        return "What is published cannot be read and is made anew: there is nothing to compare with."
    return f"{impact.changed} of {impact.kept} keys change ({impact.changed_share:.0%}), {impact.new} are new."


def _shifted(columns: Sequence[ColumnImpact], policy: Policy) -> Iterator[str]:
    for column in columns:
        ratio = column.median_ratio
        if ratio is not None and not policy.impact.min_median_ratio <= ratio <= policy.impact.max_median_ratio:
            yield f"the median {column.column} becomes {ratio:g} times what it was"


def _told(impact: Impact, columns: Sequence[ColumnImpact]) -> str:
    return "; ".join(f"{c.nulls_gained} of {impact.kept} keys lose their {c.column}" for c in columns)


def situation(deliveries: Sequence[str], fold_sha256: str) -> str:
    """Return the identity of what an impact follows from: waiting deliveries, and the rules of the fold."""
    return sha256_of([list(deliveries), fold_sha256])


def reviewed(
    results: Sequence[CheckResult], impact: Impact, *, policy: Policy, fold_sha256: str, governance: Governance
) -> tuple[list[CheckResult], Proposal | None]:
    """File an impact that needs a person's review, where nothing but that stands in the way of publishing.

    Returns:
        The results, in which an approved impact only warns; and the proposal that waits, or `None`.
    """
    failed = {r.name: r for r in results if not r.passed and r.severity == "ERROR"}
    if not failed or not failed.keys() <= IMPACT_CHECKS:
        return list(results), None
    proposal = governance.propose(_proposal(impact, list(failed), fold_sha256, policy))
    if proposal.status != "approved":
        return list(results), proposal
    told = f"Approved by {governance.approver(proposal.id)}."
    return [_warning(r, told) if r.name in failed else r for r in results], None


def _proposal(impact: Impact, failed: Sequence[str], fold_sha256: str, policy: Policy) -> Proposal:
    count = len(impact.deliveries)
    source = f"{count} deliver{'y' if count == 1 else 'ies'}" if count else "the rules in force"
    why = {
        REMOVED_SHARE: f"{source} would remove {impact.removed} of {impact.published} published keys "
        f"({impact.removed_share:.0%})",
        CHANGED_SHARE: f"{source} would change {impact.changed} of {impact.kept} published keys "
        f"({impact.changed_share:.0%})",
    }
    notes = {r.name: r.description.partition("; the policy")[0] for r in impact_checks(impact, policy, "")}
    return Proposal(
        id=f"impact-{sha256_of([impact.feed, impact.sha256])[:12]}",
        feed=impact.feed,
        kind="impact",
        status="proposed",
        sha256=impact.sha256,
        content=impact.model_dump(mode="json"),
        shape_sha256=situation(impact.deliveries, fold_sha256),
        reason="; ".join(why.get(name) or f"{source}: {notes[name]}" for name in failed),
        created_at=datetime.now(UTC),
    )


def _warning(result: CheckResult, told: str) -> CheckResult:
    return result.model_copy(update={"severity": "WARN", "description": f"{result.description} {told}".strip()})


def impact_of(proposal: Proposal) -> Impact:
    """Read an impact proposal's content."""
    return Impact.model_validate(proposal.content)


def at_issue(lake: Books, feed: Feed, fold_sha256: str) -> Proposal | None:
    """Return the impact that the feed's last run came to wait for, decided or not, under the rules in force.

    A rejected one tells by its reason who rejected it.
    """
    last = lake.governance.last_run(feed)
    if last is None or last.status != "awaiting_review":
        return None
    now = situation([d.delivery_id for d in lake.ledger.pending(feed)], fold_sha256)
    filed = [p for p in lake.governance.proposals(feed, kind="impact") if p.status != "superseded"]
    found = [p for p in filed if p.shape_sha256 == now]
    newest = max(found, key=lambda p: p.created_at, default=None)
    if newest is None or newest.status != "rejected":
        return newest
    by = lake.governance.approver(newest.id)
    return newest.model_copy(update={"reason": f"{newest.reason}; rejected by {by}"})
