"""Deciding on what waits: once, on what is of today, by a person who may, and on exactly what they saw."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.contracts.policy import ApprovalPolicy
from agentic_lakehouse.errors import ContractInvalid, ReviewRefused
from agentic_lakehouse.pipeline.answering import answer
from agentic_lakehouse.pipeline.approval import reasons_by_standing
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.review import Reviewer, decide, edit, token_is_set
from agentic_lakehouse.testing import Sandbox

MIA, TOM = Reviewer("Mia"), Reviewer("Tom")
GOODS = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(1, 21))


@pytest.fixture
def feed(sandbox: Sandbox, tmp_path: Path) -> Feed:
    """A feed of a new vendor, whose mapping waits for a person."""
    policy = tmp_path / "careful.yaml"
    policy.write_text("name: careful\napproval:\n  new_vendor: review\n", encoding="utf-8")
    sandbox.settings = sandbox.settings.model_copy(update={"policy": policy})
    feed = sandbox.drop("acme/goods", GOODS)
    run = sandbox.run(feed)
    assert (run.status, run.reason) == ("awaiting_review", "the vendor is new: nothing of it was published yet")
    return feed


def waiting(sandbox: Sandbox, feed: Feed) -> Proposal:
    found = sandbox.lakehouse.undecided(feed)
    assert found is not None
    return found


def without_currency(proposal: Proposal) -> str:
    lines = [line for line in proposal.content["columns"] if line["target"] != "currency"]
    return json.dumps({**proposal.content, "columns": lines})


def test_an_approval_is_entered_with_the_sha256_of_what_runs(sandbox: Sandbox, feed: Feed) -> None:
    proposal = waiting(sandbox, feed)

    done = decide(sandbox.lakehouse, proposal.id, "approved", by=MIA, note="looked at it", sha256=proposal.sha256)
    run = sandbox.run(feed)

    [review] = sandbox.lakehouse.lake.governance.reviews(proposal.id)
    assert (done.status, run.status, run.core_rows) == ("approved", "published", 20)
    assert (review.by, review.note, review.sha256) == ("Mia", "looked at it", proposal.sha256)
    assert {r["m"] for r in sandbox.query("SELECT _mapping_sha256 AS m FROM product_core.product")} == {proposal.sha256}


def test_a_second_decision_is_refused_with_the_name_of_who_was_first(sandbox: Sandbox, feed: Feed) -> None:
    proposal = waiting(sandbox, feed)
    decide(sandbox.lakehouse, proposal.id, "approved", by=MIA)

    with pytest.raises(ReviewRefused, match="no longer waits: it is approved, decided by Mia"):
        decide(sandbox.lakehouse, proposal.id, "rejected", by=TOM)


def test_of_two_reviewers_at_once_one_decides(sandbox: Sandbox, feed: Feed) -> None:
    proposal = waiting(sandbox, feed)

    def decided(name: str) -> str:
        try:
            decide(sandbox.lakehouse, proposal.id, "approved" if name < "R" else "rejected", by=Reviewer(name))
        except ReviewRefused as error:
            return error.message
        return name

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(decided, ["Ann", "Ben", "Cyd", "Dan", "Uwe", "Vic", "Wim", "Zoe"]))

    [review] = sandbox.lakehouse.lake.governance.reviews(proposal.id)
    assert [x for x in found if x == review.by] == [review.by]
    assert sum(f"decided by {review.by}" in x for x in found) == 7


def test_a_forged_sha256_is_refused(sandbox: Sandbox, feed: Feed) -> None:
    proposal = waiting(sandbox, feed)

    with pytest.raises(ReviewRefused, match="The review is of 000000000000, but proposal"):
        decide(sandbox.lakehouse, proposal.id, "approved", by=MIA, sha256="0" * 64)
    with pytest.raises(ReviewRefused, match="The edit is of 000000000000, but proposal"):
        edit(sandbox.lakehouse, proposal.id, without_currency(proposal), by=MIA, sha256="0" * 64)

    assert waiting(sandbox, feed).status == "proposed"


@pytest.mark.parametrize("verb", ["approve", "edit"])
def test_what_was_made_of_other_facts_is_stale_and_made_anew(sandbox: Sandbox, feed: Feed, verb: str) -> None:
    before = waiting(sandbox, feed)
    sandbox.facts("acme", "currency: USD\n")
    house = sandbox.lakehouse
    deed = {
        "approve": lambda: decide(house, before.id, "approved", by=MIA),
        "edit": lambda: edit(house, before.id, without_currency(before), by=MIA),
    }[verb]

    with pytest.raises(ReviewRefused, match="is stale: what we know of the vendor has changed") as caught:
        deed()

    assert "lakehouse run --feed acme/goods" in str(caught.value.hint)
    assert house.work(feed).reason == "proposal is stale"
    assert sandbox.run(feed).status == "awaiting_review"
    decide(sandbox.lakehouse, waiting(sandbox, feed).id, "approved", by=MIA)
    assert sandbox.run(feed).status == "published"


def test_what_was_made_for_another_standard_is_stale(sandbox: Sandbox, feed: Feed, tmp_path: Path) -> None:
    before = waiting(sandbox, feed)
    text = sandbox.settings.standard.read_text(encoding="utf-8").replace("version: 3.2.1", "version: 3.3.0", 1)
    newer = tmp_path / "newer.odcs.yaml"
    newer.write_text(text, encoding="utf-8")
    sandbox.settings = sandbox.settings.model_copy(update={"standard": newer})

    with pytest.raises(ReviewRefused, match=r"the standard is another by now \(product_core.product@3.3.0\)"):
        decide(sandbox.lakehouse, before.id, "approved", by=MIA)


def test_a_stale_proposal_may_still_be_rejected(sandbox: Sandbox, feed: Feed) -> None:
    before = waiting(sandbox, feed)
    sandbox.facts("acme", "currency: USD\n")

    assert decide(sandbox.lakehouse, before.id, "rejected", by=MIA).status == "rejected"


def test_an_edit_takes_the_proposals_place_and_says_so(sandbox: Sandbox, feed: Feed) -> None:
    before = waiting(sandbox, feed)

    done = edit(sandbox.lakehouse, before.id, without_currency(before), by=MIA, note="no currency")

    governance = sandbox.lakehouse.lake.governance
    assert (done.status, done.parent, done.model) == ("approved", before.id, "")
    assert governance.proposal(before.id).status == "edited"
    assert [(r.decision, r.by) for r in governance.reviews(before.id)] == [("edited", "Mia")]
    with pytest.raises(ReviewRefused, match="is edited: another one took its place"):
        edit(sandbox.lakehouse, before.id, without_currency(before), by=TOM)
    with pytest.raises(ReviewRefused, match="no longer waits: it is edited, decided by Mia"):
        decide(sandbox.lakehouse, before.id, "approved", by=TOM)
    assert sandbox.run(feed).status == "published"


def test_an_edit_is_validated_and_changes_nothing_where_it_does_not_hold(sandbox: Sandbox, feed: Feed) -> None:
    before = waiting(sandbox, feed)
    lines = [dict(line) for line in before.content["columns"]]
    lines[0]["expression"] = "read_text('/etc/passwd')"

    with pytest.raises(ContractInvalid, match="the edit: the mapping does not hold"):
        edit(sandbox.lakehouse, before.id, json.dumps({**before.content, "columns": lines}), by=MIA)

    assert waiting(sandbox, feed).id == before.id


def test_two_edits_of_the_same_mapping_do_not_bury_each_other(sandbox: Sandbox, feed: Feed) -> None:
    before = waiting(sandbox, feed)
    decide(sandbox.lakehouse, before.id, "approved", by=MIA)
    sandbox.run(feed)
    edited = edit(sandbox.lakehouse, before.id, without_currency(before), by=MIA)

    lines = [{**line, "rationale": "as agreed"} for line in before.content["columns"]]
    with pytest.raises(ReviewRefused, match=f"is not the newest: {edited.id} is to take its place"):
        edit(sandbox.lakehouse, before.id, json.dumps({**before.content, "columns": lines}), by=TOM)


@pytest.mark.parametrize("name", ["policy:standard", "embedded", "Model: gpt", "run:1", " "])
def test_only_people_decide(sandbox: Sandbox, feed: Feed, name: str) -> None:
    with pytest.raises(ReviewRefused, match="is no person"):
        decide(sandbox.lakehouse, waiting(sandbox, feed).id, "approved", by=Reviewer(name.replace("Model: ", "model:")))


def test_where_a_token_is_set_deciding_needs_it(sandbox: Sandbox, feed: Feed) -> None:
    proposal, secret = waiting(sandbox, feed), SecretStr("open sesame")
    sandbox.lakehouse.lake.review_key.set_first("open sesame")

    for given, told in ((None, "none was given"), (SecretStr("guess"), "another one was given")):
        with pytest.raises(ReviewRefused, match=told):
            decide(sandbox.lakehouse, proposal.id, "approved", by=Reviewer("Mia", given))
        with pytest.raises(ReviewRefused, match=told):
            edit(sandbox.lakehouse, proposal.id, without_currency(proposal), by=Reviewer("Mia", given))
        with pytest.raises(ReviewRefused, match=told):
            answer(sandbox.lakehouse, "in-0", "used", by="Mia", token=given)

    assert decide(sandbox.lakehouse, proposal.id, "approved", by=Reviewer("Mia", secret)).status == "approved"


def test_the_first_token_that_somebody_decides_with_becomes_the_lakes(sandbox: Sandbox, feed: Feed) -> None:
    proposal = waiting(sandbox, feed)
    assert not token_is_set(sandbox.lakehouse)

    decide(sandbox.lakehouse, proposal.id, "rejected", by=Reviewer("Mia", SecretStr("open sesame")))

    assert token_is_set(sandbox.lakehouse)
    assert b"sesame" not in (sandbox.settings.home_path / "catalog.db").read_bytes()


def test_a_required_column_that_would_be_filled_otherwise_is_for_a_person(sandbox: Sandbox, feed: Feed) -> None:
    standard, before = sandbox.lakehouse.standard, mapping_of(waiting(sandbox, feed))
    other = tuple(
        line.model_copy(update={"expression": 'upper("title")'}) if line.target == "title" else line
        for line in before.columns
    )
    mapping = before.model_copy(update={"columns": other})
    known = {"active": before, "is_new_vendor": False, "standard": standard}

    [reason] = reasons_by_standing(mapping, policy=ApprovalPolicy(), **known)

    assert reason.startswith("required 'title' would be filled by upper(\"title\"), and not by ")
    assert reasons_by_standing(before, policy=ApprovalPolicy(), **known) == []
    assert reasons_by_standing(mapping, policy=ApprovalPolicy(changed_required="pass"), **known) == []


def respecify(sandbox: Sandbox, feed: Feed, **news: Any) -> tuple[Proposal, Proposal]:
    """Edit the spec of what waits, and run the feed, once; return the spec before and since."""
    house = sandbox.lakehouse
    [before] = house.lake.governance.proposals(feed, kind="spec")
    since = edit(house, before.id, json.dumps({**before.content, **news}), by=MIA)
    work = sandbox.lakehouse.work(feed)
    assert work is not None
    assert work.reason == "spec edited"
    assert (sandbox.run(feed).status, sandbox.lakehouse.work(feed)) == ("awaiting_review", None)
    return before, since


def read_under(sandbox: Sandbox, feed: Feed) -> set[str]:
    return {d.spec_sha256 for d in sandbox.lakehouse.lake.ledger.pending(feed)}


def test_what_waits_is_read_again_once_its_spec_was_edited(sandbox: Sandbox, feed: Feed) -> None:
    before = waiting(sandbox, feed)
    [spec] = sandbox.lakehouse.lake.governance.proposals(feed, kind="spec")
    columns = [{**c, "type": "string"} if c["source_name"] == "price" else c for c in spec.content["columns"]]

    _, edited = respecify(sandbox, feed, columns=columns)

    assert read_under(sandbox, feed) == {edited.sha256}
    assert waiting(sandbox, feed).sha256 != before.sha256  # it is mapped as it is read now


def test_a_spec_that_does_not_fit_what_waits_is_tried_once(sandbox: Sandbox, feed: Feed) -> None:
    [spec] = sandbox.lakehouse.lake.governance.proposals(feed, kind="spec")

    before, _ = respecify(sandbox, feed, format={**spec.content["format"], "delimiter": ";"})

    assert read_under(sandbox, feed) == {before.sha256}
