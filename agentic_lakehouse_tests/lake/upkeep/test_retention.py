from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.policy import RetentionPolicy
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake import commits
from agentic_lakehouse.lake.upkeep.leftovers import Leftovers
from agentic_lakehouse_tests.lake.scene import DAY, NOW, Scene, slice_of
from agentic_lakehouse_tests.lake.upkeep.tidy import KEEP_NEWEST, age, clean, now, warehouse

YEAR = RetentionPolicy(raw_days=365)


def kept(scene: Scene) -> list[str]:
    """What the messages of the commits say whose tables are kept, oldest first."""
    return [commit.message for commit in reversed(scene.lake.log()) if not commit.forgotten]


def history(scene: Scene, feed: Feed, *messages: str) -> list[str]:
    found = []
    for message in messages:
        branch = scene.begin(feed, message)
        branch.replace_slice("product_core.product", slice_of(feed), [scene.core_rows(feed, message)])
        scene.audited(branch, scene.approve(feed))
        found.append(scene.publish(branch, message=message))
    return found


def test_the_newest_commits_are_kept_whatever_their_age(scene: Scene, feed: Feed) -> None:
    history(scene, feed, "one", "two", "three")

    past = scene.lake.housekeeping.forget(RetentionPolicy(history_days=0, history_commits=2), now=now())

    assert past.commits == 2
    assert kept(scene) == ["two", "three"]


def test_young_commits_are_kept_however_many(scene: Scene, feed: Feed) -> None:
    history(scene, feed, "one", "two", "three")

    assert scene.lake.housekeeping.forget(RetentionPolicy(history_days=1, history_commits=1), now=now()).commits == 0
    tomorrow = now() + timedelta(days=1)
    assert scene.lake.housekeeping.forget(RetentionPolicy(history_days=1, history_commits=1), now=tomorrow).commits == 3


def test_what_an_open_branch_began_at_is_kept_and_all_after_it(scene: Scene, feed: Feed, other: Feed) -> None:
    history(scene, feed, "one", "two")
    scene.begin(other)
    history(scene, feed, "three", "four")

    scene.lake.housekeeping.forget(KEEP_NEWEST, now=now())

    assert kept(scene) == ["two", "three", "four"]


def test_a_branch_and_commits_can_be_thought_away_and_up(scene: Scene, feed: Feed, other: Feed) -> None:
    history(scene, feed, "one", "two")
    scene.begin(other)
    history(scene, feed, "three")
    house = scene.lake.housekeeping

    assert house.past(KEEP_NEWEST, now=now()).commits == 2
    assert house.past(KEEP_NEWEST, now=now(), without=Leftovers((other.branch,), ())).commits == 3
    assert house.past(KEEP_NEWEST, now=now(), without=Leftovers((other.branch,), ()), coming=1).commits == 4
    assert len(kept(scene)) == 4


def test_a_forgotten_commit_stands_in_the_log_and_is_refused_elsewhere(scene: Scene, feed: Feed) -> None:
    [first, *_] = history(scene, feed, "one", "two", "three")
    scene.lake.housekeeping.forget(KEEP_NEWEST, now=now())

    assert [commit.forgotten for commit in scene.lake.log()] == [False, True, True, True]
    for refused in (
        lambda: scene.lake.view(at=first),
        lambda: scene.lake.rollback(first, feed=feed, slice_=slice_of(feed), author="person:Mia"),
    ):
        with pytest.raises(UsageInvalid, match="no longer kept"):
            refused()


def test_a_second_time_nothing_is_forgotten(scene: Scene, feed: Feed) -> None:
    history(scene, feed, "one", "two")
    house = scene.lake.housekeeping

    assert house.forget(KEEP_NEWEST, now=now()).commits == 2
    assert house.forget(KEEP_NEWEST, now=now()).commits == 0


def test_kept_commits_read_as_before_across_checkpoints(
    scene: Scene, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "CHECKPOINT_EVERY", 3)
    names = [str(number) for number in range(8)]
    ids = history(scene, feed, *names)
    age(scene)

    clean(scene, RetentionPolicy(history_days=0, history_commits=4))

    assert [scene.skus(scene.lake.view(at=commit)) for commit in ids[4:]] == [["4"], ["5"], ["6"], ["7"]]


@pytest.fixture
def raw(scene: Scene) -> Path:
    folder = warehouse(scene) / "_raw"
    folder.mkdir()
    return folder


