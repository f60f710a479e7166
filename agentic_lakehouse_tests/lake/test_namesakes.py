from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse_tests.lake.scene import Scene

ONE, SAME = Feed("a__b", "c"), Feed("a", "b__c")


def test_a_feed_whose_table_another_feed_delivered_to_is_refused(scene: Scene) -> None:
    scene.deliver(ONE)

    with pytest.raises(UsageInvalid, match="a/b__c would share its table a__b__c with a__b/c"):
        scene.begin(SAME)

    scene.begin(ONE)


def test_a_feed_whose_table_an_open_branch_writes_is_refused(scene: Scene) -> None:
    scene.begin(ONE)

    with pytest.raises(UsageInvalid, match="which the lake has already") as error:
        scene.begin(SAME)

    assert error.value.details == {"feed": "a/b__c", "other": "a__b/c"}
    assert [branch.feed for branch in scene.lake.branches()] == ["a__b/c"]


def test_feeds_whose_names_are_alike_are_not_in_each_others_way(scene: Scene) -> None:
    for feed in (Feed("a", "b"), Feed("a", "b_c"), Feed("a_b", "c"), Feed("ab", "c")):
        scene.begin(feed)

    assert len(scene.lake.branches()) == 4
