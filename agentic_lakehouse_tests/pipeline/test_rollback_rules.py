"""Which spec and mapping hold after a rollback: those of then, and what was turned away from waits for a person."""

from __future__ import annotations

import json

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.pipeline.proposals import decide_by_policy
from agentic_lakehouse.pipeline.review import Reviewer, decide, edit
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.pipeline.test_again import price_list

MIA = Reviewer("mia")


def mapping(sandbox: Sandbox, feed: Feed, status: str) -> Proposal | None:
    return next(iter(sandbox.lakehouse.lake.governance.proposals(feed, "mapping", status)), None)  # type: ignore[arg-type]


def prices(sandbox: Sandbox) -> dict[float, int]:
    rows = sandbox.query("SELECT price::DOUBLE AS p, count(*) AS n FROM product_core.product GROUP BY ALL")
    return {row["p"]: row["n"] for row in rows}


@pytest.fixture
def feed(sandbox: Sandbox) -> Feed:
    """A feed with one published delivery."""
    feed = sandbox.drop("acme/prices", price_list(0, 20), name="one.csv")
    assert sandbox.run(feed).status == "published"
    return feed


def doubled(sandbox: Sandbox, feed: Feed) -> Proposal:
    """Put a mapping in force that doubles prices."""
    before = mapping(sandbox, feed, "active")
    assert before is not None
    lines = [
        {**line, "expression": '"preis" * 2'} if line["target"] == "price" else line
        for line in before.content["columns"]
    ]
    text = json.dumps({**before.content, "columns": lines})
    edit(sandbox.lakehouse, before.id, text, by=MIA, note="net to gross")
    assert sandbox.run(feed).status == "published"
    assert prices(sandbox) == {3.0: 20}
    after = mapping(sandbox, feed, "active")
    assert after is not None
    return after


def test_the_next_delivery_is_mapped_as_then_and_what_was_left_waits(sandbox: Sandbox, feed: Feed) -> None:
    first = mapping(sandbox, feed, "active")
    second = doubled(sandbox, feed)
    house = sandbox.lakehouse
    start = house.lake.log(feed=feed)[-1].id

    house.rollback(start, feed, by="tom", note="they were gross")
    assert sandbox.run(feed).status == "unchanged"
    sandbox.drop("acme/prices", price_list(20, 30), name="two.csv")
    assert sandbox.run(feed).status == "published"

    assert first is not None
    assert prices(sandbox) == {1.5: 30}
    active, waits = mapping(sandbox, feed, "active"), mapping(sandbox, feed, "proposed")
    assert (active and active.id, waits and waits.id) == (first.id, second.id)
    assert waits is not None
    assert waits.reason == f"tom went back to {start[:12]}: they were gross; it was in force until then"
    last = house.lake.governance.reviews(second.id)[-1]
    assert (last.decision, last.by) == ("rejected", "tom")

    decide(sandbox.lakehouse, second.id, "approved", by=MIA, note="they are net after all")
    assert sandbox.run(feed).status == "published"
    assert prices(sandbox) == {3.0: 30}


def test_it_comes_into_force_again_where_the_rollback_is_taken_back(sandbox: Sandbox, feed: Feed) -> None:
    first = mapping(sandbox, feed, "active")
    second = doubled(sandbox, feed)
    house = sandbox.lakehouse
    newest, oldest = (house.lake.log(feed=feed)[place].id for place in (0, -1))

    house.rollback(oldest, feed, by="tom")
    house.rollback(newest, feed, by="tom")

    active = mapping(sandbox, feed, "active")
    assert (active and active.id, mapping(sandbox, feed, "proposed")) == (second.id, None)
    assert first is not None
    assert house.lake.governance.proposal(first.id).status == "superseded"
    assert (prices(sandbox), sandbox.run(feed).status) == ({3.0: 20}, "unchanged")


def test_a_shape_that_only_withdrawn_deliveries_had_waits_for_a_person(sandbox: Sandbox, feed: Feed) -> None:
    start = sandbox.lakehouse.lake.log(feed=feed)[0].id
    renamed = price_list(20, 40).replace("Preis", "VK-Preis")
    sandbox.drop("acme/prices", renamed, name="two.csv")
    run = sandbox.run(feed)
    if run.status == "awaiting_review":
        sandbox.approve(feed)
        run = sandbox.run(feed)
    assert run.status == "published"
    sandbox.lakehouse.rollback(start, feed, by="tom", note="wrong list")

    sandbox.drop("acme/prices", renamed.replace("1,50", "2,50"), name="three.csv")
    waits = sandbox.run(feed)

    assert waits.status == "awaiting_review"
    assert waits.reason.startswith(f"tom went back to {start[:12]}: wrong list")
    assert prices(sandbox) == {1.5: 20}
    sandbox.approve(feed)
    assert sandbox.run(feed).status == "published"
    assert prices(sandbox) == {1.5: 20, 2.5: 20}


def test_no_policy_overrules_who_went_back(sandbox: Sandbox, feed: Feed) -> None:
    start = sandbox.lakehouse.lake.log(feed=feed)[0].id
    sandbox.drop("acme/prices", price_list(20, 40).replace("Preis", "VK-Preis"), name="two.csv")
    if sandbox.run(feed).status == "awaiting_review":
        sandbox.approve(feed)
        sandbox.run(feed)
    sandbox.lakehouse.rollback(start, feed, by="tom")
    waits = mapping(sandbox, feed, "proposed")
    assert waits is not None

    house = sandbox.lakehouse
    again = decide_by_policy(house.lake.governance, waits, policy=house.policy)

    assert again.status == "proposed"


def test_folded_anew_the_slice_holds_nothing_that_was_taken_back(sandbox: Sandbox, feed: Feed) -> None:
    start = sandbox.lakehouse.lake.log(feed=feed)[0].id
    sandbox.drop("acme/prices", price_list(10, 30).replace("1,50", "2,50"), name="two.csv")
    sandbox.run(feed)
    sandbox.lakehouse.rollback(start, feed, by="tom")
    sandbox.drop("acme/prices", price_list(40, 45), name="three.csv")
    assert sandbox.run(feed).rows_in == 5
    assert prices(sandbox) == {1.5: 25}

    sandbox.facts("acme", "currency: CHF\n")

    assert sandbox.run(feed).status == "published"
    assert prices(sandbox) == {1.5: 25}
    assert sandbox.query("SELECT count(*) AS n FROM product_raw.acme__prices") == [{"n": 25}]
    assert [d.status for d in sandbox.lakehouse.lake.ledger.deliveries(feed)] == ["published", "withdrawn", "published"]


def test_a_proposal_that_waits_goes_on_waiting(sandbox: Sandbox, feed: Feed) -> None:
    start = sandbox.lakehouse.lake.log(feed=feed)[0].id
    sandbox.drop("acme/prices", price_list(20, 30), name="two.csv")
    sandbox.run(feed)
    cryptic = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))
    sandbox.drop("acme/prices", cryptic, name="three.csv")
    assert sandbox.run(feed).status == "awaiting_review"
    waits = sandbox.lakehouse.undecided(feed)

    sandbox.lakehouse.rollback(start, feed, by="tom")

    assert waits is not None
    assert sandbox.lakehouse.undecided(feed) == waits
    assert prices(sandbox) == {1.5: 20}
    assert sandbox.run(feed).status in {"awaiting_review", "unchanged"}
    assert [d.status for d in sandbox.lakehouse.lake.ledger.deliveries(feed)] == ["published", "withdrawn", "pending"]
