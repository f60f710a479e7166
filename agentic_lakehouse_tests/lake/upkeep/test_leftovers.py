from __future__ import annotations

from datetime import timedelta

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake import catalog
from agentic_lakehouse.lake.scratch import Scratch
from agentic_lakehouse_tests.lake.scene import CORE, Scene
from agentic_lakehouse_tests.lake.upkeep.tidy import now


def test_a_branch_that_nobody_holds_and_nothing_waits_for_is_dropped(scene: Scene, feed: Feed) -> None:
    scene.begin(feed).release()

    found = scene.lake.housekeeping.drop_leftovers(now=now())

    assert found.branches == (feed.branch,)
    assert scene.lake.branches() == []
    with scene.lake._database.read() as connection:
        assert catalog.names(connection) == ["main"]


def test_a_look_at_them_drops_none(scene: Scene, feed: Feed) -> None:
    scene.begin(feed).release()

    assert scene.lake.housekeeping.leftovers(now=now()).branches == (feed.branch,)
    assert [branch.name for branch in scene.lake.branches()] == [feed.branch]


def test_a_branch_that_a_run_holds_stays(scene: Scene, feed: Feed) -> None:
    scene.begin(feed)

    assert scene.lake.housekeeping.drop_leftovers(now=now()).branches == ()


def test_a_branch_whose_run_is_not_heard_of_any_more_goes(scene: Scene, feed: Feed) -> None:
    scene.begin(feed, lease_seconds=0)

    assert scene.lake.housekeeping.drop_leftovers(now=now()).branches == (feed.branch,)


def test_a_branch_whose_delivery_waits_stays(scene: Scene, feed: Feed, other: Feed) -> None:
    scene.deliver(feed)
    failed = scene.deliver(other)
    scene.lake.ledger.failed(other, path=failed.path)
    for one in (feed, other):
        scene.begin(one).release()

    assert scene.lake.housekeeping.drop_leftovers(now=now()).branches == ()


def test_a_branch_whose_delivery_is_asked_for_again_stays(scene: Scene, feed: Feed) -> None:
    delivery = scene.deliver(feed)
    branch = scene.begin(feed)
    scene.write(branch, "A1")
    scene.audited(branch, scene.approve(feed))
    scene.publish(branch, delivery)
    scene.begin(feed).release()
    scene.lake.ledger.ask_again(feed, [delivery.delivery_id])

    assert scene.lake.housekeeping.drop_leftovers(now=now()).branches == ()


def test_a_scratch_catalog_goes_when_it_is_a_day_old(scene: Scene) -> None:
    lake = scene.lake
    Scratch(lake._database, lake._warehouse).edit(CORE.name, lake.view().pointers()[CORE.name], lambda _: None)

    young = lake.housekeeping.drop_leftovers(now=now())
    old = lake.housekeeping.drop_leftovers(now=now() + timedelta(days=1, seconds=2))

    assert (len(young.catalogs), len(old.catalogs)) == (0, 1)
    with lake._database.read() as connection:
        assert catalog.names(connection) == ["main"]
