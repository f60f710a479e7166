"""What waits for a person waits quietly, and runs once approved."""

from __future__ import annotations

import pytest

from agentic_lakehouse.errors import StepOutOfOrder, UsageInvalid
from agentic_lakehouse.testing import Sandbox

CRYPTIC = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))
GOOD = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(20))


def test_an_ambiguous_feed_awaits_review_and_publishes_nothing(sandbox: Sandbox) -> None:
    feed = sandbox.drop("cryptic/feed", CRYPTIC)

    run = sandbox.run(feed)

    assert (run.status, run.commit, run.core_rows) == ("awaiting_review", "", 0)
    assert run.reason
    calls = len(sandbox.lakehouse.lake.governance.calls())
    assert sandbox.run(feed).status == "awaiting_review"
    assert len(sandbox.lakehouse.lake.governance.calls()) == calls
    assert sandbox.query("SELECT count(*) AS n FROM product_core.product") == [{"n": 0}]


def test_an_approved_mapping_is_published_by_the_next_run_without_a_call(sandbox: Sandbox, tmp_path) -> None:
    strict = tmp_path / "strict.yaml"
    strict.write_text("name: all-eyes\napproval:\n  min_confidence_required: 1.0\n  min_confidence: 1.0\n")
    sandbox = Sandbox(tmp_path / "lake", policy=strict)
    feed = sandbox.drop("acme/feed", GOOD)
    assert sandbox.run(feed).status == "awaiting_review"

    sandbox.approve(feed)
    run = sandbox.run(feed)

    assert (run.status, run.model_calls, run.core_rows) == ("published", 0, 20)


def test_a_proposal_is_decided_once(sandbox: Sandbox) -> None:
    feed = sandbox.drop("cryptic/feed", CRYPTIC)
    sandbox.run(feed)
    proposal = sandbox.lakehouse.undecided(feed)
    sandbox.approve(feed)

    governance = sandbox.lakehouse.lake.governance
    review = governance.reviews(proposal.id)[0]

    with pytest.raises(UsageInvalid):
        governance.decide(review)


def test_a_feed_that_was_never_described_has_no_spec(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", GOOD)

    with pytest.raises(StepOutOfOrder, match="lakehouse run"):
        sandbox.lakehouse.spec_in_force(feed)
