from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, Scene, bronze, slice_of


def test_rows_on_a_branch_are_seen_there_alone(scene: Scene, feed: Feed, other: Feed) -> None:
    scene.run(feed, "A1")
    branch = scene.begin(feed, "run-2")
    scene.write(branch, "A2")

    assert scene.skus() == ["A1"]
    assert scene.skus(scene.begin(other)) == ["A1"]
    assert scene.skus(branch) == ["A2"]
    assert scene.skus(scene.lake.view(branch.name)) == ["A2"]


def test_new_columns_on_a_branch_are_seen_there_alone(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    branch = scene.begin(feed, "run-2")
    branch.ensure_table(bronze(feed, preis="long"))

    assert "preis" in branch.schema(bronze(feed).name)
    assert "preis" not in scene.lake.view().schema(bronze(feed).name)


def test_a_new_table_on_a_branch_is_seen_there_alone(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.ensure_table(bronze(feed))

    assert branch.tables() == [CORE.name, bronze(feed).name, ERRORS.name]
    assert scene.lake.view().tables() == [CORE.name, ERRORS.name]


def test_what_others_publish_does_not_change_a_branch(scene: Scene, feed: Feed, other: Feed) -> None:
    branch = scene.begin(feed)
    scene.run(other, "B1")

    assert scene.skus(branch) == []


def test_beginning_again_puts_a_branch_back_at_main(scene: Scene, feed: Feed, other: Feed) -> None:
    first = scene.begin(feed)
    scene.write(first, "A1")
    first.record_step("ingest", "x")
    scene.run(other, "B1")

    second = scene.begin(feed)

    assert scene.skus(second) == ["B1"]
    assert second.steps() == {}
    assert second.changed_pointers() == {}


def test_an_abandoned_branch_is_gone_and_leaves_no_row_behind(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    scene.write(branch, "A1")

    scene.lake.abandon(branch.name)

    assert scene.lake.branches() == []
    with pytest.raises(UsageInvalid, match="no open branch"):
        scene.lake.view(branch.name)
    with scene.lake._database.read() as connection:
        names = connection.exec_driver_sql("SELECT DISTINCT catalog_name FROM iceberg_tables").scalars().all()
    assert names == ["main"]


def test_abandoning_what_is_not_there_says_so(scene: Scene) -> None:
    with pytest.raises(UsageInvalid, match="no open branch 'feed/no/such'"):
        scene.lake.abandon("feed/no/such")


def test_a_branch_of_a_feed_is_not_touched_by_that_of_a_feed_whose_name_it_begins(scene: Scene) -> None:
    short, long = Feed("acme", "price"), Feed("acme", "price_s")
    branch = scene.begin(long)
    scene.write(branch, "L1")

    scene.lake.abandon(scene.begin(short).name)

    assert scene.skus(branch) == ["L1"]


def test_the_difference_to_main_is_told_by_table(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1", "A2")
    branch = scene.begin(feed, "run-2")
    branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, "A1", "A2", "A3")])
    branch.ensure_table(bronze(Feed("acme", "stock")))

    changes = [(c.table, c.change, c.rows_before, c.rows_after, c.files) for c in scene.lake.diff(branch.name)]

    assert changes == [
        ("product_core.product", "updated", 2, 3, 1),
        ("product_raw.acme__stock", "created", 0, 0, 0),
    ]
