"""Going back, and doing deliveries again, as a user sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.testing import Sandbox

HEADER = "Artikelnummer;Bezeichnung;EAN;Preis;Währung\n"


def price_list(first: int, last: int, price: str = "1,50") -> str:
    return HEADER + "".join(f"R{n};Ringordner A4 Nr. {n};;{price};EUR\n" for n in range(first, last))


@pytest.fixture
def feed(sandbox: Sandbox) -> Feed:
    """A feed with two published deliveries."""
    feed = sandbox.drop("acme/prices", price_list(0, 20), name="one.csv")
    assert sandbox.run(feed).status == "published"
    sandbox.drop("acme/prices", price_list(10, 30, "2,50"), name="two.csv")
    assert sandbox.run(feed).status == "published"
    return feed


def commits(sandbox: Sandbox, feed: Feed) -> list[str]:
    """Return the feed's commits, oldest first."""
    return [c.id for c in reversed(sandbox.lakehouse.lake.log(feed=feed))]


def counts(sandbox: Sandbox) -> tuple[int, int]:
    """Return the numbers of core rows, and of those with the second delivery's price."""
    sql = "SELECT count(*) AS n, count_if(price = 2.5) AS new FROM product_core.product"
    return tuple(sandbox.query(sql)[0].values())  # type: ignore[return-value]


def test_what_was_taken_back_is_not_published_again_by_itself(sandbox: Sandbox, feed: Feed) -> None:
    assert counts(sandbox) == (30, 20)

    sandbox.lakehouse.rollback(commits(sandbox, feed)[0], feed, by="mia")

    assert counts(sandbox) == (20, 0)
    assert sandbox.run(feed).status == "unchanged"
    assert counts(sandbox) == (20, 0)


def test_a_later_delivery_is_published_without_what_was_taken_back(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.lakehouse.rollback(commits(sandbox, feed)[0], feed, by="mia")
    sandbox.drop("acme/prices", price_list(40, 50, "2,50"), name="three.csv")

    assert sandbox.run(feed).status == "published"
    assert counts(sandbox) == (30, 10)


def test_what_was_taken_back_is_published_again_when_somebody_asks(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.lakehouse.rollback(commits(sandbox, feed)[0], feed, by="mia")

    [asked] = sandbox.lakehouse.reingest(feed)
    run = sandbox.run(feed)

    assert asked.path.endswith("two.csv")
    assert (run.status, run.rows_in, run.model_calls) == ("published", 20, 0)
    assert counts(sandbox) == (30, 20)
    assert sandbox.run(feed).status == "unchanged"


def test_a_delivery_done_again_leaves_every_table_as_it_was(sandbox: Sandbox, feed: Feed) -> None:
    shown = "SELECT * EXCLUDE (_run_id) FROM product_core.product ORDER BY ALL"
    before = sandbox.query(shown)
    first = sandbox.lakehouse.lake.ledger.deliveries(feed)[0]

    sandbox.lakehouse.reingest(feed, [first.delivery_id])
    run = sandbox.run(feed)

    assert (run.status, run.rows_in) == ("published", 20)
    assert sandbox.query(shown) == before
    assert sandbox.query("SELECT count(*) AS n FROM product_raw.acme__prices") == [{"n": 40}]


def test_it_is_done_from_the_kept_bytes_though_the_file_is_gone(sandbox: Sandbox, feed: Feed) -> None:
    for file in (sandbox.root / "landing" / "acme" / "prices").iterdir():
        file.unlink()

    sandbox.lakehouse.reingest(feed)

    assert sandbox.run(feed).status == "published"
    assert counts(sandbox) == (30, 20)


def test_without_its_bytes_it_is_refused(sandbox: Sandbox, feed: Feed) -> None:
    newest = sandbox.lakehouse.lake.ledger.deliveries(feed)[-1]
    Path(newest.raw_uri).unlink()

    with pytest.raises(UsageInvalid, match=r"two\.csv.* are no longer kept"):
        sandbox.lakehouse.reingest(feed)
    with pytest.raises(UsageInvalid, match="has no delivery '9'"):
        sandbox.lakehouse.reingest(feed, ["9"])

    assert sandbox.run(feed).status == "unchanged"


def test_one_that_cannot_be_loaded_again_stays_as_it_stood(sandbox: Sandbox, feed: Feed) -> None:
    newest = sandbox.lakehouse.lake.ledger.deliveries(feed)[-1]
    sandbox.lakehouse.reingest(feed)
    Path(newest.raw_uri).write_bytes(HEADER.encode())

    run = sandbox.run(feed)

    assert run.status == "failed"
    assert "two.csv: its kept bytes are not those that were kept" in run.errors[0]
    assert counts(sandbox) == (30, 20)
    assert [(d.status, d.redo) for d in sandbox.lakehouse.lake.ledger.deliveries(feed)] == [("published", False)] * 2


def test_rules_that_a_rollback_turned_away_from_rebuild_nothing_by_themselves(sandbox: Sandbox, feed: Feed) -> None:
    sandbox.facts("acme", "currency: USD\n")
    assert sandbox.run(feed).status == "published"
    assert sandbox.lakehouse.lake.log(feed=feed)[0].message.startswith("publish")

    sandbox.lakehouse.rollback(commits(sandbox, feed)[1], feed, by="mia")
    assert sandbox.run(feed).status == "unchanged"

    sandbox.facts("acme", "currency: CHF\n")
    assert sandbox.run(feed).status == "published"
