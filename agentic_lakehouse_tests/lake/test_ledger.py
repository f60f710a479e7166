from __future__ import annotations

from datetime import date

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.ledger import Ledger
from agentic_lakehouse_tests.lake.scene import DAY, Scene


@pytest.fixture
def ledger(scene: Scene) -> Ledger:
    return scene.lake.ledger


def register(ledger: Ledger, feed: Feed, content: str, path: str = "a.csv", day: date = DAY) -> Delivery:
    return ledger.register(
        feed,
        path=path,
        sha256=content * 64,
        byte_size=1,
        mtime_ns=1,
        raw_uri=f"raw/{content}",
        ingestion_date=day,
    )


def test_a_then_b_then_a_is_three_deliveries(ledger: Ledger, feed: Feed) -> None:
    ids = [register(ledger, feed, content).delivery_id for content in "aba"]

    assert ids == ["00000001-aaaaaaaaaaaa", "00000002-bbbbbbbbbbbb", "00000003-aaaaaaaaaaaa"]
    assert [d.delivery_id for d in ledger.pending(feed)] == ids
    assert ledger.latest_by_path(feed)["a.csv"].delivery_id == ids[2]


def test_the_same_bytes_again_are_no_new_delivery_and_keep_their_day(ledger: Ledger, feed: Feed) -> None:
    first = register(ledger, feed, "a")

    assert register(ledger, feed, "a", day=date(2027, 1, 1)) == first


def test_the_same_bytes_on_another_path_are_another_delivery(ledger: Ledger, feed: Feed) -> None:
    register(ledger, feed, "a", "a.csv")
    register(ledger, feed, "a", "b.csv")

    assert sorted(ledger.latest_by_path(feed)) == ["a.csv", "b.csv"]


def test_feeds_number_their_deliveries_apart(ledger: Ledger, feed: Feed, other: Feed) -> None:
    register(ledger, feed, "a")
    register(ledger, other, "a")
    ledger.touch(other, "00000001-aaaaaaaaaaaa", mtime_ns=7)

    assert ledger.deliveries(feed)[0].mtime_ns == 1
    assert ledger.deliveries(other)[0].mtime_ns == 7


def test_what_is_learnt_of_a_delivery_is_kept_with_it(ledger: Ledger, feed: Feed) -> None:
    delivery = register(ledger, feed, "a")

    ledger.described(feed, delivery.delivery_id, spec_sha256="s")
    ledger.loaded(feed, delivery.delivery_id, rows_in=7)

    assert ledger.deliveries(feed) == [delivery.model_copy(update={"spec_sha256": "s", "rows_in": 7})]


def test_a_failed_delivery_waits_and_once_loaded_is_like_any_other(ledger: Ledger, feed: Feed) -> None:
    delivery = register(ledger, feed, "a")
    ledger.failed(feed, path="a.csv")
    assert [(d.delivery_id, d.status) for d in ledger.pending(feed)] == [(delivery.delivery_id, "failed")]

    assert ledger.loaded(feed, delivery.delivery_id, rows_in=1).status == "pending"


def test_a_failed_delivery_leaves_the_queue_when_its_path_has_other_bytes_or_no_file(
    ledger: Ledger, feed: Feed
) -> None:
    for path in ("replaced.csv", "removed.csv", "standing.csv"):
        register(ledger, feed, "a", path)
        ledger.failed(feed, path=path)
    register(ledger, feed, "b", "replaced.csv")

    gone = ledger.withdraw_failed(feed, standing={"replaced.csv", "standing.csv"})

    assert {d.path for d in gone} == {"replaced.csv", "removed.csv"}
    assert [(d.path, d.status) for d in ledger.pending(feed)] == [
        ("standing.csv", "failed"),
        ("replaced.csv", "pending"),
    ]
    assert len(ledger.deliveries(feed, "withdrawn")) == 2


def test_a_published_delivery_is_not_failed_or_loaded_into_waiting(scene: Scene, feed: Feed) -> None:
    ledger = scene.lake.ledger
    delivery = scene.deliver(feed)
    branch = scene.begin(feed)
    scene.audited(branch, scene.approve(feed))
    scene.publish(branch, delivery)

    ledger.failed(feed, path=delivery.path)
    ledger.loaded(feed, delivery.delivery_id, rows_in=1)

    assert [d.status for d in ledger.deliveries(feed)] == ["published"]


def test_a_delivery_that_is_not_there_is_named(ledger: Ledger, feed: Feed) -> None:
    with pytest.raises(UsageInvalid, match="acme/prices has no delivery 'x'"):
        ledger.touch(feed, "x", mtime_ns=1)


def test_deliveries_outlive_their_branch(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    delivery = scene.deliver(feed)

    scene.lake.abandon(branch.name)

    assert scene.lake.ledger.pending(feed) == [delivery]
