"""`make fuzz` runs this for long: LAKEHOUSE_FUZZ_EXAMPLES says how long."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from agentic_lakehouse_tests.fuzz.machine import LakeMachine

EXAMPLES = int(os.environ.get("LAKEHOUSE_FUZZ_EXAMPLES", "2"))


def test_whatever_happens_in_whatever_order_the_lake_agrees_with_the_model(tmp_path: Path) -> None:
    LakeMachine.root = tmp_path / "lakehouse"
    LakeMachine.kills = 0

    run_state_machine_as_test(
        LakeMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            deadline=None,
            derandomize="LAKEHOUSE_FUZZ_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
            phases=(
                Phase.explicit,
                Phase.generate,
            ),  # a shrunk example would cost hours; one with few steps is found soon
            print_blob=True,
        ),
    )
    print(f"{EXAMPLES} examples, {LakeMachine.kills} processes killed")  # noqa: T201 (what `make fuzz` shows)
