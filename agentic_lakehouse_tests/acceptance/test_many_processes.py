"""Eight processes publish to one new lake at once, two of them the same feed; `make fuzz` gives each two feeds.

Each does what `lakehouse run` does, beginning with the making of the lake and of Dagster's history. Whatever one
of them is refused, a later run of the feed heals; and what stands in the end is what the files hold, each row once.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse.orchestration.run import run_feeds
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.settings import Settings
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.postgres import Postgres

PROCESSES = 8
FEEDS_EACH = int(os.environ.get("LAKEHOUSE_FUZZ_FEEDS_EACH", "1"))
FEEDS = [Feed("acme", f"prices_{number:02d}") for number in range(FEEDS_EACH * PROCESSES)]
SHARES = [FEEDS[number::PROCESSES] for number in range(PROCESSES)]
SHARES[1] = [FEEDS[0], *SHARES[1]]
"""What each process does, in order: the first two begin with the same feed."""

IMPORTED_ONCE = [
    "agentic_lakehouse.brain.planner.model",
    "agentic_lakehouse.engines.local",
    "agentic_lakehouse.testing",
    "scipy.optimize",
]
"""What a run imports when it comes to it; eight processes would each do so."""


@pytest.fixture(params=["sqlite", "postgres"])
def catalog_uri(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new catalog database, which the environment names as it does for users."""
    if request.param == "sqlite":
        uri = f"sqlite:///{tmp_path / 'home' / 'catalog.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        uri = postgres.new_catalog()
    monkeypatch.setenv("LAKEHOUSE_CATALOG_URI", uri)
    return uri


def products(feed: Feed) -> list[tuple[str, str, Decimal]]:
    """Key, title and price of the rows that core must hold in the end; each feed has a number of its own."""
    return [(f"{feed.name}-{n}", f"Ringordner Nr. {n}", n + Decimal("0.50")) for n in range(20 + FEEDS.index(feed))]


def price_list(feed: Feed) -> str:
    """The feed's file: a row that the next but one supersedes, a row without a price, and the products."""
    rows = [f"{feed.name}-0;Ordner, veraltet;;99,00;EUR", no_price(feed)]
    rows += [f"{key};{title};;{price};EUR".replace(".50", ",50") for key, title, price in products(feed)]
    return "Artikelnummer;Bezeichnung;EAN;Preis;Währung\n" + "\n".join(rows) + "\n"


def no_price(feed: Feed) -> str:
    return f"{feed.name}-x;Ordner;;auf Anfrage;EUR"


def publish(settings: Settings, feeds: Sequence[Feed], start: Barrier) -> None:
    """Do what `lakehouse run --feed …` does, once all are there."""
    os.environ["LAKEHOUSE_CATALOG_URI"] = settings.catalog_uri
    start.wait()
    run_feeds(Lakehouse(settings), feeds, on_done=lambda _: None)


def test_every_row_of_every_feed_is_published_once(tmp_path: Path, catalog_uri: str) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(IMPORTED_ONCE)
    start = processes.Barrier(PROCESSES)
    with Sandbox(tmp_path) as sandbox:
        for feed in FEEDS:
            sandbox.drop(str(feed), price_list(feed))
        children = [processes.Process(target=publish, args=(sandbox.settings, share, start)) for share in SHARES]
        for child in children:
            child.start()
        for child in children:
            child.join()

        assert [child.exitcode for child in children] == [0] * PROCESSES
        runs = sandbox.lakehouse.lake.governance.runs()
        assert {run.reason for run in runs if run.status == "failed"} <= {"branch_leased"}
        assert sorted(run.feed for run in runs if run.status == "published") == [str(feed) for feed in FEEDS]
        assert {sandbox.run(feed).status for feed in FEEDS} == {"unchanged"}
        rows_are_those_of_the_files(sandbox)
        history_is_one_chain(sandbox.lakehouse.lake)


def rows_are_those_of_the_files(sandbox: Sandbox) -> None:
    core = sandbox.query("SELECT source_table, source_product_id, title, price, currency FROM product_core.product")
    assert Counter(tuple(row.values()) for row in core) == Counter(
        (feed.table, *product, "EUR") for feed in FEEDS for product in products(feed)
    )
    bad = sandbox.query("SELECT source_table, raw, code, _row_number FROM product_raw.ingest_errors")
    assert Counter((row.pop("source_table"), row.pop("raw").strip(), *row.values()) for row in bad) == Counter(
        (feed.table, no_price(feed), "not_a_decimal", 2) for feed in FEEDS
    )
    superseded = sandbox.query("SELECT source_table, rule, _row_number FROM product_core.mapping_errors")
    assert Counter(tuple(row.values()) for row in superseded) == Counter(
        (feed.table, "duplicate_key", 1) for feed in FEEDS
    )
    for feed in FEEDS:
        bronze = sandbox.query(f"SELECT artikelnummer, bezeichnung, preis FROM product_raw.{feed.table}")
        assert Counter(tuple(row.values()) for row in bronze) == Counter(
            [(f"{feed.name}-0", "Ordner, veraltet", Decimal(99)), *products(feed)]
        )


def history_is_one_chain(lake: Lake) -> None:
    log = lake.log()
    assert [commit.parent for commit in log] == [*(commit.id for commit in log[1:]), None]
    assert [commit.kind for commit in log] == [*["publish"] * len(FEEDS), "create"]
    published = {commit.feed: commit.id for commit in log}
    for feed in FEEDS:
        [delivery] = lake.ledger.deliveries(feed)
        assert (delivery.status, delivery.rows_in) == ("published", len(products(feed)) + 2)
        assert delivery.commit_id == published[str(feed)]
    assert lake.branches() == []
