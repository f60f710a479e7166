from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import CatalogUnavailable, UsageInvalid
from agentic_lakehouse.lake import commits
from agentic_lakehouse_tests.lake.scene import CORE, Scene, bronze, slice_of


def test_every_commit_says_who_what_and_why(scene: Scene, feed: Feed) -> None:
    first = scene.run(feed, "A1")
    second = scene.run(feed, "A1", "A2", run_id="run-2")

    newest, before, created = scene.lake.log()

    assert (newest.id, newest.parent, before.id, before.parent) == (second, first, first, created.id)
    assert (newest.feed, newest.run_id, newest.author) == ("acme/prices", "run-2", "run:run-2")
    assert [(c.table, c.change, c.rows_before, c.rows_after) for c in newest.changes] == [
        (CORE.name, "updated", 1, 2),
        (bronze(feed).name, "updated", 1, 3),
    ]
    assert newest.audit is not None
    assert newest.audit.mapping_sha256 == scene.approve(feed).sha256
    assert (created.author, created.audit) == ("lakehouse", None)


def test_the_log_can_be_cut_and_be_of_one_feed(scene: Scene, feed: Feed, other: Feed) -> None:
    first, second = scene.run(feed, "A1"), scene.run(other, "B1")

    assert [c.id for c in scene.lake.log(1)] == [second]
    assert [c.id for c in scene.lake.log(feed=feed)] == [first]


def test_the_lake_reads_as_it_was_at_every_commit_also_across_checkpoints(
    scene: Scene, feed: Feed, other: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "CHECKPOINT_EVERY", 4)
    expected: dict[str, tuple[list[str], int]] = {}
    for number in range(5):
        for one in (feed, other):
            commit = scene.run(one, f"{one.vendor}-{number}", run_id=str(number))
            view = scene.lake.view()
            expected[commit] = (scene.skus(), view.row_count(bronze(feed).name))

    for commit, (skus, bronze_rows) in expected.items():
        view = scene.lake.view(at=commit)
        assert scene.skus(view) == skus
        assert view.row_count(bronze(feed).name) == bronze_rows
    assert scene.lake.view(at=scene.lake.log()[-1].id).tables() == [CORE.name, "product_raw.ingest_errors"]


def test_a_commit_can_be_named_by_the_beginning_of_its_id(scene: Scene, feed: Feed) -> None:
    commit = scene.run(feed, "A1")
    scene.run(feed, "A2", run_id="run-2")

    assert scene.skus(scene.lake.view(at=commit[:12])) == ["A1"]


@pytest.mark.parametrize("prefix", ["", "zzz", "%", "_"])
def test_what_names_no_single_commit_is_refused(scene: Scene, feed: Feed, prefix: str) -> None:
    scene.run(feed, "A1")

    with pytest.raises(UsageInvalid, match="At "):
        scene.lake.view(at=prefix)


def test_a_branch_has_no_commits_of_its_own(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)

    with pytest.raises(UsageInvalid, match="no commits of its own"):
        scene.lake.view(branch.name, at="abc")


def test_a_view_stays_as_it_was_opened(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    view = scene.lake.view()

    scene.run(feed, "A2", run_id="run-2")

    assert scene.skus(view) == ["A1"]
    assert scene.skus() == ["A2"]


def test_old_metadata_outlives_every_commit_and_abandoned_branch(scene: Scene, feed: Feed) -> None:
    first = scene.run(feed, "A0")
    for number in range(1, 5):
        branch = scene.begin(feed, str(number))
        branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, f"X{number}")])
        scene.lake.abandon(branch.name)
        scene.run(feed, f"A{number}", run_id=str(number))

    assert scene.skus(scene.lake.view(at=first)) == ["A0"]


def test_a_metadata_file_that_is_gone_is_named(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    location = scene.lake.view().pointers()[CORE.name]
    scene.lake._warehouse.table_at.cache_clear()
    scene.folder.joinpath(location).unlink()

    with pytest.raises(CatalogUnavailable, match="which is not there") as error:
        scene.lake.view().row_count(CORE.name)

    assert error.value.details["location"] == location
