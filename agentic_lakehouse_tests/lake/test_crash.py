"""A run that is killed while it publishes has published nothing, and its work can be taken up again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.lake.scene import CORE, Scene, bronze

CHILD = """
import os, sys
from pathlib import Path
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake import commits, ledger, lifecycle, merge, rebase
from agentic_lakehouse_tests.lake.scene import Scene

folder, catalog_url, module, function = sys.argv[1:]
scene, feed = Scene(Path(folder), catalog_url), Feed("acme", "prices")
delivery = scene.deliver(feed)
branch = scene.begin(feed, "killed", lease_seconds=0)
scene.write(branch, "A1", "A2")
branch.record_step("conform", "x")
scene.audited(branch, scene.approve(feed))
scene.run(Feed("kontor", "liste"), "B1")
module = {"commits": commits, "ledger": ledger, "lifecycle": lifecycle, "rebase": rebase}[module]
setattr(module, function, lambda *_, **__: os._exit(9))
scene.publish(branch, delivery)
"""


@pytest.mark.parametrize(
    ("module", "function", "when"),
    [
        ("rebase", "swap", "while files are put onto the newer main"),
        ("commits", "record", "after pointers were swapped"),
        ("lifecycle", "close", "after everything but the branch's end was written"),
    ],
)
def test_killed(tmp_path: Path, catalog_url: str, module: str, function: str, when: str) -> None:
    arguments = [str(tmp_path), catalog_url, module, function]
    child = subprocess.run([sys.executable, "-c", CHILD, *arguments], check=False)
    assert child.returncode == 9, when
    feed = Feed("acme", "prices")

    with Scene(tmp_path, catalog_url) as scene:
        _nothing_is_published(scene, feed)
        branch = scene.lake.resume(feed, "next", after="conform", inputs="x", lease_seconds=600)
        scene.publish(branch, *scene.lake.ledger.pending(feed))
        _everything_is_published_once(scene, feed)


def _nothing_is_published(scene: Scene, feed: Feed) -> None:
    assert scene.skus() == ["B1"]
    assert not scene.lake.view().exists(bronze(feed).name)
    assert [c.feed for c in scene.lake.log()] == ["kontor/liste", ""]
    assert [d.status for d in scene.lake.ledger.deliveries(feed)] == ["pending"]
    assert scene.lake.governance.active(feed, "mapping") is None


def _everything_is_published_once(scene: Scene, feed: Feed) -> None:
    assert scene.skus() == ["A1", "A2", "B1"]
    assert scene.lake.view().row_count(CORE.name) == 3
    assert scene.lake.view().row_count(bronze(feed).name) == 2
    assert [d.status for d in scene.lake.ledger.deliveries(feed)] == ["published"]
