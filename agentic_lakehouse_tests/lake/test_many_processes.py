"""Processes that know nothing of each other publish to one lake at once, beginning with its very making."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, Scene, bronze, slice_of

CHILD = """
import sys
from pathlib import Path
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.lake.scene import ERRORS, Scene, slice_of

print("ready", flush=True)
sys.stdin.readline()
scene = Scene(Path(sys.argv[1]), sys.argv[2])
for name in sys.argv[3:]:
    feed = Feed("acme", name)
    delivery = scene.deliver(feed)
    branch = scene.begin(feed, f"run of {name}")
    scene.write(branch, f"{name}-1", f"{name}-2", f"{name}-3")
    branch.append(ERRORS.name, [scene.parquet(ERRORS, [{"raw": "bad", **slice_of(feed)}])])
    scene.audited(branch, scene.approve(feed))
    scene.publish(branch, delivery)
"""


def test_four_processes_publish_eight_feeds_to_a_new_lake_and_every_row_lands_once(
    tmp_path: Path, catalog_url: str
) -> None:
    names = [f"feed_{number}" for number in range(8)]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), catalog_url, *names[start::4]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for start in range(4)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.communicate("go\n")
    assert [child.returncode for child in children] == [0, 0, 0, 0]

    with Scene(tmp_path, catalog_url) as scene:
        _every_row_is_there_once(scene, [Feed("acme", name) for name in names])


def _every_row_is_there_once(scene: Scene, feeds: list[Feed]) -> None:
    view = scene.lake.view()
    assert scene.skus() == sorted(f"{feed.name}-{number}" for feed in feeds for number in (1, 2, 3))
    assert view.row_count(CORE.name) == 24
    for feed in feeds:
        assert view.row_count(bronze(feed).name) == 3
        assert view.row_count(ERRORS.name, **slice_of(feed)) == 1
        assert [d.status for d in scene.lake.ledger.deliveries(feed)] == ["published"]
    log = scene.lake.log()
    assert sorted(c.feed for c in log if c.feed) == [str(feed) for feed in feeds]
    assert [c.parent for c in log] == [*(c.id for c in log[1:]), None]
    assert scene.lake.branches() == []
