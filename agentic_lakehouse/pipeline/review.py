"""Deciding on a proposal: one logic for the command line, the Dagster job and the page.

A decision binds the sha256 of what the reviewer saw, is refused where what it follows from has changed since, and is
made once: the lake's own transaction sees to that. `by` is attribution. Where the lake has a review token, whoever
decides must hold it: that is authentication, and the same for everybody who does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal, Review
from agentic_lakehouse.contracts.precedent import Precedent, Stance
from agentic_lakehouse.errors import ReviewRefused
from agentic_lakehouse.pipeline.edit import checked, proposed_by_person
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.learning import corrected, taught
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.stale import changed_inputs

THE_EDIT = Path("the edit")
"""What errors call a text that is from no file."""
NOT_PERSONS = ("policy:", "run:", "model:", "tool:", "agent:")
"""Beginnings of names under which the lakehouse itself acts; nobody may decide under one of them."""


@dataclass(frozen=True)
class Reviewer:
    """Who decides."""

    name: str
    """Attribution: as they say it, and as it will stand in `governance.reviews`."""
    token: SecretStr | None = field(default=None, repr=False)
    """Authentication, where the lake has a review token."""


def token_is_set(house: Lakehouse) -> bool:
    """Whether deciding needs a token."""
    return house.lake.review_key.is_set


def require_token(house: Lakehouse, token: SecretStr | None) -> None:
    """Refuse whoever does not hold the lake's review token; where it has none, the one given becomes it.

    Raises:
        ReviewRefused: the token is missing or another one.
    """
    key = house.lake.review_key
    given = token.get_secret_value() if token else ""
    if not given and not key.is_set:
        return
    if given and (key.set_first(given) or key.accepts(given)):
        return
    raise ReviewRefused(
        f"Deciding needs the review token of this lake; {'another one' if given else 'none'} was given.",
        hint="Set LAKEHOUSE_REVIEW_TOKEN for the command that decides, or use the page: `lakehouse review --web`.",
    )


def decide(
    house: Lakehouse,
    proposal_id: str,
    decision: Literal["approved", "rejected"],
    *,
    by: Reviewer,
    note: str = "",
    sha256: str | None = None,
) -> Proposal:
    """Approve or reject what waits; a run of the feed then goes on by itself.

    Args:
        house: the lakehouse.
        proposal_id: what is decided on.
        decision: which way.
        by: who decides.
        note: why.
        sha256: of what the reviewer saw; what stands now where not given.

    Raises:
        UsageInvalid: there is no such proposal.
        ReviewRefused: the reviewer may not decide, the proposal was decided before, is not what they saw, or follows
            from what has changed since.
    """
    require_token(house, by.token)
    require_person(house, by.name)
    found = house.lake.governance.proposal(proposal_id)
    if decision == "approved" and found.status == "proposed":
        _require_current(house, found)
    review = Review(
        proposal_id=found.id,
        sha256=sha256 or found.sha256,
        decision=decision,
        by=by.name,
        note=note,
        created_at=datetime.now(UTC),
    )
    return house.lake.governance.decide(review, lessons(house, found, review))


def edit(
    house: Lakehouse,
    proposal_id: str,
    text: str,
    *,
    by: Reviewer,
    note: str = "",
    sha256: str | None = None,
    name: Path = THE_EDIT,
) -> Proposal:
    """Approve a person's own version in a proposal's place, once it is checked as a model's is.

    Args:
        house: the lakehouse.
        proposal_id: what was edited.
        text: the contract as it should be, as YAML or JSON.
        by: who decides.
        note: why.
        sha256: of what the reviewer saw; what stands now where not given.
        name: file that the text is from, as errors name it.

    Returns:
        The new proposal, approved.

    Raises:
        UsageInvalid: there is no such proposal, or it is of a kind that nobody writes.
        ContractInvalid: the text does not hold a contract of that feed, or what it says does not hold.
        ReviewRefused: the reviewer may not decide, the proposal has had its day, is not what they saw, or follows from
            what has changed since.
    """
    require_token(house, by.token)
    require_person(house, by.name)
    found = house.lake.governance.proposal(proposal_id)
    if sha256 is not None and sha256 != found.sha256:
        raise ReviewRefused(
            f"The edit is of {sha256[:12]}, but proposal {found.id} holds {found.sha256[:12]}.",
            hint=f"Read it again with `lakehouse review show {found.id}`, then edit.",
            proposal_id=found.id,
            sha256=found.sha256,
        )
    if found.status in {"superseded", "edited"}:
        raise ReviewRefused(
            f"Proposal {found.id} of {found.feed} is {found.status}: another one took its place.",
            hint="Edit the one that stands: see `lakehouse review list --all`.",
            proposal_id=found.id,
            status=found.status,
        )
    if found.status == "proposed":
        _require_current(house, found)
    contract, spec = checked(house, found, text, name=name)
    now = datetime.now(UTC)
    reason = f"{found.id}, edited by {by.name}"
    filed = proposed_by_person(house, spec, contract, parent=found.id, at=now, reason=reason)
    review = Review(
        proposal_id=filed.id, sha256=filed.sha256, decision="approved", by=by.name, note=note, created_at=now
    )
    return house.lake.governance.replace(found, filed, review, lessons(house, filed, review, instead_of=found))


def lessons(house: Lakehouse, decided: Proposal, review: Review, instead_of: Proposal | None = None) -> list[Precedent]:
    """Return what a decision on a mapping teaches; on anything else, nothing."""
    if decided.kind != "mapping" or review.sha256 != decided.sha256:
        return []
    stance: Stance = "rejected" if review.decision == "rejected" else "approved"
    feed = Feed.parse(decided.feed)
    facts, in_force = house.facts(feed), house.lake.governance.approved_or_active(feed, "mapping")
    # An edit of what is in force is a choice in all that it says.
    is_other = in_force is not None and in_force.id not in {decided.id, instead_of.id if instead_of else ""}
    standing = mapping_of(in_force) if in_force is not None and is_other else None
    said = taught(mapping_of(decided), stance, standard=house.standard, facts=facts, review=review, standing=standing)
    if instead_of is None:
        return said
    return corrected(mapping_of(instead_of), said, standard=house.standard, facts=facts, review=review)


def require_person(house: Lakehouse, name: str) -> None:
    """Refuse a name that no person bears: a model, a tool or a policy decides nothing here."""
    models = {model.casefold() for model in house.settings.ladder} | {"embedded"}
    plain = name.strip().casefold()
    if plain and not plain.startswith(NOT_PERSONS) and plain not in models:
        return
    raise ReviewRefused(
        f"{name!r} is no person: only people, and policies by themselves, decide on proposals.",
        hint="Say who you are: `--by NAME`.",
        by=name,
    )


def _require_current(house: Lakehouse, proposal: Proposal) -> None:
    """Refuse to let run what was made of something else than there is now."""
    if changed := changed_inputs(house, proposal):
        feed = Feed.parse(proposal.feed)
        raise ReviewRefused(
            f"Proposal {proposal.id} of {feed} is stale: {'; '.join(changed)}.",
            hint=f"Have it made anew: `lakehouse run --feed {feed}`, then review what waits.",
            proposal_id=proposal.id,
            changed=list(changed),
        )
