"""A removal that is larger than the policy lets pass waits for a person, who approves exactly its keys.

The audit holds it up: its check fails until a review of this very removal approves it. Another delivery,
other keys or other rules are another removal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import CheckResult, Proposal
from agentic_lakehouse.contracts.removal import Removal
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.pipeline.audit import REMOVED_SHARE, Scope, plain
from agentic_lakehouse.pipeline.books import Books
from agentic_lakehouse.pipeline.removal import key_of
from agentic_lakehouse.sql.types import quote

MAX_SHOWN = 20
"""Removed keys that a person is shown."""


def removal_from(keys: Relation, scope: Scope, published: Relation, *, waiting: Sequence[str], since: str) -> Removal:
    """Tell of removed keys what a person needs to decide on them.

    Args:
        keys: removed keys.
        scope: whose they are.
        published: the slice that they are taken away from.
        waiting: deliveries that wait to be published.
        since: the feed's last commit.
    """
    standard, known = scope.standard, {"removed_keys": keys, "published": published}
    written = ", ".join(f"{quote(name)}::VARCHAR" for name in standard.key)
    counts = f"""
    SELECT (SELECT count(*) FROM published) AS published, count(*) AS removed,
        sha256(coalesce(string_agg(line, chr(10) ORDER BY line), '')) AS keys_sha256
    FROM (SELECT to_json([{written}])::VARCHAR AS line FROM removed_keys)"""
    shown = ", ".join(quote(name) for name in dict.fromkeys([*standard.key, *(c.name for c in standard.offered)]))
    key = key_of(standard)
    sample = f"SELECT {shown} FROM published SEMI JOIN removed_keys USING ({key}) ORDER BY {key}"
    return Removal(
        feed=str(scope.feed),
        deliveries=tuple(waiting),
        since=since,
        sample=tuple(plain(row) for row in scope.engine.query(sample, known, limit=MAX_SHOWN).to_pylist()),
        **scope.engine.query(counts, known).to_pylist()[0],
    )


def situation(deliveries: Sequence[str], fold_sha256: str) -> str:
    """Return the identity of what a removal follows from: waiting deliveries, and the rules of the fold."""
    return sha256_of([list(deliveries), fold_sha256])


def reviewed(
    results: Sequence[CheckResult], removal: Removal | None, *, fold_sha256: str, governance: Governance
) -> tuple[list[CheckResult], Proposal | None]:
    """File a removal that needs a person's review, where nothing but that stands in the way of publishing.

    Returns:
        The results, in which an approved removal only warns; and the proposal that waits, or `None`.
    """
    failed = {r.name for r in results if not r.passed and r.severity == "ERROR"}
    if removal is None or failed != {REMOVED_SHARE}:
        return list(results), None
    proposal = governance.propose(_proposal(removal, fold_sha256))
    if proposal.status != "approved":
        return list(results), proposal
    told = f"Approved by {governance.approver(proposal.id)}."
    return [_warning(r, told) if r.name == REMOVED_SHARE else r for r in results], None


def _proposal(removal: Removal, fold_sha256: str) -> Proposal:
    count = len(removal.deliveries)
    source = f"{count} full deliver{'y' if count == 1 else 'ies'}" if count else "the rules in force"
    return Proposal(
        id=f"removal-{sha256_of([removal.feed, removal.sha256])[:12]}",
        feed=removal.feed,
        kind="removal",
        status="proposed",
        sha256=removal.sha256,
        content=removal.model_dump(mode="json"),
        shape_sha256=situation(removal.deliveries, fold_sha256),
        reason=f"{source} would remove {removal.removed} of {removal.published} published keys ({removal.share:.0%})",
        created_at=datetime.now(UTC),
    )


def _warning(result: CheckResult, told: str) -> CheckResult:
    return result.model_copy(update={"severity": "WARN", "description": f"{result.description} {told}".strip()})


def removal_of(proposal: Proposal) -> Removal:
    """Read a removal proposal's content."""
    return Removal.model_validate(proposal.content)


def at_issue(lake: Books, feed: Feed, fold_sha256: str) -> Proposal | None:
    """Return the removal that the feed's last run came to wait for, decided or not, under the rules in force.

    A rejected one tells by its reason who rejected it.
    """
    last = lake.governance.last_run(feed)
    if last is None or last.status != "awaiting_review":
        return None
    now = situation([d.delivery_id for d in lake.ledger.pending(feed)], fold_sha256)
    found = [p for p in lake.governance.proposals(feed, kind="removal") if p.shape_sha256 == now]
    newest = max(found, key=lambda p: p.created_at, default=None)
    if newest is None or newest.status != "rejected":
        return newest
    by = lake.governance.approver(newest.id)
    return newest.model_copy(update={"reason": f"{newest.reason}; rejected by {by}"})
