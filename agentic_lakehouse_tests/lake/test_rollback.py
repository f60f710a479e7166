from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import BranchLeased, UsageInvalid
from agentic_lakehouse_tests.lake.scene import CORE, Scene, bronze, slice_of


def publish(scene: Scene, feed: Feed, content: str, *skus: str) -> str:
    """Deliver, load, audit and publish."""
    delivery = scene.deliver(feed, content)
    branch = scene.begin(feed, f"run of {content}")
    scene.write(branch, *skus)
    scene.audited(branch, scene.approve(feed))
    return scene.publish(branch, delivery)


def back(scene: Scene, commit: str, feed: Feed | None, note: str = "") -> str:
    slice_ = slice_of(feed) if feed else {}
    return scene.lake.rollback(commit, feed=feed, slice_=slice_, author="person:mia", note=note)


def statuses(scene: Scene, feed: Feed) -> list[str]:
    return [d.status for d in scene.lake.ledger.deliveries(feed)]


def test_one_feed_goes_back_and_no_other_moves(scene: Scene, feed: Feed, other: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    publish(scene, other, "B", "B1")
    publish(scene, feed, "C", "A1", "A2")

    back(scene, first, feed)

    assert scene.skus() == ["A1", "B1"]
    assert scene.lake.view().row_count(bronze(feed).name) == 1
    assert scene.lake.view().row_count(bronze(other).name) == 1
    assert statuses(scene, feed) == ["published", "withdrawn"]
    assert statuses(scene, other) == ["published"]


def test_it_is_a_commit_itself_and_can_be_taken_back(scene: Scene, feed: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    second = publish(scene, feed, "B", "A1", "A2")
    gone_back = back(scene, first, feed, "wrong prices")

    last = scene.lake.log(1)[0]
    assert (last.id, last.kind, last.feed, last.author) == (gone_back, "rollback", str(feed), "person:mia")
    assert last.message == f"{feed} back to {first[:12]}: wrong prices"

    back(scene, second, feed)

    assert scene.skus() == ["A1", "A2"]
    assert statuses(scene, feed) == ["published", "published"]
    back(scene, gone_back, feed)
    assert scene.skus() == ["A1"]
    assert statuses(scene, feed) == ["published", "withdrawn"]


def test_before_its_first_commit_a_feed_has_nothing(scene: Scene, feed: Feed, other: Feed) -> None:
    before = publish(scene, other, "B", "B1")
    publish(scene, feed, "A", "A1")

    back(scene, before, feed)

    assert scene.skus() == ["B1"]
    assert not scene.lake.view().exists(bronze(feed).name)
    assert statuses(scene, feed) == ["withdrawn"]
    assert scene.lake.published_fold(feed) is None


def test_the_whole_lake_goes_back(scene: Scene, feed: Feed, other: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    publish(scene, other, "B", "B1")
    publish(scene, feed, "C", "A1", "A2")
    before = scene.lake.view(at=first).pointers()

    back(scene, first, None)

    assert scene.lake.view().pointers() == before
    assert statuses(scene, feed) == ["published", "withdrawn"]
    assert statuses(scene, other) == ["withdrawn"]
    assert {c.table: c.change for c in scene.lake.log(1)[0].changes}[bronze(other).name] == "dropped"


def test_the_feed_can_publish_again_from_there(scene: Scene, feed: Feed, other: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    publish(scene, feed, "B", "A2")
    back(scene, first, feed)
    publish(scene, other, "C", "B1")

    publish(scene, feed, "D", "A3")

    assert scene.skus() == ["A3", "B1"]
    assert scene.lake.view().row_count(bronze(feed).name) == 2
    assert statuses(scene, feed) == ["published", "withdrawn", "published"]


def test_its_rules_are_those_of_then_and_the_ones_it_left_are_remembered(scene: Scene, feed: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    branch = scene.begin(feed)
    scene.write(branch, "A2")
    scene.audited(branch, scene.approve(feed, columns="others"))
    scene.publish(branch)
    left = scene.lake.published_fold(feed)

    back(scene, first, feed)

    mark = scene.lake.mark(feed)
    assert mark is not None
    assert mark.fold_sha256 != left
    assert mark.left_sha256 == left


def test_decisions_never_go_back_and_the_mapping_of_then_is_in_force_again(scene: Scene, feed: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    old = scene.lake.governance.active(feed, "mapping")
    second = scene.approve(feed, columns="others")
    branch = scene.begin(feed)
    scene.write(branch, "A2")
    scene.audited(branch, second)
    scene.publish(branch)
    reviews = scene.lake.governance.reviews()

    back(scene, first, feed, "wrong prices")

    *before, turned_away = scene.lake.governance.reviews()
    assert before == reviews
    assert (turned_away.proposal_id, turned_away.decision, turned_away.by) == (second.id, "rejected", "mia")
    active = scene.lake.governance.active(feed, "mapping")
    assert (active and active.id) == (old and old.id)
    assert scene.lake.governance.proposal(second.id).status == "proposed"


def test_before_its_first_commit_a_feed_keeps_the_mapping_in_force(scene: Scene, feed: Feed, other: Feed) -> None:
    before = publish(scene, other, "B", "B1")
    publish(scene, feed, "A", "A1")
    active = scene.lake.governance.active(feed, "mapping")

    back(scene, before, feed)

    assert scene.lake.governance.active(feed, "mapping") == active


def test_a_feed_that_a_run_works_on_does_not_go_back(scene: Scene, feed: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    publish(scene, feed, "B", "A2")
    scene.begin(feed, "busy")

    with pytest.raises(BranchLeased, match="run busy"):
        back(scene, first, feed)
    with pytest.raises(BranchLeased, match="run busy"):
        back(scene, first, None)

    assert scene.skus() == ["A2"]
    assert statuses(scene, feed) == ["published", "published"]


def test_a_branch_that_nobody_holds_is_closed(scene: Scene, feed: Feed, other: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    publish(scene, feed, "B", "A2")
    scene.begin(feed, "waits").release()
    scene.begin(other, "others")

    back(scene, first, feed)

    assert [b.name for b in scene.lake.branches()] == [other.branch]


def test_another_feed_that_is_being_published_meanwhile_lands_beside_it(scene: Scene, feed: Feed, other: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    publish(scene, feed, "B", "A2")
    branch = scene.begin(other, "others")
    scene.write(branch, "B1")
    scene.audited(branch, scene.approve(other))

    back(scene, first, feed)
    scene.publish(branch)

    assert scene.skus() == ["A1", "B1"]


def test_what_waits_goes_on_waiting(scene: Scene, feed: Feed) -> None:
    first = publish(scene, feed, "A", "A1")
    publish(scene, feed, "B", "A2")
    waiting = scene.deliver(feed, "C", path="new.csv")

    back(scene, first, feed)

    assert [d.delivery_id for d in scene.lake.ledger.pending(feed)] == [waiting.delivery_id]


def test_a_commit_at_which_all_stood_as_it_does_is_refused(scene: Scene, feed: Feed) -> None:
    publish(scene, feed, "A", "A1")
    head = publish(scene, feed, "B", "A2")

    with pytest.raises(UsageInvalid, match="stands as it did"):
        back(scene, head, feed)
    with pytest.raises(UsageInvalid, match="there is no such commit"):
        back(scene, "fff", feed)


def test_where_main_moves_while_it_is_prepared_it_is_prepared_again(
    scene: Scene, feed: Feed, other: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(scene, feed, "A", "A1")
    publish(scene, feed, "B", "A2")
    from agentic_lakehouse.lake import rollback

    swap, told = rollback.swap, iter([lambda: publish(scene, other, "C", "B1")])

    def overtaken(*args: object, **kwargs: object) -> None:
        swap(*args, **kwargs)  # type: ignore[arg-type]
        next(told, lambda: None)()

    monkeypatch.setattr(rollback, "swap", overtaken)
    back(scene, first, feed)

    assert scene.skus() == ["A1", "B1"]
    assert scene.lake.view().row_count(CORE.name) == 2