def keep(scene: Scene, raw: Path, feed: Feed, content: str, *, day: date = DAY, path: str = "p.csv") -> Delivery:
    """Keep bytes and enter them; old enough for a stray file."""
    stand(raw, sha256_of(content))
    return scene.lake.ledger.register(
        feed,
        path=f"{feed}/{path}",
        sha256=sha256_of(content),
        byte_size=4,
        mtime_ns=1,
        raw_uri=str(raw / sha256_of(content)),
        ingestion_date=day,
    )


def stand(raw: Path, name: str) -> None:
    (raw / name).write_text("rows")
    os.utime(raw / name, (0, 0))


def settle(scene: Scene, feed: Feed, *deliveries: Delivery) -> None:
    branch = scene.begin(feed, deliveries[-1].delivery_id)
    scene.write(branch, "A1")
    scene.audited(branch, scene.approve(feed))
    scene.publish(branch, *(scene.lake.ledger.loaded(feed, d.delivery_id, rows_in=1) for d in deliveries))


def let_go(scene: Scene, *, at: datetime = NOW + timedelta(days=366), policy: RetentionPolicy = YEAR) -> set[str]:
    """Remove what is needed no longer; return the names of what is left."""
    kept_bytes = scene.lake.housekeeping.kept_bytes("_raw")
    for file in [*kept_bytes.settled(policy, now=at), *kept_bytes.stray(policy, now=at)]:
        kept_bytes.let_go(file, policy, now=at)
    return {path.name for path in (warehouse(scene) / "_raw").iterdir()}


def test_the_bytes_of_a_delivery_that_was_settled_long_ago_go(scene: Scene, raw: Path, feed: Feed) -> None:
    settle(scene, feed, keep(scene, raw, feed, "A"))

    assert let_go(scene) == set()


def test_they_stay_until_they_are_older_than_the_policy_says(scene: Scene, raw: Path, feed: Feed) -> None:
    settle(scene, feed, keep(scene, raw, feed, "A"))

    assert let_go(scene, at=NOW + timedelta(days=365)) == {sha256_of("A")}


def test_the_bytes_of_deliveries_that_wait_stay_for_ever(scene: Scene, raw: Path, feed: Feed) -> None:
    keep(scene, raw, feed, "pending", path="a.csv")
    keep(scene, raw, feed, "failed", path="b.csv")
    scene.lake.ledger.failed(feed, path=f"{feed}/b.csv")

    assert let_go(scene) == {sha256_of("pending"), sha256_of("failed")}


def test_the_bytes_of_a_delivery_that_is_asked_for_again_stay(scene: Scene, raw: Path, feed: Feed) -> None:
    delivery = keep(scene, raw, feed, "A")
    settle(scene, feed, delivery)
    scene.lake.ledger.ask_again(feed, [delivery.delivery_id])

    assert let_go(scene) == {sha256_of("A")}


def test_bytes_that_another_delivery_of_any_feed_needs_stay(scene: Scene, raw: Path, feed: Feed, other: Feed) -> None:
    settle(scene, feed, keep(scene, raw, feed, "waits elsewhere"))
    keep(scene, raw, other, "waits elsewhere")
    settle(scene, feed, keep(scene, raw, feed, "came again"))
    settle(scene, other, again := keep(scene, raw, other, "came again", day=DAY + timedelta(days=9), path="q.csv"))

    assert let_go(scene) == {sha256_of("waits elsewhere"), again.sha256}


def test_a_withdrawn_deliverys_bytes_go_as_a_published_ones_do(scene: Scene, raw: Path, feed: Feed) -> None:
    before = scene.run(feed, "A0")
    settle(scene, feed, keep(scene, raw, feed, "A"))
    scene.lake.rollback(before, feed=feed, slice_=slice_of(feed), author="person:Mia")

    assert scene.lake.ledger.deliveries(feed)[0].status == "withdrawn"
    assert let_go(scene) == set()


def test_bytes_and_halves_that_no_delivery_names_go_when_they_are_old_enough(scene: Scene, raw: Path) -> None:
    stand(raw, sha256_of("a run died before it entered this"))
    stand(raw, ".5f0c9d1e2a3b.part")
    (raw / ".being-written.part").touch()

    assert let_go(scene, at=now()) == {".being-written.part"}


def test_bytes_that_a_delivery_came_to_need_after_the_look_stay(scene: Scene, raw: Path, feed: Feed) -> None:
    settle(scene, feed, keep(scene, raw, feed, "A"))
    later = NOW + timedelta(days=366)
    kept_bytes = scene.lake.housekeeping.kept_bytes("_raw")
    [file] = kept_bytes.settled(YEAR, now=later)
    keep(scene, raw, Feed("acme", "stock"), "A")

    assert not kept_bytes.let_go(file, YEAR, now=later)
    assert (raw / sha256_of("A")).exists()
