"""A full delivery takes away what it does not hold, where nobody has to guess, and much of it only once reviewed."""

from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import CheckResult, Review
from agentic_lakehouse.errors import PublishRefused
from agentic_lakehouse.pipeline.impact_review import impact_of
from agentic_lakehouse.pipeline.states import states
from agentic_lakehouse.testing import Sandbox

HEADER = "Artikelnummer;Bezeichnung;Preis\n"
IDS = "SELECT source_product_id AS id FROM product_core.product"


def catalogue(numbers: range, *others: str) -> str:
    """A price list of articles with these numbers, and further lines."""
    return HEADER + "".join(f"R{n:03d};Ordner {n};{n + 1},50\n" for n in numbers) + "".join(f"{x}\n" for x in others)


@pytest.fixture
def feed(sandbox: Sandbox) -> Feed:
    """Hundred published articles of a vendor whose files hold everything."""
    sandbox.facts("acme", "delivery: full\ncurrency: EUR\n")
    feed = sandbox.drop("acme/prices", catalogue(range(100)), name="1.csv")
    assert sandbox.run(feed).status == "published"
    return feed


def ids(sandbox: Sandbox) -> set[str]:
    return {row["id"] for row in sandbox.query(IDS)}


def check(sandbox: Sandbox, feed: Feed) -> CheckResult:
    """The newest result of the check that guards removals."""
    audit = sandbox.lakehouse.lake.governance.audits(feed)[-1]
    return next(r for r in audit.results if r.name == "removed_share")


def decide(sandbox: Sandbox, feed: Feed, decision: str) -> None:
    proposal = sandbox.lakehouse.undecided(feed)
    review = Review(
        proposal_id=proposal.id, sha256=proposal.sha256, decision=decision, by="ada", created_at=proposal.created_at
    )
    sandbox.lakehouse.lake.governance.decide(review)


