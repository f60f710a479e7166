"""Assets materialised by hand, through a running server: they continue the feed's branch, or refuse clearly."""

from __future__ import annotations

import pytest

from agentic_lakehouse_tests.orchestration.dagster_dev import CORE, RAW, RECALLED, DagsterDev, price_list

BRONZE, (_, STAGED, PRODUCT) = RAW[-1], CORE


def test_bronze_alone_is_done_anew_on_the_branch_and_the_rest_follows(
    dev: DagsterDev, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = dev.feed("bronze/alone", price_list(note="alone"))
    with monkeypatch.context() as poor:
        poor.setenv("LAKEHOUSE_BUDGET_CALLS", "1")
        assert dev.run(feed).reason == "budget", "the file is in bronze, on the branch; no mapping could be asked for"

    bronze = dev.run_to_end(feed, BRONZE)

    assert bronze.steps == {"bronze": "SUCCESS", "audit_bronze": "SUCCESS"}
    assert dev.query(f"SELECT count(*) AS n FROM product_raw.{feed.table}", branch=feed.branch) == [{"n": 20}]
    assert dev.commits(feed) == []

    rest = dev.run_to_end(feed, *CORE)

    assert rest.status == "SUCCESS", rest.failures
    assert (dev.bronze_rows(feed), dev.core_rows(feed)) == (20, 20)
    assert (dev.commits(feed), dev.statuses(feed)) == ([rest.id], ["published"])


def test_after_a_failed_audit_the_slice_is_judged_again_and_publishing_alone_refuses(dev: DagsterDev) -> None:
    feed = dev.feed("recalled/feed", price_list(title=f"{RECALLED} stapler"))
    assert dev.run(feed).reason == "audit"

    staged = dev.run_to_end(feed, STAGED)
    published = dev.run_to_end(feed, PRODUCT)

    assert staged.steps == {"product_staged": "SUCCESS", "audit_staged": "FAILURE"}
    assert dev.lakehouse.slice_rows(feed, feed.branch) == 20
    assert published.failure.metadata["reason"] == "publish_refused"
    assert "recalled/feed was not published: checks failed: no_recalls" in published.failure.description
    assert "Hint:" in published.failure.description
    assert (dev.core_rows(feed), dev.commits(feed), dev.statuses(feed)) == (0, [], ["pending"])


def test_without_an_open_branch_every_asset_behind_the_first_refuses(dev: DagsterDev) -> None:
    at_rest, never_ran = dev.feed("rest/feed", price_list()), dev.feed("never/ran", price_list())
    assert dev.run(at_rest).status == "published"
    before = dev.lakehouse.lake.log()

    runs = [dev.launch(at_rest, asset) for asset in (BRONZE, STAGED, PRODUCT)]
    for run in dev.ended([*runs, dev.launch(never_ran, PRODUCT)]):
        feed, told = run.partition, run.failure
        assert (told.kind, told.causes, told.metadata["reason"]) == ("Failure", 0, "step_out_of_order")
        assert told.description.startswith(f"{feed} has no open branch on which")
        assert f"Hint: Begin with the first step: `lakehouse run --feed {feed}`." in told.description

    assert dev.lakehouse.lake.log() == before
    assert (dev.bronze_rows(at_rest), dev.core_rows(at_rest), dev.statuses(at_rest)) == (20, 20, ["published"])
    assert {at_rest.branch, never_ran.branch}.isdisjoint(dev.open_branches())
