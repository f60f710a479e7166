"""Take the pictures of the review page and of Dagster's UI that the documentation shows, on a sample lake.

    python scripts/screenshots.py [FOLDER]

Needs the development extras and a Chromium (`scripts/install_browser.sh`, or LAKEHOUSE_TEST_BROWSER).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import yaml
from playwright.sync_api import sync_playwright
from sample_lake import BY, NOTE, PROJECT, PUBLISHED, WAITING, let_some_wait, sample

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.settings import Settings
from agentic_lakehouse_tests.orchestration.graphql import Dagster, until
from agentic_lakehouse_tests.web.browser import chromium, launched
from agentic_lakehouse_tests.web.served import serving

WIDTH, HEIGHT = 1280, 900
LOADED_MS = 20_000
"""How long a view may take until it shows what it is asked for."""
DRAWN_MS = 1_500
"""A graph is laid out, and plots are drawn, after the last answer came."""


def main(folder: Path = PROJECT / "docs" / "images") -> None:
    """Make the lake and take the pictures."""
    os.environ["LOGNAME"] = BY.name  # what the form begins with
    with (
        tempfile.TemporaryDirectory() as scratch,
        sample(Path(scratch)) as sandbox,
        dagster(sandbox.settings) as address,
    ):
        take(published(address), folder)
        let_some_wait(sandbox)
        waits = sandbox.lakehouse.undecided(Feed.parse(PUBLISHED[0]))
        if waits is None:
            raise SystemExit(f"no mapping of {PUBLISHED[0]} waits")
        take(changed(address, waits), folder)
        with serving(sandbox.settings) as page:
            views = [
                View("review-list", page.link, "What waits"),
                View("review-proposal", f"{page.address}/p/{waits.id}", "keys"),
            ]
            take(views, folder)


@dataclass(frozen=True)
class View:
    """One page to be looked at."""

    name: str
    address: str
    shows: str
    """Text that stands there once it is loaded."""


def published(address: str) -> list[View]:
    """Return Dagster's views of what is published: the graph, and the checks of a slice."""
    staged = f"{address}/assets/product_core/product_staged"
    return [
        View("graph", f"{address}/asset-groups", "product_staged"),
        View("checks", f"{staged}?view=checks&checkDetail=changed_share", "impact/changed_keys"),
    ]


def changed(address: str, waits: Proposal) -> list[View]:
    """Return Dagster's views of what was proposed: a mapping's record, what changed in a file, the job that decides."""
    decision = {"ops": {"decision": {"config": {"id": waits.id, "decision": "approved", "by": BY.name, "note": NOTE}}}}
    config = quote(yaml.safe_dump(decision, sort_keys=False), safe="")
    mapping, spec = f"{address}/assets/product_core/product_mapping", f"{address}/assets/product_raw/feed_spec"
    jobs = f"{address}/locations/agentic_lakehouse.definitions/jobs"
    return [
        View("mapping", f"{mapping}?view=partitions&partition={quote(WAITING[0], safe='')}", "llm/prompt_sha256"),
        View("drift", f"{spec}?view=checks&checkDetail=drift", "VK-Preis"),
        View("review-job", f"{jobs}/review/playground/setup?config={config}", "Launch run"),
    ]


def take(views: Iterable[View], folder: Path) -> None:
    """Take a picture of each view, of what fits a laptop's window."""
    with sync_playwright() as playwright, launched(playwright, chromium()) as browser:
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})  # one, whose cookies open the page
        for view in views:
            tab = context.new_page()
            tab.goto(view.address)
            tab.get_by_text(view.shows).first.wait_for(timeout=LOADED_MS)
            tab.wait_for_load_state("networkidle")
            tab.wait_for_timeout(DRAWN_MS)
            tab.screenshot(path=folder / f"{view.name}.png", animations="disabled")


@contextmanager
def dagster(settings: Settings) -> Iterator[str]:
    """Serve the UI over the lake's history, as `lakehouse dev` does, and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = int(door.getsockname()[1])
    places = {
        "LAKEHOUSE_HOME": str(settings.home_path),
        "LAKEHOUSE_LANDING": settings.landing,
        "LAKEHOUSE_VENDORS": str(settings.vendors),
        "LAKEHOUSE_POLICY": str(settings.policy),
    }
    command = [str(Path(sys.executable).with_name("lakehouse")), "dev", "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, **places}, stdout=subprocess.DEVNULL)
    try:
        with closing(Dagster(port)) as api:
            until("the server", lambda: api.is_up() or None)
            api.stop_sensors()  # runs are started here
            yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
