"""The whole life of a feed: it waits, is approved on the page and published by the sensor, grows, drifts, goes back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun
from agentic_lakehouse.orchestration.graph import JOB, graph
from agentic_lakehouse.orchestration.run import QUIET
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.web.served import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FEED = Feed("kontor", "preisliste")
POLICY = "name: careful\napproval:\n  new_vendor: review\n"
ROWS = range(1, 61)


def price_list(*, price: str = "Verkaufspreis", dearer: int = 0, extra: str = "") -> str:
    """Sixty articles of a stationer."""
    head = ["Artikelnummer", "Bezeichnung", price, "Marke", *([extra] if extra else [])]
    lines = [
        [
            f"K{n:03}",
            f"Ordner {n}",
            f"{n + dearer},{n:02}",
            ["Leitz", "Esselte"][n % 2],
            *(["Regal 7"] if extra else []),
        ]
        for n in ROWS
    ]
    return "\n".join(";".join(line) for line in [head, *lines]) + "\n"


class Life:
    """One feed, its sensor, and a person with a browser."""

    def __init__(self, sandbox: Sandbox, thread: ThreadPoolExecutor, browser: Browser) -> None:
        self.sandbox = sandbox
        self._thread, self._browser = thread, browser
        self._definitions = graph(sandbox.settings)
        self._sensor = next(s for s in self._definitions.sensors if s.name == "landing_zone")
        self._job = self._definitions.resolve_job_def(JOB)
        self._cursor: str | None = None

    def deliver(self, name: str, content: str) -> FeedRun | None:
        """Drop a file, and let the sensor find it."""
        self.sandbox.drop(str(FEED), content, name=name)
        return self.sense()

    def sense(self) -> FeedRun | None:
        """Tick twice, as a file must look the same twice, and run what is asked for; nothing asked for is `None`."""
        asked = {request.run_key: request for _ in range(2) for request in self._tick()}  # as Dagster's daemon does
        for request in asked.values():
            self._job.execute_in_process(
                partition_key=request.partition_key,
                instance=self.sandbox.instance,
                tags=dict(request.tags),
                raise_on_error=False,
                run_config=QUIET,
            )
        assert len(asked) <= 1
        return self.sandbox.lakehouse.lake.governance.last_run(FEED) if asked else None

    def _tick(self) -> list[dg.RunRequest]:
        context = dg.build_sensor_context(
            instance=self.sandbox.instance, cursor=self._cursor, resources=self._definitions.resources
        )
        with context:
            result = self._sensor(context)
        self._cursor = result.cursor
        for asked in result.dynamic_partitions_requests or []:
            self.sandbox.instance.add_dynamic_partitions(asked.partitions_def_name, list(asked.partition_keys))
        return list(result.run_requests or [])

    def approve_on_the_page(self) -> str:
        """Open the page's link, read the feed's proposal, and approve it; return what the proposal's page said."""
        with serving(self.sandbox.settings) as served:
            return self._thread.submit(self._approve, served.address, served.link).result()

    def _approve(self, address: str, link: str) -> str:
        context = self._browser.new_context(base_url=address)
        context.set_default_timeout(20_000)
        try:
            tab: Page = context.new_page()
            tab.goto(link)
            tab.get_by_role("link", name=str(FEED)).first.click()
            tab.wait_for_url("**/p/*")
            told = tab.inner_text("main")
            tab.fill("[name=by]", "mia")
            tab.fill("[name=note]", "as agreed with the vendor")
            tab.get_by_role("button", name="Approve").click()
            tab.wait_for_url("**/?done=*")
        finally:
            context.close()
        return told

    def calls(self) -> int:
        """Calls made so far."""
        return len([c for c in self.sandbox.lakehouse.lake.governance.calls(FEED) if not c.cached])

    def prices(self) -> dict[str, str]:
        """What is published: article to price."""
        rows = self.sandbox.query("SELECT source_product_id AS id, price FROM product_core.product")
        return {row["id"]: f"{row['price']:.2f}" for row in rows}


@pytest.fixture
def life(tmp_path: Path, browsing: tuple[ThreadPoolExecutor, Browser]) -> Iterator[Life]:
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    with Sandbox(tmp_path / "lake", policy=tmp_path / "policy.yaml") as sandbox:
        sandbox.facts("kontor", "country: DE\nlocale: de_DE\ncurrency: EUR\n")
        yield Life(sandbox, *browsing)


def test_the_whole_life_of_a_feed(life: Life) -> None:
    governance = life.sandbox.lakehouse.lake.governance

    # A new vendor waits; nothing is tried again while it does.
    run = life.deliver("1.csv", price_list())
    assert (run.status, run.reason) == ("awaiting_review", "the vendor is new: nothing of it was published yet")
    assert life.sense() is None
    assert life.prices() == {}

    # Approved on the page, and published by the sensor, which asks nobody.
    told, before = life.approve_on_the_page(), life.calls()
    assert "Verkaufspreis" in told
    run = life.sense()
    assert (run.status, run.core_rows, life.calls()) == ("published", 60, before)
    first = life.sandbox.lakehouse.lake.log(1)[0]
    [review] = governance.reviews(life.sandbox.lakehouse.mapping_in_force(FEED).id)
    assert (review.by, review.decision, review.note) == ("mia", "approved", "as agreed with the vendor")

    # The second delivery is of the same shape: no call.
    run = life.deliver("2.csv", price_list(dearer=1))
    assert (run.status, run.model_calls, life.calls()) == ("published", 0, before)
    assert life.prices()["K007"] == "8.07"

    # The third adds a column: published, in bronze, and in the inbox.
    run = life.deliver("3.csv", price_list(dearer=2, extra="Lagerplatz"))
    assert (run.status, life.calls()) == ("published", before)
    [item] = governance.inbox(FEED, "open")
    assert (item.kind, item.source) == ("new_column", "Lagerplatz")
    bronze = "product_raw.kontor__preisliste"
    assert set(life.sandbox.rows(bronze, "lagerplatz")) == {None, "Regal 7"}

    # The fourth renames the price: waits, and only the price's line is another one.
    active = life.sandbox.lakehouse.mapping_in_force(FEED)
    run = life.deliver("4.csv", price_list(price="Verkaufspreis netto", dearer=3, extra="Lagerplatz"))
    assert run.status == "awaiting_review"
    assert "'Verkaufspreis' is now 'Verkaufspreis netto'" in run.reason
    waits = life.sandbox.lakehouse.undecided(FEED)
    changed = {c["target"] for c in waits.content["columns"] if c not in active.content["columns"]}
    assert (waits.parent, changed) == (active.id, {"price"})
    assert life.prices()["K007"] == "9.07"

    told = life.approve_on_the_page()
    assert "Verkaufspreis netto" in told
    assert life.sense().status == "published"
    assert life.prices()["K007"] == "10.07"
    assert len(life.prices()) == 60

    # Back to the first commit; what came later is withdrawn, and nothing publishes it again by itself.
    life.sandbox.lakehouse.rollback(first.id, FEED, by="mia", note="wrong year")
    assert life.prices()["K007"] == "7.07"
    statuses = [d.status for d in life.sandbox.lakehouse.lake.ledger.deliveries(FEED)]
    assert statuses == ["published", "withdrawn", "withdrawn", "withdrawn"]
    assert life.sense() is None
    assert life.prices()["K007"] == "7.07"

    # Unless it is asked for; the mapping that was turned away from is looked at once more.
    life.sandbox.lakehouse.reingest(FEED)
    assert life.sense().status == "awaiting_review"
    life.approve_on_the_page()
    assert life.sense().status == "published"
    assert life.prices()["K007"] == "10.07"
