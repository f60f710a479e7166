"""A run, or a way back, is killed at one instant after the other; doing it again always heals it.

`make fuzz` kills many times as many: LAKEHOUSE_FUZZ_KILLS says how many.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

from agentic_lakehouse_tests.fuzz.machine import LakeMachine
from agentic_lakehouse_tests.fuzz.model import Row
from agentic_lakehouse_tests.fuzz.world import FEEDS

KILLS = int(os.environ.get("LAKEHOUSE_FUZZ_KILLS", "12"))
CONTENTS: tuple[tuple[Row, ...], ...] = (
    (("k1", "Stift", "1,50"), ("k2", "Block", "2,00"), ("", "Heft", "1,00")),
    (("k1", "Stift", "-1,00"), ("k3", "Block", "auf Anfrage"), ("k2", "Block", "2,00"), ("k2", "Block", "1,50")),
    (("k4", "Stift", "2,00"),),
)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[LakeMachine]:
    LakeMachine.root = tmp_path / "lakehouse"
    LakeMachine.kills = 0
    machine = LakeMachine()
    yield machine
    machine.teardown()


def agree(machine: LakeMachine) -> None:
    machine.the_lake_reads_as_the_model_says()
    machine.what_needs_doing_is_seen()
    machine.nothing_dangles_and_history_is_a_chain()
    machine.rows_are_conserved()


def test_a_run_that_is_killed_anywhere_loses_and_doubles_nothing(machine: LakeMachine) -> None:
    contents, feeds = cycle(CONTENTS), cycle(FEEDS)
    tried = 0
    while LakeMachine.kills < KILLS:
        feed = next(feeds)
        machine.drop(feed, "a.csv", next(contents))
        # Steps of the golden ratio spread evenly over all instants, whatever their number.
        machine.run_and_be_killed(feed, tried * 0.618 % 1)
        agree(machine)
        if machine.models[feed].has_work:
            machine.run(feed)
            agree(machine)
        tried += 1
        assert tried < 2 * KILLS, "most runs end before the instant at which they were to be killed"


def test_a_replay_that_is_killed_anywhere_loses_and_doubles_nothing(machine: LakeMachine) -> None:
    feed = FEEDS[0]
    tried = 0
    while LakeMachine.kills < KILLS // 4:
        machine.approve_another_spec(feed, "strict")
        machine.drop(
            feed, "a.csv", (("k1", "Stift", "auf Anfrage"), (f"k{tried}", "Block", "auf Anfrage"), ("k2", "", "1,50"))
        )
        machine.run(feed)
        machine.approve_another_spec(feed, "lenient")
        machine.ask_for_bad_rows_again(feed)
        machine.run_and_be_killed(feed, tried * 0.618 % 1)
        agree(machine)
        if machine.models[feed].has_work:
            machine.run(feed)
            agree(machine)
        assert set(machine.models[feed].state.published.values()) == {"replayed"}
        tried += 1
        assert tried < KILLS, "most runs end before the instant at which they were to be killed"


def test_a_rollback_that_is_killed_anywhere_happened_or_did_not(machine: LakeMachine) -> None:
    for content in CONTENTS[:2]:
        machine.drop(FEEDS[0], "a.csv", content)
        machine.run(FEEDS[0])
    tried = 0
    while LakeMachine.kills < KILLS // 4:
        goal = -2 if machine.models[FEEDS[0]].state == machine.commits[-1].states[FEEDS[0]] else -1
        machine.roll_back(
            FEEDS[0], len(machine.commits) + goal, everything=tried % 2 == 0, dies=True, at=tried * 0.618 % 1
        )
        agree(machine)
        tried += 1
        assert tried < 4 * KILLS, "most rollbacks end before the instant at which they were to be killed"
