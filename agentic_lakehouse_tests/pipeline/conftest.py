"""Tests of the steps walk them without Dagster, which has tests of its own and takes half of a small run's time."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun
from agentic_lakehouse.errors import LakehouseError
from agentic_lakehouse.orchestration.run import at_rest
from agentic_lakehouse.pipeline.states import work_of
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.fuzz.world import walk


class Straight(Sandbox):
    """A sandbox whose runs are the steps of the lakehouse, one after the other."""

    def run(self, feed: Feed) -> FeedRun:
        """Run one feed, if it has work."""
        house = self.lakehouse
        if house.work(feed) is None:
            return at_rest(house, feed)
        run_id = uuid.uuid4().hex
        with suppress(LakehouseError):
            walk(house, feed, run_id)
        done = house.result(feed, run_id)
        if done.status != "failed":
            self._require_rest(feed)
        return done

    def _require_rest(self, feed: Feed) -> None:
        """What a run came to gives no work by itself, whoever asks: else a sensor would run it without end.

        A file that is still being written is looked at again.
        """
        house = self.lakehouse
        work = house.work(feed)
        assert work is None or work.reason == "new files"
        assert work_of(house, feed, house.lake.glance()) == work


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A whole lakehouse in a folder of the test."""
    with Straight(tmp_path) as sandbox:
        yield sandbox
