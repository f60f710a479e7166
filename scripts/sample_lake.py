"""A lake made of a part of the sample landing zone, in which something waits: what pictures are taken of."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.orchestration.instance import open_instance
from agentic_lakehouse.pipeline.review import Reviewer, decide
from agentic_lakehouse.testing import Sandbox

PROJECT = Path(__file__).parents[1]
PUBLISHED, WAITING = ("gartenhof/preisliste", "harbor-supply/catalog"), ("fietshuis/assortiment", "kiosk-import/werte")
CAREFUL = """
name: careful
approval:
  min_confidence_required: 0.97
  min_confidence: 0.9
"""
"""A policy by which more waits than by the usual one."""
BY, NOTE = Reviewer("catalogue team"), "checked against the printed catalogue"


def sample(root: Path) -> Sandbox:
    """Return a lake in which two feeds are published, the first of them twice."""
    policy = root / "careful.yaml"
    policy.write_text(CAREFUL, encoding="utf-8")
    sandbox = Sandbox(root, policy=policy, vendors=PROJECT / "data" / "vendors")
    sandbox.instance = open_instance(sandbox.settings)  # a history that the UI shows
    for name in PUBLISHED:
        drop(sandbox, name)
        approve(sandbox, Feed.parse(name))
    deliver_again(sandbox, "preisliste_oktober.csv", dearer=1.04)
    return sandbox


def let_some_wait(sandbox: Sandbox) -> None:
    """Let two more feeds come, and the first one with another header over its prices: three mappings wait."""
    for name in WAITING:
        drop(sandbox, name)
    deliver_again(sandbox, "preisliste_november.csv", dearer=1.08, header="Preis")


def drop(sandbox: Sandbox, name: str) -> None:
    """Deliver the sample files of a feed, and run it."""
    shutil.copytree(PROJECT / "data" / "landing" / name, sandbox.root / "landing" / name)
    sandbox.run(Feed.parse(name))


def approve(sandbox: Sandbox, feed: Feed) -> None:
    """Approve what waits of a feed, and run it."""
    house = sandbox.lakehouse
    waits = house.undecided(feed)
    if waits is not None:
        decide(house, waits.id, "approved", by=BY, note=NOTE)
        sandbox.run(feed)


def deliver_again(sandbox: Sandbox, name: str, *, dearer: float, header: str = "VK-Preis") -> None:
    """Deliver the first feed's list again under a new name, with some prices higher, and run it."""
    folder = sandbox.root / "landing" / PUBLISHED[0]
    first, *rows = csv.reader(min(folder.iterdir()).read_text("cp1252").splitlines(), delimiter=";")
    place = first.index("VK-Preis")
    for number, row in enumerate(rows):
        if number % 9 == 0 and re.fullmatch(r"[\d.]+,\d\d", row[place]):
            row[place] = f"{float(row[place].replace('.', '').replace(',', '.')) * dearer:.2f}".replace(".", ",")
    first[place] = header
    with (folder / name).open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows([first, *rows])
    sandbox.run(Feed.parse(PUBLISHED[0]))
