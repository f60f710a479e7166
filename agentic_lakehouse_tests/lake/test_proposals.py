from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse_tests.lake.scene import Scene, proposal, review


@pytest.fixture
def governance(scene: Scene) -> Governance:
    return scene.lake.governance


def test_a_proposal_is_kept_as_it_is(governance: Governance, feed: Feed) -> None:
    proposed = proposal(feed, columns=[{"target": "preis", "confidence": 0.1}], note="größer als 1")

    assert governance.propose(proposed) == proposed
    assert governance.proposal(proposed.id) == proposed
    assert governance.proposals(feed, "mapping", "proposed") == [proposed]
    assert governance.proposals(Feed("acme", "stock")) == []


def test_an_approval_binds_what_the_reviewer_saw(governance: Governance, feed: Feed) -> None:
    proposed = governance.propose(proposal(feed))

    approved = governance.decide(review(proposed, note="looks right"))

    assert approved.status == "approved"
    assert governance.approved_or_active(feed, "mapping") == approved
    assert governance.active(feed, "mapping") is None
    assert governance.approver(proposed.id) == "Mia"
    assert [r.note for r in governance.reviews(proposed.id)] == ["looks right"]


def test_a_decision_on_another_sha256_is_refused(governance: Governance, feed: Feed) -> None:
    proposed = governance.propose(proposal(feed))

    with pytest.raises(UsageInvalid, match="The review is of 000000000000"):
        governance.decide(review(proposed, sha256="0" * 64))

    assert governance.proposal(proposed.id).status == "proposed"
    assert governance.reviews() == []


@pytest.mark.parametrize("second", ["approved", "rejected"])
def test_nothing_is_decided_twice(governance: Governance, feed: Feed, second: str) -> None:
    proposed = governance.propose(proposal(feed))
    governance.decide(review(proposed, "rejected"))

    with pytest.raises(UsageInvalid, match="it is rejected, decided by Mia"):
        governance.decide(review(proposed, second))

    assert len(governance.reviews()) == 1


def test_an_unknown_proposal_is_named(governance: Governance, feed: Feed) -> None:
    with pytest.raises(UsageInvalid, match="no proposal 'mapping-x'"):
        governance.proposal("mapping-x")
    with pytest.raises(UsageInvalid, match="no proposal"):
        governance.decide(review(proposal(feed)))


def test_the_same_content_again_changes_nothing_but_what_it_was_made_for(governance: Governance, feed: Feed) -> None:
    proposed = governance.propose(proposal(feed))
    approved = governance.decide(review(proposed))

    again = governance.propose(proposed.model_copy(update={"standard_sha256": "newer", "reason": "asked again"}))

    assert again == approved.model_copy(update={"standard_sha256": "newer"})
    assert governance.proposals() == [again]


def test_a_newer_proposal_supersedes_the_one_that_waits_and_no_other(
    governance: Governance, feed: Feed, other: Feed
) -> None:
    old = governance.propose(proposal(feed, columns="old"))
    theirs = governance.propose(proposal(other))
    spec = governance.propose(proposal(feed, "spec"))
    in_force = governance.decide(review(governance.propose(proposal(feed, columns="approved"))))

    new = governance.propose(proposal(feed, columns="new"))

    statuses = {p.id: p.status for p in governance.proposals()}
    assert statuses == {
        old.id: "superseded",
        theirs.id: "proposed",
        spec.id: "proposed",
        in_force.id: "approved",
        new.id: "proposed",
    }


def test_what_was_superseded_can_be_proposed_anew_and_needs_a_new_decision(governance: Governance, feed: Feed) -> None:
    first = governance.decide(review(governance.propose(proposal(feed, columns="first"))))
    governance.decide(review(governance.propose(proposal(feed, columns="second"))))
    assert governance.proposal(first.id).status == "superseded"

    assert governance.propose(proposal(feed, columns="first")).status == "proposed"
    governance.decide(review(first))

    assert governance.approved_or_active(feed, "mapping") == first


def test_what_was_rejected_stays_rejected(governance: Governance, feed: Feed) -> None:
    governance.decide(review(governance.propose(proposal(feed)), "rejected"))

    assert governance.propose(proposal(feed)).status == "rejected"
    assert governance.approved_or_active(feed, "mapping") is None


def test_a_proposal_that_does_not_hash_to_its_sha256_is_refused(governance: Governance, feed: Feed) -> None:
    with pytest.raises(UsageInvalid, match="does not hash"):
        governance.propose(proposal(feed).model_copy(update={"sha256": "0" * 64}))


def test_an_id_stands_for_one_content(governance: Governance, feed: Feed) -> None:
    first = governance.propose(proposal(feed, columns="first"))

    with pytest.raises(UsageInvalid, match="is taken"):
        governance.propose(proposal(feed, columns="second").model_copy(update={"id": first.id}))
