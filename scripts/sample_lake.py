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
FEEDS = ("gartenhof/preisliste", "fietshuis/assortiment", "kiosk-import/werte", "harbor-supply/catalog")
CAREFUL = """
name: careful
approval:
  min_confidence_required: 0.97
  min_confidence: 0.9
"""
"""A policy by which more waits than by the usual one."""
BY, NOTE = Reviewer("catalogue team"), "checked against the printed catalogue"


def sample(root: Path) -> Sandbox:
    """Return a lake in which one mapping is in force and waits to be changed, and two more are to be looked at."""
    policy = root / "careful.yaml"
    policy.write_text(CAREFUL, encoding="utf-8")
    sandbox = Sandbox(root, policy=policy, vendors=PROJECT / "data" / "vendors")
    sandbox.instance = open_instance(sandbox.settings)  # a history that the UI shows
    for name in FEEDS:
        shutil.copytree(PROJECT / "data" / "landing" / name, root / "landing" / name)
        sandbox.run(Feed.parse(name))
    for name in (FEEDS[0], FEEDS[3]):
        approve(sandbox, Feed.parse(name))
    rename_price(root / "landing" / FEEDS[0])
    sandbox.run(Feed.parse(FEEDS[0]))
    return sandbox


def approve(sandbox: Sandbox, feed: Feed) -> None:
    """Approve what waits of a feed, and run it."""
    house = sandbox.lakehouse
    waits = house.undecided(feed)
    if waits is not None:
        decide(house, waits.id, "approved", by=BY, note=NOTE)
        sandbox.run(feed)


def rename_price(folder: Path) -> None:
    """Deliver the list again, with another header over its prices, and some of them higher."""
    first, *rows = csv.reader(next(folder.iterdir()).read_text("cp1252").splitlines(), delimiter=";")
    place = first.index("VK-Preis")
    for number, row in enumerate(rows):
        if number % 9 == 0 and re.fullmatch(r"[\d.]+,\d\d", row[place]):
            row[place] = f"{float(row[place].replace('.', '').replace(',', '.')) * 1.04:.2f}".replace(".", ",")
    first[place] = "Preis"
    with (folder / "preisliste_neu.csv").open("w", encoding="cp1252", newline="") as file:
        csv.writer(file, delimiter=";").writerows([first, *rows])
