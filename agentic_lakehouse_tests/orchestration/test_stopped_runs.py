"""Runs stopped in the middle, through a running server: what they held is free at once, nothing is doubled."""

from __future__ import annotations

import os
import signal

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.orchestration.killed import HOLDER_TAG, Note
from agentic_lakehouse_tests.orchestration.dagster_dev import DagsterDev, price_list


def published_once(dev: DagsterDev, feed: Feed, run_id: str) -> bool:
    found = (dev.bronze_rows(feed), dev.core_rows(feed), dev.commits(feed), dev.statuses(feed))
    assert found == (20, 20, [run_id], ["published"])
    return feed.branch not in dev.open_branches()


def test_after_a_terminated_run_the_feed_can_be_started_again(dev: DagsterDev) -> None:
    feed = dev.feed("stopped/feed", price_list(note="stopped"))
    with dev.model.holding():
        run_id = dev.launch(feed)
        dev.model.wait_until_asked()
        rival = dev.run_to_end(feed)
        dev.dagster.terminate(run_id)
        stopped = dev.dagster.ended(run_id)

    assert rival.failure.metadata["reason"] == "branch_leased"
    assert f"stopped/feed is being worked on by run {run_id}" in rival.failure.description
    assert "Hint: Wait for it." in rival.failure.description
    assert stopped.status == "CANCELED"
    assert dev.commits(feed) == []

    again = dev.run_to_end(feed)

    assert again.status == "SUCCESS", again.failures
    assert published_once(dev, feed, again.id)


def test_after_a_killed_run_the_command_line_takes_over(dev: DagsterDev) -> None:
    feed = dev.feed("killed/feed", price_list(note="killed"))
    with dev.model.holding():
        run_id = dev.launch(feed)
        dev.model.wait_until_asked()
        note = Note.model_validate_json(dev.dagster.run(run_id).tags[HOLDER_TAG])
        os.kill(note.holder.pid, signal.SIGKILL)
        killed = dev.dagster.ended(run_id)

    assert killed.status == "FAILURE"
    assert [branch.lease for branch in dev.lakehouse.lake.branches() if branch.name == feed.branch] == ["stale"]

    again = dev.run(feed)

    assert again.status == "published"
    assert published_once(dev, feed, again.run_id)
