"""Runs stopped in the middle, through a running server: what they held is free at once, nothing is doubled."""

from __future__ import annotations

import os
import signal

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.orchestration.killed import HOLDER_TAG, Note
from agentic_lakehouse_tests.orchestration.dagster_dev import DagsterDev, price_list


def assert_published_once(dev: DagsterDev, feed: Feed, *, by: str) -> None:
    assert (dev.bronze_rows(feed), dev.core_rows(feed)) == (20, 20)
    assert (dev.commits(feed), dev.statuses(feed)) == ([by], ["published"])
    assert feed.branch not in dev.open_branches()


def test_after_a_terminated_run_the_feed_can_be_started_again(dev: DagsterDev) -> None:
    feed = dev.feed("stopped/feed", price_list(note="stopped"))
    with dev.model.holding():
        run_id = dev.launch(feed)
        dev.model.wait_until_asked()
        rival = dev.run(feed)
        dev.dagster.terminate(run_id)
        stopped = dev.dagster.ended(run_id)

    assert rival.reason == "branch_leased"
    assert rival.errors[0].startswith(f"stopped/feed is being worked on by run {run_id}")
    assert "Hint: Wait for it." in rival.errors[0]
    assert stopped.status == "CANCELED"
    assert dev.commits(feed) == []

    again = dev.run_to_end(feed)

    assert again.status == "SUCCESS", again.failures
    assert_published_once(dev, feed, by=again.id)


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
    assert_published_once(dev, feed, by=again.run_id)
