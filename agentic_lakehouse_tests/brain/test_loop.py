"""A question may be asked anywhere, also where an event loop runs already."""

from __future__ import annotations

import asyncio
import threading

import pytest

from agentic_lakehouse.brain import loop


async def _thread() -> str:
    return threading.current_thread().name


def test_without_a_loop_it_runs_in_this_thread() -> None:
    assert loop.run(_thread) == threading.current_thread().name


def test_within_a_loop_it_runs_in_a_thread_of_its_own() -> None:
    async def outer() -> str:
        return loop.run(_thread)

    assert asyncio.run(outer()).startswith("brain")


def test_what_it_raises_is_raised() -> None:
    async def fail() -> None:
        raise LookupError("x")

    async def outer() -> None:
        loop.run(fail)

    for attempt in (lambda: loop.run(fail), lambda: asyncio.run(outer())):
        with pytest.raises(LookupError):
            attempt()


def test_a_model_can_be_asked_twice_within_a_running_loop(server, think, ask, prices, good) -> None:
    server.says("prose", good)

    async def step() -> object:
        return ask(think()).value

    assert asyncio.run(step()) is not None
    assert len(server.requests) == 2
