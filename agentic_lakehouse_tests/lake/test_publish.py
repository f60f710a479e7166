from __future__ import annotations

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.lake.scene import CORE, Scene, bronze, proposal, slice_of


def test_a_published_branch_is_main_and_is_gone(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    scene.write(branch, "A1", "A2")
    scene.audited(branch, scene.approve(feed))

    commit = scene.publish(branch)

    assert scene.skus() == ["A1", "A2"]
    assert scene.lake.view().row_count(bronze(feed).name) == 2
    assert scene.lake.branches() == []
    assert scene.lake.log(1)[0].id == commit


def test_deliveries_mapping_and_spec_come_into_force_with_the_commit(scene: Scene, feed: Feed) -> None:
    governance = scene.lake.governance
    old = scene.approve(feed, columns="old")
    branch = scene.begin(feed)
    scene.write(branch, "A1")
    scene.audited(branch, old)
    scene.publish(branch)
    new = scene.approve(feed, columns="new")
    delivery = scene.deliver(feed)
    branch = scene.begin(feed, "run-2")
    scene.write(branch, "A2")
    scene.audited(branch, new)

    commit = scene.publish(branch, delivery)

    assert governance.active(feed, "mapping") == new.model_copy(update={"status": "active"})
    assert governance.proposal(old.id).status == "superseded"
    assert [(d.status, d.commit_id) for d in scene.lake.ledger.deliveries(feed)] == [("published", commit)]
    assert scene.lake.ledger.pending(feed) == []


def test_the_spec_of_the_newest_delivery_comes_into_force(scene: Scene, feed: Feed) -> None:
    spec = scene.lake.governance.propose(proposal(feed, "spec"))
    delivery = scene.deliver(feed)
    scene.lake.ledger.described(feed, delivery.delivery_id, spec_sha256=spec.sha256)
    branch = scene.begin(feed)
    scene.write(branch, "A1")
    scene.audited(branch, scene.approve(feed))

    scene.publish(branch, delivery)

    assert scene.lake.governance.proposal(spec.id).status == "active"


def test_a_changed_mapping_alone_can_be_published(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1", "A2")
    branch = scene.begin(feed, "run-2")
    branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, "A1")])
    scene.audited(branch, scene.approve(feed, columns="fewer"))

    scene.publish(branch)

    assert scene.skus() == ["A1"]
    assert scene.lake.view().row_count(bronze(feed).name) == 2


def test_a_mapping_that_is_approved_while_another_is_published_waits_for_the_next_run(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    branch = scene.begin(feed, "run-2")
    scene.write(branch, "A2")
    scene.audited(branch, scene.approve(feed))
    newer = scene.approve(feed, columns="newer")

    scene.publish(branch)

    assert scene.lake.governance.approved_or_active(feed, "mapping") == newer


def test_the_fold_of_the_last_commit_is_known(scene: Scene, feed: Feed, other: Feed) -> None:
    assert scene.lake.published_fold(feed) is None
    scene.run(feed, "A1")
    scene.run(other, "B1")

    assert scene.lake.published_fold(feed) == f"fold of {scene.approve(feed).id}"
