"""A lake in which three feeds wait for a person, and two ways to look at its page: a client, and a real browser."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse.web.app import review_app
from agentic_lakehouse.web.door import Door
from agentic_lakehouse_tests.pipeline.conftest import Straight
from agentic_lakehouse_tests.web.browser import chromium, launched
from agentic_lakehouse_tests.web.served import Served, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PLAIN, HOSTILE, CHANGED = Feed("acme", "plain"), Feed("evil", "feed"), Feed("moved", "feed")
ALL_EYES = "name: all-eyes\napproval:\n  min_confidence_required: 1.0\n  min_confidence: 1.0\n"
SCRIPT = "<script>document.title='owned'</script>"
IMAGE = '"><img src=x onerror="document.title=`owned`">'


def goods(header: str = "price", *, first: int = 1) -> str:
    """A list of thirty products, one of them without a price that makes sense."""
    rows = [f"S{n},Stapler {n},{-n if n == 7 else n}.50,EUR" for n in range(first, first + 30)]
    return "\n".join([f"sku,title,{header},currency", *rows, ""])


def hostile_goods() -> str:
    """A vendor who writes markup wherever there is room for it."""
    quoted = IMAGE.replace('"', '""')
    rows = [f'S{n},{SCRIPT} {n},{n}.50,EUR,"{quoted}"' for n in range(1, 21)]
    return "\n".join([f'sku,title,price,currency,"{quoted}"', *rows, ""])


def lake(root: Path) -> Sandbox:
    """The lake below a folder; what stands there is left as it is."""
    return Straight(root, policy=root / "policy.yaml")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the lake, put away."""
    root = tmp_path_factory.mktemp("reviewed") / "here"
    root.mkdir()
    (root / "policy.yaml").write_text(ALL_EYES, encoding="utf-8")
    with lake(root) as sandbox:
        sandbox.run(sandbox.drop(str(PLAIN), goods()))
        sandbox.run(sandbox.drop(str(HOSTILE), hostile_goods()))
        sandbox.run(sandbox.drop(str(CHANGED), goods()))
        sandbox.approve(CHANGED)
        sandbox.run(CHANGED)
        sandbox.drop(str(CHANGED), goods("unit price"), name="second.csv")
        assert sandbox.run(CHANGED).status == "awaiting_review"
    with closing(sqlite3.connect(root / "home" / "catalog.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the database is one file then
    return root.rename(root.with_name("kept"))


@pytest.fixture
def sandbox(made: Path) -> Iterator[Sandbox]:
    """The lake, put back where it was made: tables know where they stand."""
    root = made.with_name("here")
    shutil.copytree(made, root, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    with lake(root) as sandbox:
        yield sandbox
    shutil.rmtree(root)


def waiting(sandbox: Sandbox, feed: Feed) -> Proposal:
    """The mapping of a feed that waits."""
    found = sandbox.lakehouse.undecided(feed)
    assert found is not None
    return found


@pytest.fixture
def door() -> Door:
    return Door.at("127.0.0.1", 3030)


@pytest.fixture
def stranger(sandbox: Sandbox, door: Door) -> TestClient:
    """A browser that did not come in by the key."""
    app = review_app(sandbox.settings, door)
    return TestClient(app, base_url="http://127.0.0.1:3030", raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture
def client(stranger: TestClient, door: Door) -> TestClient:
    """A browser that came in by the key; its forms say that they are of our own pages."""
    assert stranger.get(f"/?key={door.key}").status_code == 303
    stranger.headers["Origin"] = "http://127.0.0.1:3030"
    return stranger


@pytest.fixture
def served(sandbox: Sandbox) -> Iterator[Served]:
    """The page on a port."""
    with serving(sandbox.settings) as served:
        yield served


@pytest.fixture(scope="session")
def browsing() -> Iterator[tuple[ThreadPoolExecutor, Browser]]:
    """A browser, and the thread that it lives on: Playwright's event loop would be in the way of everybody else's."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    with ThreadPoolExecutor(1) as thread:
        playing = sync_playwright()
        playwright = thread.submit(playing.__enter__).result()
        running = launched(playwright, path)
        yield thread, thread.submit(running.__enter__).result()
        thread.submit(running.__exit__, None, None, None).result()
        thread.submit(playing.__exit__, None, None, None).result()


Drive = Callable[..., Any]


@pytest.fixture
def drive(browsing: tuple[ThreadPoolExecutor, Browser], served: Served) -> Drive:
    """Run a flow in a new tab that came in by the link."""
    thread, browser = browsing

    def opened(flow: Callable[[Page], Any], options: dict[str, Any]) -> Any:
        context = browser.new_context(base_url=served.address, **options)
        context.set_default_timeout(20_000)
        try:
            tab = context.new_page()
            tab.goto(served.link)
            return flow(tab)
        finally:
            context.close()

    def drive(flow: Callable[[Page], Any], **options: Any) -> Any:
        return thread.submit(opened, flow, options).result()

    return drive
