"""The event loop behind a question: where it runs, and how it is interrupted."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import NoReturn

import pytest

from agentic_lakehouse.brain.loop import run

WHERE: ContextVar[str] = ContextVar("WHERE", default="nowhere")


class Interrupted(BaseException):
    """What a signal raises: like Dagster's, no `KeyboardInterrupt`."""


@pytest.fixture
def interrupting() -> Iterator[None]:
    def interrupt(*_: object) -> NoReturn:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    yield
    signal.signal(signal.SIGUSR1, before)


async def answer() -> str:
    await asyncio.sleep(0)
    return WHERE.get()


def test_the_answer_comes_back() -> None:
    token = WHERE.set("here")
    assert run(answer) == "here"
    WHERE.reset(token)


def test_a_loop_that_runs_already_is_no_hindrance() -> None:
    async def outer() -> str:
        return run(answer)

    assert asyncio.run(outer()) == "nowhere"


def test_what_the_question_raises_is_raised() -> None:
    async def refused() -> str:
        raise LookupError("no such model")

    with pytest.raises(LookupError, match="no such model"):
        run(refused)


def test_a_model_can_be_asked_twice_within_a_running_loop(server, think, ask, prices, good) -> None:
    server.says("prose", good)

    async def step() -> object:
        return ask(think()).value

    assert asyncio.run(step()) is not None
    assert len(server.requests) == 2


@pytest.mark.usefixtures("interrupting")
def test_an_interrupt_withdraws_the_question() -> None:
    withdrawn = threading.Event()

    async def endless() -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            withdrawn.set()
            raise

    with pytest.raises(Interrupted):
        run(endless)

    assert withdrawn.wait(60)