def test_keys_that_a_full_delivery_lacks_are_removed(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/prices", catalogue(range(5, 110)), name="2.csv")

    run = sandbox.run(feed)

    assert (run.status, run.core_rows) == ("published", 105)
    assert ids(sandbox) == {f"R{n:03d}" for n in range(5, 110)}
    assert (check(sandbox, feed).severity, check(sandbox, feed).passed) == ("ERROR", True)
    assert "5 of 100 keys" in check(sandbox, feed).description


def test_two_full_deliveries_at_once_are_one_after_the_other(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "delivery: full\ncurrency: EUR\n")
    sandbox.drop("acme/prices", catalogue(range(100)), name="1.csv")
    feed = sandbox.drop("acme/prices", catalogue(range(60, 120)), name="2.csv")

    run = sandbox.run(feed)

    assert (run.status, run.core_rows, run.mapping_error_rows) == ("published", 160, 0)
    assert ids(sandbox) == {f"R{n:03d}" for n in range(60, 120)}


def test_keys_seen_in_error_rows_stay(sandbox: Sandbox, feed: Feed) -> None:
    unfit, refused = "R000;Ordner 0;auf Anfrage", "R001;Ordner 1;-3,00"
    sandbox.drop("acme/prices", catalogue(range(4, 100), unfit, refused), name="2.csv")

    run = sandbox.run(feed)

    assert (run.status, run.error_rows, run.mapping_error_rows) == ("published", 1, 1)
    assert ids(sandbox) == {f"R{n:03d}" for n in range(100)} - {"R002", "R003"}


@pytest.mark.parametrize("line", ["R000;Ordner 0", ";Ordner 0;1,50"])
def test_nothing_is_removed_where_a_key_cannot_be_read(sandbox: Sandbox, feed: Feed, line: str) -> None:
    sandbox.drop("acme/prices", catalogue(range(4, 100), line), name="2.csv")

    assert sandbox.run(feed).status == "published"
    assert ids(sandbox) == {f"R{n:03d}" for n in range(100)}


def test_deliveries_of_changes_remove_nothing(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "delivery: delta\ncurrency: EUR\n")
    feed = sandbox.drop("acme/prices", catalogue(range(100)), name="1.csv")
    sandbox.run(feed)
    sandbox.drop("acme/prices", catalogue(range(10)), name="2.csv")

    assert sandbox.run(feed).status == "published"
    assert len(ids(sandbox)) == 100


def test_facts_that_now_say_full_decide_on_history_too(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "currency: EUR\n")
    feed = sandbox.drop("acme/prices", catalogue(range(100)), name="1.csv")
    sandbox.run(feed)
    sandbox.drop("acme/prices", catalogue(range(5, 100)), name="2.csv")
    sandbox.run(feed)

    sandbox.facts("acme", "delivery: full\ncurrency: EUR\n")
    run = sandbox.run(feed)

    assert (run.status, run.files) == ("published", 0)
    assert ids(sandbox) == {f"R{n:03d}" for n in range(5, 100)}


def test_a_large_removal_waits_for_a_person_and_publishes_what_was_approved(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/prices", catalogue(range(50)), name="2.csv")

    run = sandbox.run(feed)

    assert (run.status, run.errors) == ("awaiting_review", ())
    assert "1 delivery would remove 50 of 100 published keys (50%)" in run.reason
    assert (check(sandbox, feed).severity, check(sandbox, feed).count) == ("ERROR", 50)
    assert sandbox.run(feed).status == "awaiting_review"
    assert len(ids(sandbox)) == 100
    asked = impact_of(sandbox.lakehouse.undecided(feed))
    assert (asked.published, asked.removed, len(asked.sample)) == (100, 50, 20)
    assert {"source_product_id", "title"} <= set(asked.sample[0])

    decide(sandbox, feed, "approved")
    assert sandbox.lakehouse.work(feed).reason == "approved"
    approved = sandbox.run(feed)

    assert (approved.status, approved.model_calls) == ("published", 0)
    assert ids(sandbox) == {f"R{n:03d}" for n in range(50)}
    assert (check(sandbox, feed).severity, check(sandbox, feed).passed) == ("WARN", False)
    assert "Approved by ada." in check(sandbox, feed).description
    assert sandbox.run(feed).status == "unchanged"


def test_a_delivery_without_a_row_would_remove_everything_and_waits(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/prices", HEADER, name="2.csv")

    run = sandbox.run(feed)

    assert run.status == "awaiting_review"
    assert "would remove 100 of 100 published keys" in run.reason


def test_an_unapproved_removal_cannot_be_published_by_hand(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/prices", catalogue(range(50)), name="2.csv")
    sandbox.run(feed)

    with pytest.raises(PublishRefused, match="removed_share"):
        sandbox.lakehouse.publish(feed, "by hand")


def test_a_rejected_removal_keeps_the_feed_waiting_until_another_delivery_comes(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/prices", catalogue(range(50)), name="2.csv")
    sandbox.run(feed)
    decide(sandbox, feed, "rejected")

    waits = sandbox.run(feed)

    assert (sandbox.lakehouse.work(feed), waits.status) == (None, "awaiting_review")
    assert waits.reason == "its impact was rejected by ada; the feed waits for another delivery"
    [state] = states(sandbox.lakehouse)
    assert (state.state, state.reason) == ("waiting", waits.reason)
    sandbox.drop("acme/prices", catalogue(range(100)), name="3.csv")
    assert sandbox.run(feed).status == "published"
    assert len(ids(sandbox)) == 100


def test_an_approval_binds_the_keys_that_were_seen(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/prices", catalogue(range(50)), name="2.csv")
    sandbox.run(feed)
    decide(sandbox, feed, "approved")
    sandbox.drop("acme/prices", catalogue(range(40)), name="3.csv")

    run = sandbox.run(feed)

    assert run.status == "awaiting_review"
    assert "2 deliveries would remove 60 of 100" in run.reason


def test_a_removal_after_changed_rules_waits_too(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "currency: EUR\n")
    feed = sandbox.drop("acme/prices", catalogue(range(100)), name="1.csv")
    sandbox.run(feed)
    sandbox.drop("acme/prices", catalogue(range(50)), name="2.csv")
    sandbox.run(feed)

    sandbox.facts("acme", "delivery: full\ncurrency: EUR\n")

    assert sandbox.run(feed).reason == "the rules in force would remove 50 of 100 published keys (50%)"
    assert sandbox.run(feed).status == "awaiting_review"
    decide(sandbox, feed, "approved")
    assert sandbox.run(feed).status == "published"
    assert len(ids(sandbox)) == 50
