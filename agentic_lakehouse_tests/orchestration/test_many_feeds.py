"""All feeds at once from the UI: each ends by itself."""

from __future__ import annotations

from agentic_lakehouse_tests.orchestration.dagster_dev import CORE, RAW, DagsterDev, price_list


def test_a_backfill_publishes_every_feed_but_the_broken_one(dev: DagsterDev) -> None:
    one, two = dev.feed("backfill/one", price_list()), dev.feed("backfill/two", price_list(30))
    broken = dev.feed("backfill/broken", "")

    runs = {run.partition: run for run in dev.dagster.backfill([str(one), str(two), str(broken)], [*RAW, *CORE])}

    assert {feed: run.status for feed, run in runs.items()} == {
        str(one): "SUCCESS",
        str(two): "SUCCESS",
        str(broken): "FAILURE",
    }
    assert runs[str(broken)].failure.description.startswith("backfill/broken/data.csv: is empty.")
    assert [dev.commits(feed) for feed in (one, two)] == [[runs[str(one)].id], [runs[str(two)].id]]
    assert [dev.core_rows(feed) for feed in (one, two, broken)] == [20, 30, 0]
    assert [dev.bronze_rows(feed) for feed in (one, two, broken)] == [20, 30, 0]
    assert [dev.statuses(feed) for feed in (one, two, broken)] == [["published"], ["published"], ["failed"]]
