"""Take the pictures of the review page that the documentation shows, on a lake made of the sample landing zone.

    python scripts/screenshots.py [FOLDER]

Needs the development extras and a Chromium (`scripts/install_browser.sh`, or LAKEHOUSE_TEST_BROWSER).
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.pipeline.review import Reviewer, decide
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.web.browser import chromium, launched
from agentic_lakehouse_tests.web.served import serving

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


def main(folder: Path = PROJECT / "docs" / "images") -> None:
    """Make the lake and take the pictures."""
    os.environ["LOGNAME"] = BY.name  # what the form begins with
    with tempfile.TemporaryDirectory() as scratch:
        sandbox = sample(Path(scratch))
        waits = sandbox.lakehouse.undecided(Feed.parse(FEEDS[0]))
        if waits is None:
            raise SystemExit(f"no mapping of {FEEDS[0]} waits")
        with (
            serving(sandbox.settings) as page,
            sync_playwright() as playwright,
            launched(playwright, chromium()) as browser,
        ):
            tab = browser.new_page(viewport={"width": 1280, "height": 900})
            take(tab, page.link, folder / "review-list.png")
            take(tab, f"{page.address}/p/{waits.id}", folder / "review-proposal.png")


def sample(root: Path) -> Sandbox:
    """Return a lake in which one mapping is in force and waits to be changed, and two more are to be looked at."""
    policy = root / "careful.yaml"
    policy.write_text(CAREFUL, encoding="utf-8")
    sandbox = Sandbox(root, policy=policy, vendors=PROJECT / "data" / "vendors")
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


def take(tab: Page, address: str, picture: Path) -> None:
    """Take one picture, of what fits a laptop's window."""
    tab.goto(address)
    tab.wait_for_load_state("networkidle")
    tab.screenshot(path=picture, animations="disabled")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
