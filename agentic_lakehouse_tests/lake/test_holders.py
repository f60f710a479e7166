from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from agentic_lakehouse.lake.holders import Holder, is_gone, this_process

CHILD = """
import sys
from agentic_lakehouse.lake.holders import this_process
print(this_process().model_dump_json(), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def holder_of(child: subprocess.Popen[str]) -> Holder:
    assert child.stdout is not None
    return Holder.model_validate_json(child.stdout.readline())


def test_a_running_process_is_not_gone(child: subprocess.Popen[str]) -> None:
    assert not is_gone(this_process())
    assert not is_gone(holder_of(child))


def test_a_killed_process_is_gone_before_its_parent_collects_it(child: subprocess.Popen[str]) -> None:
    holder = holder_of(child)

    child.kill()
    assert child.stdout is not None
    assert child.stdout.read() == ""  # its end of the pipe closes when it has ended

    child.wait()
    assert is_gone(holder)


def test_another_process_with_its_number_is_not_it() -> None:
    assert is_gone(this_process().model_copy(update={"started": "1"}))


def test_of_another_machine_nothing_is_certain(child: subprocess.Popen[str]) -> None:
    holder = holder_of(child)
    child.kill()
    child.wait()

    assert not is_gone(holder.model_copy(update={"machine": "elsewhere"}))
