"""Publishing shows what it would do to core, and waits where that is more than the policy lets pass."""

from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import CheckResult
from agentic_lakehouse.contracts.impact import Impact
from agentic_lakehouse.errors import ReviewRefused
from agentic_lakehouse.pipeline.impact_preview import impact_of
from agentic_lakehouse.pipeline.review import Reviewer, decide
from agentic_lakehouse.testing import Sandbox

MIA = Reviewer("Mia")


def prices(factor: float = 1.0, *, keys: range = range(1, 41), colour: str = "red") -> str:
    lines = (f"S{n},Stapler {n},{n * factor:.2f},EUR,{colour}\n" for n in keys)
    return "sku,title,price,currency,color\n" + "".join(lines)


@pytest.fixture
def feed(sandbox: Sandbox) -> Feed:
    feed = sandbox.drop("acme/goods", prices(), name="1.csv")
    assert sandbox.run(feed).status == "published"
    return feed


def checked(sandbox: Sandbox, feed: Feed, name: str) -> CheckResult:
    audit = sandbox.lakehouse.lake.governance.audits(feed)[-1]
    return next(r for r in audit.results if r.name == name)


def told(sandbox: Sandbox, feed: Feed) -> Impact:
    waits = sandbox.lakehouse.undecided(feed)
    assert waits is not None
    found = impact_of(sandbox.lakehouse, waits)
    assert found is not None
    return found


def test_a_usual_delivery_passes_and_its_impact_is_told(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/goods", prices(1.1, keys=range(31, 51)), name="2.csv")

    assert sandbox.run(feed).status == "published"
    assert checked(sandbox, feed, "changed_share").description.endswith("10 of 40 keys change (25%), 10 are new.")


def test_prices_in_cents_wait_for_a_person_and_are_published_once_approved(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/goods", prices(100), name="2.csv")

    run = sandbox.run(feed)

    assert (run.status, run.errors) == ("awaiting_review", ())
    assert run.reason == "1 delivery: the median price becomes 99.983 times what it was"
    shift = checked(sandbox, feed, "median_shift")
    assert (shift.passed, shift.severity, shift.count) == (False, "ERROR", 1)
    [price] = [c for c in told(sandbox, feed).columns if c.column == "price"]
    assert (price.changed, price.nulls_gained) == (40, 0)
    assert price.median_ratio == pytest.approx(100, rel=0.001)
    waits = sandbox.lakehouse.undecided(feed)
    decide(sandbox.lakehouse, waits.id, "approved", by=MIA)

    assert sandbox.run(feed).status == "published"
    assert checked(sandbox, feed, "median_shift").severity == "WARN"
    assert sandbox.run(feed).status == "unchanged"


def test_a_column_that_comes_empty_waits(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/goods", prices(colour=""), name="2.csv")

    run = sandbox.run(feed)

    assert run.status == "awaiting_review"
    assert "40 of 40 keys lose their color" in run.reason


def test_of_few_rows_half_may_change(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/goods", prices(keys=range(1, 6)), name="1.csv")
    sandbox.run(feed)
    sandbox.drop("acme/goods", prices(100, keys=range(1, 6)), name="2.csv")

    assert sandbox.run(feed).status == "published"


def test_a_rejected_impact_waits_for_another_delivery(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/goods", prices(100), name="2.csv")
    sandbox.run(feed)
    decide(sandbox.lakehouse, sandbox.lakehouse.undecided(feed).id, "rejected", by=MIA)

    assert sandbox.run(feed).status == "awaiting_review"
    sandbox.drop("acme/goods", prices(1.01), name="3.csv")
    assert sandbox.run(feed).status == "published"


def test_an_impact_that_was_measured_of_something_else_is_stale(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.drop("acme/goods", prices(100), name="2.csv")
    sandbox.run(feed)
    waits = sandbox.lakehouse.undecided(feed)
    sandbox.facts("acme", "country: DE\n")

    with pytest.raises(ReviewRefused, match="have changed since it was measured"):
        decide(sandbox.lakehouse, waits.id, "approved", by=MIA)

    assert sandbox.lakehouse.work(feed).reason == "proposal is stale"
    assert sandbox.run(feed).status == "awaiting_review"
    decide(sandbox.lakehouse, sandbox.lakehouse.undecided(feed).id, "approved", by=MIA)
    assert sandbox.run(feed).status == "published"


def test_what_was_approved_as_a_drift_is_not_asked_once_more(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/goods", prices(keys=range(1, 81)), name="1.csv")
    sandbox.run(feed)
    sandbox.drop("acme/goods", prices(keys=range(1, 81), colour=""), name="2.csv")

    run = sandbox.run(feed)
    waits = sandbox.lakehouse.undecided(feed)
    assert waits is not None
    assert (run.status, waits.kind) == ("awaiting_review", "mapping")
    decide(sandbox.lakehouse, waits.id, "approved", by=MIA)

    assert sandbox.run(feed).status == "published"
    assert checked(sandbox, feed, "nulls_gained").passed
