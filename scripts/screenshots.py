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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import yaml
from playwright.sync_api import Browser, sync_playwright
from sample_lake import BY, FEEDS, NOTE, PROJECT, sample

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.settings import Settings
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.orchestration.graphql import Dagster, until
from agentic_lakehouse_tests.web.browser import chromium, launched
from agentic_lakehouse_tests.web.served import serving

WIDTH, HEIGHT = 1280, 900
LOADED_MS = 20_000
"""How long a view of Dagster's may take until it shows what it is asked for."""


def main(folder: Path = PROJECT / "docs" / "images") -> None:
    """Make the lake and take the pictures."""
    os.environ["LOGNAME"] = BY.name  # what the form begins with
    with tempfile.TemporaryDirectory() as scratch, sample(Path(scratch)) as sandbox:
        waits = sandbox.lakehouse.undecided(Feed.parse(FEEDS[0]))
        if waits is None:
            raise SystemExit(f"no mapping of {FEEDS[0]} waits")
        with sync_playwright() as playwright, launched(playwright, chromium()) as browser:
            take_page(browser, sandbox, waits, folder)
            with dagster(sandbox.settings) as address:
                take_dagster(browser, address, waits, folder)


def take_page(browser: Browser, sandbox: Sandbox, waits: Proposal, folder: Path) -> None:
    """Take the review page: the list, and one proposal."""
    with serving(sandbox.settings) as page:
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for address, name in ((page.link, "review-list"), (f"{page.address}/p/{waits.id}", "review-proposal")):
            tab.goto(address)
            tab.wait_for_load_state("networkidle")
            tab.screenshot(path=folder / f"{name}.png", animations="disabled")


def take_dagster(browser: Browser, address: str, waits: Proposal, folder: Path) -> None:
    """Take Dagster's views: the graph, checks of each kind, a mapping's record, and the job that decides."""
    feed = quote(FEEDS[0], safe="")
    staged, mapping = f"{address}/assets/product_core/product_staged", f"{address}/assets/product_core/product_mapping"
    spec = f"{address}/assets/product_raw/feed_spec"
    decision = {"ops": {"decision": {"config": {"id": waits.id, "decision": "approved", "by": BY.name, "note": NOTE}}}}
    config = quote(yaml.safe_dump(decision, sort_keys=False), safe="")
    review = f"{address}/locations/agentic_lakehouse.definitions/jobs/review/playground/setup?config={config}"
    views = (
        ("graph", f"{address}/asset-groups", "product_staged"),
        ("checks", f"{staged}?view=checks&checkDetail=changed_share", "Plots"),
        ("mapping", f"{mapping}?view=partitions&partition={feed}", "llm/prompt_sha256"),
        ("drift", f"{spec}?view=checks&checkDetail=drift", "Latest execution"),
        ("review-job", review, "Launch run"),
    )
    for name, view, shown in views:
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(view)
        tab.get_by_text(shown).first.wait_for(timeout=LOADED_MS)
        tab.wait_for_load_state("networkidle")
        tab.wait_for_timeout(1500)  # the graph is laid out, and plots are drawn, after the last answer came
        tab.screenshot(path=folder / f"{name}.png", animations="disabled")
        tab.close()


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
            yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
