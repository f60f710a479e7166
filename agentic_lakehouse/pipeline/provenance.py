"""Where a spec or mapping came from: who approved it, when and why, and which model answered which prompt."""

from __future__ import annotations

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import ModelCall, Proposal, ProposalKind
from agentic_lakehouse.contracts.trace import TracedCall, TracedContract, TracedDecision
from agentic_lakehouse.lake.governance import Governance

PROMPTS = {"spec": "describe", "mapping": "map"}
"""What the prompts that ask for a contract of a kind begin with."""


def provenance(governance: Governance, feed: Feed, kind: ProposalKind, sha256: str) -> TracedContract | None:
    """Return what governance knows of the contract of that content; `None` where it was never filed."""
    filed = governance.proposals(feed, kind=kind)
    found = next((p for p in filed if p.sha256 == sha256), None)
    if found is None:
        return None
    decisions = tuple(
        TracedDecision(decision=r.decision, by=r.by, note=r.note, at=r.created_at) for r in governance.reviews(found.id)
    )
    calls = governance.calls(feed) if found.call_id else []
    call = next((c for c in calls if c.id == found.call_id), None)
    begins = PROMPTS.get(kind, "")
    same = [c.id for c in calls if call and c.run_id == call.run_id and c.prompt.startswith(begins)]
    return TracedContract(
        kind=kind,
        id=found.id,
        sha256=found.sha256,
        status=found.status,
        proposed_at=found.created_at,
        reason=found.reason,
        parent=found.parent,
        decisions=decisions,
        call=_told(call) if call else None,
        asked=_asked(found, call, [d.by for d in decisions if d.decision == "approved"]),
        others=tuple(other for other in same if other != found.call_id),
    )


def _asked(found: Proposal, call: ModelCall | None, approvers: list[str]) -> str:
    if found.kind == "impact":
        return "follows from what was delivered, and the rules"
    if call is not None:
        again = "; the journal answered, no model was asked again" if call.cached else ""
        return f"answer of {call.model_version or call.model}{again}"
    if found.call_id is not None:
        return f"answer of {found.model}, call {found.call_id} is not in the journal"
    if found.model:
        return f"settled by names and values without asking a model ({found.model})"
    person = next((by for by in reversed(approvers) if not by.startswith("policy:")), None)
    if person:
        return f"written by {person}; no model was asked"
    return "made from a known one without asking a model: the file's dialect, or the whole file, asked for it"


def _told(call: ModelCall) -> TracedCall:
    shared = TracedCall.model_fields.keys() & ModelCall.model_fields.keys()
    return TracedCall(at=call.created_at, **{name: getattr(call, name) for name in shared})
