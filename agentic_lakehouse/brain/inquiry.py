"""What is asked, what comes of it, and the terms on which it is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from agentic_lakehouse.brain.faults import Fault
from agentic_lakehouse.brain.models import Rung
from agentic_lakehouse.brain.prompts import Prompt
from agentic_lakehouse.brain.proposals import Proposed
from agentic_lakehouse.brain.reply import Reply
from agentic_lakehouse.brain.schemas import narrowed, schema_of
from agentic_lakehouse.brain.tools import Tool
from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.governed import ModelCall, Tally

OPERATIONAL = frozenset({"timeout", "request_timeout", "max_retries"})
"""Settings that cannot change what a model answers, only whether."""

P = TypeVar("P", bound=Proposed)
T = TypeVar("T")


class Journal(Protocol):
    """Where attempts are kept, and where an earlier answer is found again."""

    def enter_call(self, call: ModelCall, require: Callable[[ModelCall, Tally], None]) -> None:
        """Keep a call that is about to be made, where `require` does not refuse it; no other call is entered meanwhile.

        Raises:
            BudgetExceeded: it does; nothing is kept.
        """
        ...

    def complete_call(self, call: ModelCall) -> None:
        """Keep what came of a call that was entered; nothing of a judged one is changed."""
        ...

    def record_call(self, call: ModelCall) -> None:
        """Keep a call that was never made, as an earlier answer served."""
        ...

    def turn(self, call: ModelCall) -> ModelCall | None:
        """Return the latest call of the same request, words and attempt in which a model wanted to look first."""
        ...

    def answered(self, request_sha256: str) -> ModelCall | None:
        """Return the latest call to that request that a model answered `ok`, or whose answer was not judged yet."""
        ...


@dataclass(frozen=True)
class Patience:
    """How often a model is asked again, and how long is waited."""

    answers: int = 3
    """Answers that one model may give to one question."""
    tries: int = 4
    """How often one question is sent before its transport counts as broken."""
    turns: int = 4
    """How often one model may look at something before it must answer."""
    first_wait: float = 1.0
    longest_wait: float = 30.0
    """Seconds; a provider that asks for a longer wait is not obeyed."""
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Question(Generic[P, T]):
    """What is asked, about which feed, and how an answer becomes a value."""

    prompt: Prompt
    words: str
    """The prompt as rendered."""
    output: type[P]
    shape: Mapping[str, Any]
    """What the answer depends on, besides prompt, output and model: the question's identity in the cache."""
    conclude: Callable[[P], T]
    """Makes the value or raises `Unfit` with everything that is wrong."""
    feed: str
    run_id: str
    tools: tuple[Tool[Any], ...] = ()
    """What a model may look at before it answers."""
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Fields of the answer that can only hold certain names."""
    lengths: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Least and most length of lists of the answer."""
    fields: tuple[str, ...] = ()
    """What is asked of each entry, in this order; all of it where empty."""

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The answer's JSON schema, narrowed to the names that there are, where these are few and short."""
        return narrowed(schema_of(self.output), self.names, self.lengths, self.fields)

    def request_sha256(self, rung: Rung) -> str:
        """Return the journal's key of this question to that model."""
        return sha256_of(
            {
                "prompt": self.prompt.sha256,
                "output": schema_of(self.output),
                "shape": dict(self.shape),
                "model": rung.identity,
                "settings": {k: v for k, v in rung.settings.items() if k not in OPERATIONAL},
            }
        )


@dataclass(frozen=True)
class Verdict(Generic[T]):
    """What became of one attempt: a value, or the fault that it has none for."""

    reply: Reply
    value: T | None = None
    fault: Fault | None = None


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A value that passed every check, and where it came from."""

    value: T
    model_version: str
    calls: tuple[ModelCall, ...]
    """Every attempt made for it, in order; the last one holds it."""
    cached: bool
    settled: tuple[str, ...] = ()
    """Targets that evidence filled without asking."""
