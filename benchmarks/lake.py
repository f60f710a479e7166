"""`python -m benchmarks lake`: what branching, committing and merging cost in a wide lake and in an old one.

A wide lake has many tables; an old one has many commits, all of them to the same tables by real publishes, and
is measured in turns with a young one: the machine's other work falls on both. Medians in milliseconds; what a
run does besides (writing Parquet, checks, recording audits) is not counted.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake import catalog, commits
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.catalog import MAIN
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, Scene, bronze, slice_of
from benchmarks.report import machine, table

FEED, OTHER = Feed("acme", "prices"), Feed("kontor", "preisliste")
REPEATS = 15
"""Measurements behind each median."""
Row = dict[str, float]
"""What was done to the milliseconds that it took."""


class Watch:
    """Collects how long things took, by their names."""

    def __init__(self) -> None:
        self._seen: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Time a block."""
        start = time.perf_counter()
        yield
        self._seen[name].append((time.perf_counter() - start) * 1_000)

    def medians(self) -> Row:
        """Return the median of the last measurements of each name."""
        return {name: round(median(seen[-REPEATS:]), 1) for name, seen in self._seen.items()}


@contextmanager
def new_lake() -> Iterator[Scene]:
    """A lake in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, Scene(Path(folder)) as scene:
        yield scene


def widen(scene: Scene, tables: int) -> None:
    """Let main have so many tables, most of them the same empty one under other names."""
    main = scene.lake.view().pointers()
    one = main[ERRORS.name]
    more = {f"product_raw.other__{number:06d}": one for number in range(tables - len(main))}
    with scene.lake._database.write() as connection:  # noqa: SLF001 (no lake comes by tables in this way)
        for name, location in more.items():
            catalog.put(connection, MAIN, name, location)
        commits.record(connection, more, kind="create", author="benchmark", message="many tables", changes=())


def prepared(scene: Scene, feed: Feed, watch: Watch) -> Branch:
    """Do what a run does up to its merge: some rows of bronze, a new slice of core, audits."""
    rows, core = scene.bronze_rows(feed, "A1"), scene.core_rows(feed, "A1", "A2")
    with watch.time("branch"):
        branch = scene.begin(feed)
    branch.ensure_table(bronze(feed))
    with watch.time("append"):
        branch.append(bronze(feed).name, [rows])
    with watch.time("replace"):
        branch.replace_slice(CORE.name, slice_of(feed), [core])
    scene.audited(branch, scene.approve(feed))
    return branch


def wide(tables: int) -> Row:
    """Measure a lake of so many tables."""
    watch = Watch()
    with new_lake() as scene:
        for feed in (FEED, OTHER):
            scene.run(feed, "A1")
        widen(scene, tables)
        for _ in range(REPEATS):
            branch = prepared(scene, FEED, watch)
            with watch.time("merge"):
                scene.publish(branch)
            late = prepared(scene, FEED, watch)
            scene.run(OTHER, "B1")
            with watch.time("merge, re-based"):
                scene.publish(late)
    return watch.medians()


class Ageing:
    """A lake in which one feed is published again and again: a delivery, a bad row and a new slice each time."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.age = 0
        self.watch = Watch()
        scene.run(OTHER, "B1")

    def publish(self) -> None:
        """Publish once more."""
        self.age += 1
        delivery = self._scene.deliver(FEED, str(self.age))
        branch = prepared(self._scene, FEED, self.watch)
        branch.append(ERRORS.name, [self._scene.parquet(ERRORS, [{"raw": "bad", **slice_of(FEED)}])])
        self._scene.audited(branch, self._scene.approve(FEED))
        with self.watch.time("merge"):
            self._scene.publish(branch, delivery)

    def come_to(self, age: int) -> None:
        """Publish until the next commit is that one."""
        while self.age < age - 1:
            self.publish()


def old(ages: Sequence[int]) -> dict[int, dict[str, Row]]:
    """Measure some commits from each of `ages` on, in turns with those of a lake as young as the first of them."""
    found = {}
    with new_lake() as scene:
        lake = Ageing(scene)
        for age in sorted(ages):
            lake.come_to(age)
            with new_lake() as fresh:
                young = Ageing(fresh)
                young.come_to(min(ages))
                for _ in range(REPEATS):
                    lake.publish()
                    young.publish()
            found[age] = {"old": lake.watch.medians(), "young": young.watch.medians()}
    return found


def main(arguments: Sequence[str]) -> None:
    """Print both tables, or both as one JSON document."""
    parser = argparse.ArgumentParser(prog="benchmarks lake", description=__doc__)
    parser.add_argument("--tables", type=_numbers, default=[10, 100, 1_000], metavar="N,N,…", help="sizes of the lake")
    parser.add_argument("--commits", type=_numbers, default=[10, 100, 1_000], metavar="N,N,…", help="ages of a table")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", action="store_true", help="print rows of benchmarks/README.md")
    chosen = parser.parse_args(arguments)
    by_tables = {size: wide(size) for size in chosen.tables}
    by_commits = old(chosen.commits)
    if chosen.json:
        print(json.dumps({"unit": "ms", "tables": by_tables, "commits": by_commits}))
        return
    print(f"{machine()}\nmilliseconds\n")
    _print("tables in the lake", by_tables, markdown=chosen.markdown)
    _print("commits to a table", {age: row["old"] for age, row in by_commits.items()}, markdown=chosen.markdown)
    first = min(by_commits)
    ratios = {age: {n: row["old"][n] / row["young"][n] for n in row["old"]} for age, row in by_commits.items()}
    _print(f"times the cost of commit {first}", ratios, digits=2, markdown=chosen.markdown)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _print(title: str, rows: dict[int, Row], *, digits: int = 1, markdown: bool) -> None:
    names = list(next(iter(rows.values())))
    lines = [(f"{size:,}", *(f"{row[name]:.{digits}f}" for name in names)) for size, row in rows.items()]
    table((title, *names), lines, markdown=markdown)
