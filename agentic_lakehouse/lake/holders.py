"""Which process holds a branch, and whether it is certain that it is no more.

A lease ends by itself when nothing was heard of its holder for long enough. On the holder's own machine
nobody need wait for that: the system tells whether the very process still runs.
"""

from __future__ import annotations

import os
import platform
from functools import lru_cache
from pathlib import Path

from agentic_lakehouse.contracts.base import Record

_PROC = Path("/proc")
_ENDED = {"Z", "X"}
"""States of a process that runs no more and was not collected by its parent yet (proc_pid_stat(5))."""


class Holder(Record):
    """One process, told apart from any later one that gets its number."""

    machine: str
    """This boot of this machine and, on Linux, the namespace in which `pid` counts."""
    pid: int
    started: str
    """When it started, as the kernel counts; empty where the kernel does not tell."""


def this_process() -> Holder:
    """Return the process that asks."""
    return _holder(os.getpid())


def is_gone(holder: Holder) -> bool:
    """Whether it is certain that the process has ended; never certain of another machine's."""
    if os.name != "posix" or holder.machine != _machine():
        return False
    if (_PROC / "self" / "stat").exists():
        state, started = _state(holder.pid)
        return state in _ENDED or started != holder.started
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@lru_cache(maxsize=1)
def _holder(pid: int) -> Holder:
    return Holder(machine=_machine(), pid=pid, started=_state(pid)[1])


def _machine() -> str:
    try:
        boot = (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text().strip()
        return f"{boot}/{(_PROC / 'self' / 'ns' / 'pid').readlink()}"
    except OSError:
        return platform.node()


def _state(pid: int) -> tuple[str, str]:
    """Return a process's state and start time; `X` and nothing where there is none."""
    try:
        told = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return "X", ""
    # The name in parentheses may hold anything; state is the 3rd field of all, the start time the 22nd.
    fields = told.rpartition(")")[2].split()
    return fields[0], fields[19]
