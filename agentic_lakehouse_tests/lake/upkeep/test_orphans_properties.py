"""Whatever happened to a lake: after a cleaning every state that is kept reads as before, and nothing is left over."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.policy import RetentionPolicy
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse_tests.lake.scene import CORE, Scene, bronze, slice_of
from agentic_lakehouse_tests.lake.upkeep.tidy import age, bundles, clean, rewritten, states

FEEDS = (Feed("acme", "prices"), Feed("kontor", "stock"))
DEEDS = ("publish", "begin", "redo", "abandon", "compact", "roll back")

deeds = st.lists(st.tuples(st.sampled_from(DEEDS), st.sampled_from(FEEDS), st.integers(0, 9)), min_size=3, max_size=7)


def do(scene: Scene, deed: str, feed: Feed, number: int) -> None:
    is_open = any(branch.name == feed.branch for branch in scene.lake.branches())
    kept = [commit for commit in scene.lake.log() if not commit.forgotten]
    if deed == "publish":
        scene.run(feed, f"{feed}-{number}")
    elif deed == "begin":
        branch = scene.begin(feed)
        scene.write(branch, f"{feed}-{number}")
        branch.record_step("conform", "same")
    elif deed == "redo" and is_open:
        branch = scene.lake.resume(feed, "run-1", after="conform", inputs="same", lease_seconds=600)
        branch.append(bronze(feed).name, [scene.bronze_rows(feed, str(number))])
        branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, f"{feed}-{number}")])
    elif deed == "abandon" and is_open:
        scene.lake.abandon(feed.branch)
    elif deed == "compact" and not is_open and (found := bundles(scene, feed)):
        scene.lake.housekeeping.compact(feed, rewritten(scene, found))
    elif deed == "roll back" and not is_open:
        target = kept[number % len(kept)]
        with suppress(UsageInvalid):  # it may stand so already
            scene.lake.rollback(target.id, feed=feed, slice_=slice_of(feed), author="person:Mia")


@settings(max_examples=8, deadline=None)
@given(before=deeds, after=deeds, newest=st.integers(1, 4))
def test_a_cleaning_takes_nothing_away_that_can_be_read(
    before: list[tuple[str, Feed, int]], after: list[tuple[str, Feed, int]], newest: int
) -> None:
    policy = RetentionPolicy(history_days=0, history_commits=newest)
    with TemporaryDirectory() as folder, Scene(Path(folder)) as scene:
        for several in (before, after):
            for deed in several:
                do(scene, *deed)
            age(scene)
            stood = states(scene)

            clean(scene, policy)

            kept = states(scene)
            assert kept.items() <= stood.items()
            assert {"main", *(branch.name for branch in scene.lake.branches())} <= kept.keys()
            assert not clean(scene, policy)
