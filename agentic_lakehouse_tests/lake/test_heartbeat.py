from __future__ import annotations

import threading

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import CatalogUnavailable, LeaseLost
from agentic_lakehouse.lake.heartbeat import keep_alive
from agentic_lakehouse_tests.lake.scene import Scene

SOON = 0.001


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "lake-heartbeat"]


def test_it_beats_until_the_block_ends() -> None:
    beats = threading.Semaphore(0)

    with keep_alive(beats.release, every=SOON):
        assert all(beats.acquire(timeout=10) for _ in range(3))

    assert not threads()


def test_a_block_that_raises_ends_it_too() -> None:
    with pytest.raises(ZeroDivisionError), keep_alive(lambda: None, every=SOON):
        1 / 0  # noqa: B018

    assert not threads()


def test_a_lost_lease_ends_it_and_an_unreachable_catalog_does_not() -> None:
    answers = iter([CatalogUnavailable("locked"), None, LeaseLost("taken")])
    over = threading.Event()

    def beat() -> None:
        answer = next(answers)
        if isinstance(answer, LeaseLost):
            over.set()
        if answer is not None:
            raise answer

    with keep_alive(beat, every=SOON):
        assert over.wait(timeout=10)

    assert list(answers) == []


def test_long_work_keeps_its_lease(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    before = scene.lake.branches()[0].heartbeat_at
    beaten = threading.Event()
    once = branch.heartbeat

    def beat() -> None:
        once()
        beaten.set()

    branch.heartbeat = beat  # type: ignore[method-assign]
    with branch.keep_alive(lease_seconds=SOON):
        assert beaten.wait(timeout=10)

    assert scene.lake.branches()[0].heartbeat_at > before
