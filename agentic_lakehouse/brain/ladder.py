"""The ladder: the same model again with its exact faults, then a stronger model, then a dead letter.

Every attempt is one journal row, written as soon as its reply is there, and counts against the budget. Only what a
wait can mend is waited for; a fault of configuration ends the climb, so that it never costs money further up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

from pydantic_ai.messages import ModelMessage
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_exponential_jitter

from agentic_lakehouse.brain.budget import Spending
from agentic_lakehouse.brain.conclude import Unfit
from agentic_lakehouse.brain.faults import Fault
from agentic_lakehouse.brain.models import Rung
from agentic_lakehouse.brain.prices import cost_of_sending
from agentic_lakehouse.brain.prompts import Prompt
from agentic_lakehouse.brain.proposals import Proposed
from agentic_lakehouse.brain.question import fenced_faults
from agentic_lakehouse.brain.reply import Reply, parse, send
from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.governed import ModelCall
from agentic_lakehouse.errors import AnswerRejected, ModelUnavailable

P = TypeVar("P", bound=Proposed)
T = TypeVar("T")


class Journal(Protocol):
    """Where attempts are kept, and where an earlier answer is found again."""

    def record_call(self, call: ModelCall) -> None:
        """Keep one attempt; a call of the same id replaces what was kept of it."""
        ...

    def answered(self, request_sha256: str) -> ModelCall | None:
        """Return a call to that request that was answered `ok` by a model, if there is one."""
        ...


@dataclass(frozen=True)
class Patience:
    """How often a model is asked again, and how long is waited."""

    answers: int = 3
    """Answers that one model may give to one question."""
    tries: int = 4
    """How often one question is sent before its transport counts as broken."""
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

    def request_sha256(self, rung: Rung) -> str:
        """Return the journal's key of this question to that model."""
        return sha256_of(
            {
                "prompt": self.prompt.sha256,
                "output": self.output.model_json_schema(),
                "shape": dict(self.shape),
                "model": rung.identity,
                "settings": dict(rung.settings),
            }
        )


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A value that passed every check, and where it came from."""

    value: T
    model_version: str
    calls: tuple[ModelCall, ...]
    """Every attempt made for it, in order; the last one holds it."""
    cached: bool


@dataclass
class Ladder:
    """Models from weakest to strongest, and the rules for going from one to the next."""

    rungs: Sequence[Rung]
    journal: Journal
    spending: Spending
    mend: Prompt
    """Tells a model what was wrong with its answer."""
    patience: Patience = field(default_factory=Patience)

    def ask(self, question: Question[P, T]) -> Answer[T]:
        """Answer from the journal, or from the weakest model whose answer passes.

        Raises:
            ModelUnavailable: a model refuses us (key, name, quota), or none could be reached.
            AnswerRejected: models answered, and no answer passed.
            BudgetExceeded: the next call would pass a bound.
        """
        for rung in self.rungs:
            if (remembered := self._remembered(question, rung)) is not None:
                return remembered
        calls: list[ModelCall] = []
        for rung in self.rungs:
            value = self._climb(rung, question, calls)
            if value is not None:
                return Answer(value, calls[-1].model_version, tuple(calls), cached=False)
        raise _given_up(question, calls)

    def _remembered(self, question: Question[P, T], rung: Rung) -> Answer[T] | None:
        """Find an earlier answer that still passes."""
        request = question.request_sha256(rung)
        earlier = self.journal.answered(request)
        if earlier is None:
            return None
        value = _judge(question, earlier.raw_output)
        if isinstance(value, Fault):
            return None
        reply = Reply(raw=earlier.raw_output, version=earlier.model_version, cost_usd=0.0)
        call = _call(question, rung, question.words, reply, attempt=1, cached=True)
        self._keep(call)
        return Answer(value, call.model_version, (call,), cached=True)

    def _climb(self, rung: Rung, question: Question[P, T], calls: list[ModelCall]) -> T | None:
        """Ask one model until its answer passes or its chances are used up."""
        words, history = question.words, tuple[ModelMessage, ...]()
        for _ in range(self.patience.answers):
            reply = self._send(rung, question, words, history, calls)
            call = calls[-1]
            if call.status == "configuration":
                raise ModelUnavailable(
                    f"{question.feed}: {rung.name} refused the question: {call.errors[0]}",
                    hint="Check LAKEHOUSE_MODEL, its key and LAKEHOUSE_BASE_URL with `lakehouse doctor`.",
                    feed=question.feed,
                    model=rung.name,
                    call=call.id,
                )
            if call.status == "transport":
                return None
            if call.status == "ok":
                value = _judge(question, reply.raw)
                if not isinstance(value, Fault):
                    return value
                calls[-1] = call = call.model_copy(update={"status": value.status, "errors": value.errors})
                self.journal.record_call(call)
            if reply.exchange:
                words, history = self.mend.render(faults=fenced_faults(call.errors)), reply.exchange
        return None

    def _send(
        self,
        rung: Rung,
        question: Question[P, T],
        words: str,
        history: tuple[ModelMessage, ...],
        calls: list[ModelCall],
    ) -> Reply:
        """Send until a reply comes, waiting where the fault is one that passes; each try is a journal row."""

        def once() -> Reply:
            tokens, usd = cost_of_sending(rung, words, history)
            self.spending.require(run_id=question.run_id, feed=question.feed, tokens=tokens, usd=usd)
            reply = send(rung, words, question.output, history)
            if reply.fault is None and isinstance(unreadable := parse(reply.raw, question.output), Fault):
                reply = replace(reply, fault=unreadable)
            calls.append(_call(question, rung, words, reply, attempt=len(calls) + 1))
            self._keep(calls[-1])
            return reply

        retrying = Retrying(
            retry=retry_if_result(lambda reply: reply.fault is not None and reply.fault.status == "transport"),
            stop=stop_after_attempt(self.patience.tries),
            wait=self._wait,
            sleep=self.patience.sleep,
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        return retrying(once)

    def _wait(self, state: RetryCallState) -> float:
        """Wait as long as the provider asks, or ever longer, but never beyond our patience."""
        fault: Fault | None = state.outcome.result().fault if state.outcome else None
        asked = fault.retry_after if fault else None
        usual = wait_exponential_jitter(initial=self.patience.first_wait, jitter=self.patience.first_wait)
        return min(asked if asked is not None else usual(state), self.patience.longest_wait)

    def _keep(self, call: ModelCall) -> None:
        self.journal.record_call(call)
        self.spending.record(call)


def _judge(question: Question[P, T], raw: str) -> T | Fault:
    """Make the value of an answer, or say why it is none."""
    proposal = parse(raw, question.output)
    if isinstance(proposal, Fault):
        return proposal
    try:
        return question.conclude(proposal)
    except Unfit as unfit:
        return Fault("semantic", unfit.errors)


def _call(
    question: Question[P, T], rung: Rung, words: str, reply: Reply, *, attempt: int, cached: bool = False
) -> ModelCall:
    return ModelCall(
        id=f"call-{uuid4().hex[:16]}",
        feed=question.feed,
        run_id=question.run_id,
        prompt=question.prompt.id,
        prompt_sha256=question.prompt.sha256,
        request_sha256=question.request_sha256(rung),
        rendered_prompt=words,
        model=rung.name,
        model_version=reply.version,
        attempt=attempt,
        status=reply.fault.status if reply.fault else "ok",
        errors=reply.fault.errors if reply.fault else (),
        raw_output=reply.raw,
        cached=cached,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cost_usd=reply.cost_usd,
        seconds=reply.seconds,
        created_at=datetime.now(UTC),
    )


def _given_up(question: Question[P, T], calls: Sequence[ModelCall]) -> AnswerRejected | ModelUnavailable:
    last = calls[-1]
    details = {"feed": question.feed, "prompt": question.prompt.id, "calls": [c.id for c in calls]}
    if all(c.status == "transport" for c in calls):
        return ModelUnavailable(
            f"{question.feed}: no model of the ladder could be reached in {len(calls)} attempts: {last.errors[0]}",
            hint="Try again later, or add a model to LAKEHOUSE_MODEL.",
            **details,
        )
    faults = [error for c in reversed(calls) if c.status != "transport" for error in c.errors]
    return AnswerRejected(
        f"{question.feed}: no answer to {question.prompt.id} passed in {len(calls)} attempts; the last fault was: "
        f"{faults[0]}",
        hint="`lakehouse calls` shows every attempt. A stronger model may be added to LAKEHOUSE_MODEL.",
        errors=faults,
        **details,
    )
