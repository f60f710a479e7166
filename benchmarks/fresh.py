"""What a piece of work costs: measured in a process of its own, in turns with its rivals.

A contender is a function that takes paths, prepares, and returns the work to be measured. It is named
`module:function`, so that a fresh process can run it: `python -m benchmarks.fresh module:function PATH…`. Wall and
CPU time are of the work alone. Memory is of the process and those that it starts, watched from outside:

* `peak_mb`: resident memory at its highest, which counts pages of mapped files too, and modules that are loaded;
* `anon_mb`: the part of it that no file stands behind, at its highest: what the work holds for itself.

`VmHWM` is read instead of `ru_maxrss`, which a process inherits from the one that started it. Both need Linux.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from statistics import median

Work = Callable[[], object]

LOOK_EVERY = 0.02
"""Seconds between two looks at a process's memory."""


@dataclass(frozen=True)
class Cost:
    """What one piece of work took."""

    seconds: float
    cpu: float
    """Seconds of user and system, of the process and of those that it waited for."""
    peak_mb: float
    anon_mb: float

    @classmethod
    def middle(cls, costs: Iterable[Cost]) -> Cost:
        """Return the medians."""
        return cls(*(median(column) for column in zip(*map(astuple, costs), strict=True)))

    def over(self, other: Cost) -> Cost:
        """Return the ratios to another."""
        return Cost(*(ours / theirs for ours, theirs in zip(astuple(self), astuple(other), strict=True)))


class ContenderFailed(Exception):
    """A contender did not come to its end; the message is its exception's first line."""


def take_turns(
    contenders: Mapping[str, str], paths: Iterable[Path], *, repeats: int, afterwards: Callable[[], object]
) -> dict[str, Cost | ContenderFailed]:
    """Run each contender in a fresh process, one after the other, as often as told; return medians.

    A contender that fails once is not run again, and the others go on.

    Args:
        contenders: shown names to `module:function`.
        paths: what each contender is given.
        repeats: how many rounds.
        afterwards: tidies up behind each run.
    """
    given = list(paths)
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    failed: dict[str, ContenderFailed] = {}
    for _ in range(repeats):
        for name in [name for name in contenders if name not in failed]:
            try:
                costs[name].append(cost_of(contenders[name], given))
            except ContenderFailed as failure:
                failed[name] = failure
            finally:
                afterwards()
    return {name: failed.get(name) or Cost.middle(found) for name, found in costs.items()}


def cost_of(function: str, paths: Iterable[Path]) -> Cost:
    """Run one contender in a fresh process.

    Raises:
        ContenderFailed: it ended with an error.
    """
    os.sync()  # what the one before left to be written is not this one's work
    command = [sys.executable, "-m", "benchmarks.fresh", function, *map(str, paths)]
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        with subprocess.Popen(command, stdout=said, stderr=complained) as process:
            resident = anonymous = 0.0
            while process.poll() is None:
                found = [_memory(pid) for pid in _family(process.pid)]
                resident = max(resident, sum(memory.get("VmRSS", 0) for memory in found))
                anonymous = max(anonymous, sum(memory.get("RssAnon", 0) for memory in found))
                time.sleep(LOOK_EVERY)
        if process.returncode:
            complained.seek(0)
            raise ContenderFailed(_fault(complained.read()) or f"ended with {process.returncode}")
        said.seek(0)
        measured = json.loads(said.read().splitlines()[-1])
    measured["peak_mb"] = max(measured["peak_mb"], resident)
    return Cost(**measured | {"anon_mb": anonymous})


def _fault(complaint: str) -> str:
    """Return the first line of the exception that ended a process: the first behind its trace that is not indented."""
    _, _, trace = complaint.rpartition("Traceback (most recent call last):\n")
    return next((line for line in trace.splitlines() if line.strip() and not line.startswith(" ")), "")


def measure(work: Work) -> Cost:
    """Run the work in this process; anonymous memory is not known from inside."""
    # Writing 5 lets the high-water mark of resident memory begin anew: proc_pid_clear_refs(5).
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    started, used = time.perf_counter(), _cpu()
    work()
    seconds, cpu = time.perf_counter() - started, _cpu() - used
    return Cost(seconds, cpu, _memory(os.getpid())["VmHWM"], 0.0)


def _cpu() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _family(pid: int) -> list[int]:
    """Return a process and its descendants, which have higher numbers."""
    family = [pid]
    for newer in sorted(int(p.name) for p in Path("/proc").iterdir() if p.name.isdecimal() and int(p.name) > pid):
        with suppress(OSError):  # it has ended in between
            parent = Path(f"/proc/{newer}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]
            if int(parent) in family:
                family.append(newer)
    return family


def _memory(pid: int) -> dict[str, float]:
    """Return the memory counters of a process in MB; nothing of one that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return {}
    return {name: int(kb) / 1024 for name, kb in re.findall(r"^(\w+):\s+(\d+) kB$", status, re.MULTILINE)}


def main(function: str, *paths: str) -> None:
    """Prepare one contender in this process, measure its work, and print its cost as the last line."""
    module, _, name = function.partition(":")
    work = getattr(importlib.import_module(module), name)(*map(Path, paths))
    print()
    print(json.dumps(asdict(measure(work))))


if __name__ == "__main__":
    main(*sys.argv[1:])
