"""Re-execute from failure, through a running server: a run continues where the last one stopped, or refuses."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.orchestration.dagster_dev import DagsterDev, price_list
from agentic_lakehouse_tests.orchestration.graphql import Run


@dataclass(frozen=True)
class Again:
    """A feed whose run failed, and the run that did from failure what was left."""

    feed: Feed
    failed: Run
    again: Run


@pytest.fixture(scope="module")
def cases(dev: DagsterDev) -> dict[str, Again]:
    """Feeds whose run failed in the middle, executed again after what each is named for happened; all at once."""
    refused = dev.feed("refused/feed", price_list(note="refused"))
    facts = dev.feed("facts/feed", price_list(note="facts"))
    corrected = dev.feed("corrected/feed", price_list())
    dev.run(corrected)
    dev.drop(str(corrected), price_list(title="Tacker").replace(".50", ".5O"), name="second.csv")
    feeds = [refused, facts, corrected]
    with dev.model.refusing():
        failed = dev.ended([dev.launch(feed) for feed in feeds])
    assert [run.failure.step for run in failed] == ["product_mapping", "product_mapping", "bronze"]
    assert [dev.core_rows(feed) for feed in feeds] == [0, 0, 20]

    dev.facts("facts", "country: CH\n")
    dev.drop(str(corrected), price_list(title="Tacker"), name="second.csv")
    again = dev.ended([dev.dagster.reexecute(run) for run in failed])
    return {feed.vendor: Again(*case) for feed, *case in zip(feeds, feeds, failed, again, strict=True)}


def test_what_failed_is_done_behind_what_stands_recorded_and_published_once(
    dev: DagsterDev, cases: dict[str, Again]
) -> None:
    case = cases["refused"]

    assert case.again.status == "SUCCESS", case.again.failures
    assert "bronze" not in case.again.steps
    assert (dev.bronze_rows(case.feed), dev.core_rows(case.feed)) == (20, 20)
    assert dev.query(f"SELECT DISTINCT _run_id AS r FROM product_raw.{case.feed.table}") == [{"r": case.failed.id}]
    assert (dev.commits(case.feed), dev.statuses(case.feed)) == ([case.again.id], ["published"])
    assert case.feed.branch not in dev.open_branches()


def test_where_the_vendors_facts_changed_meanwhile_it_refuses_and_names_the_step(
    dev: DagsterDev, cases: dict[str, Again]
) -> None:
    feed, told = cases["facts"].feed, cases["facts"].again.failure

    assert told.step == "product_mapping"
    assert "step 'ingest' was done there with other inputs" in told.description
    assert "Hint: Do 'ingest' first, or begin anew: `lakehouse run --feed facts/feed`." in told.description
    assert (dev.commits(feed), dev.core_rows(feed), dev.bronze_rows(feed)) == ([], 0, 0)

    assert dev.run(feed).status == "published"
    assert (dev.bronze_rows(feed), dev.core_rows(feed), dev.statuses(feed)) == (20, 20, ["published"])


def test_a_corrected_file_is_taken_by_a_new_run_and_not_by_the_old_ones_repetition(
    dev: DagsterDev, cases: dict[str, Again]
) -> None:
    feed = cases["corrected"].feed

    for run in (cases["corrected"].failed, cases["corrected"].again):
        assert run.failure.metadata["reason"] == "too_many_bad_rows"
        assert "corrected/feed/second.csv: 20 of 20 rows do not fit" in run.failure.description
    assert (len(dev.commits(feed)), dev.bronze_rows(feed)) == (1, 20)

    assert dev.run(feed).status == "published"
    assert (dev.bronze_rows(feed), dev.core_rows(feed)) == (40, 20)
    assert dev.statuses(feed) == ["published", "withdrawn", "published"]
