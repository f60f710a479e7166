"""The ladder: the same model again with its exact faults, then a stronger model, then a dead letter.

Every attempt is one journal row. It is entered before anything is sent, and counts against the budget from then on; an
answer is kept before it is judged. So a process that is killed leaves no call uncounted and no answer to be paid twice.
Only what a wait can mend is waited for; a fault of configuration ends the climb and never costs money higher up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_exponential_jitter

from agentic_lakehouse.brain.budget import Budget
from agentic_lakehouse.brain.conversation import Conversation
from agentic_lakehouse.brain.faults import Fault, of_answer
from agentic_lakehouse.brain.fence import fenced_faults
from agentic_lakehouse.brain.inquiry import Answer, Journal, P, Patience, Question, T, Verdict
from agentic_lakehouse.brain.models import Rung
from agentic_lakehouse.brain.prices import CHARACTERS_PER_TOKEN, cost_of_sending
from agentic_lakehouse.brain.prompts import Prompt
from agentic_lakehouse.brain.reply import Reply, parse, send, turn_of
from agentic_lakehouse.brain.tools import MAX_RESULT, results_of
from agentic_lakehouse.brain.unfit import Unfit
from agentic_lakehouse.contracts.governed import ModelCall
from agentic_lakehouse.errors import AnswerRejected, ModelUnavailable

RESULT_TOKENS = MAX_RESULT // CHARACTERS_PER_TOKEN
"""What a look may add to a conversation."""
CUT = "the answer ends in the middle, where the output limit does: answer more briefly"


@dataclass
class Ladder:
    """Models from weakest to strongest, and the rules for going from one to the next."""

    rungs: Sequence[Rung]
    journal: Journal
    budget: Budget
    mend: Prompt
    """Tells a model what was wrong with its answer."""
    patience: Patience = field(default_factory=Patience)
    replays: bool = False
    """Whether only free models are asked, and the journal answers for the others."""
    context: int = 32_000
    """Tokens beyond which a conversation is not drawn out: the model must answer."""

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
        rungs = [rung for rung in self.rungs if rung.is_free or not self.replays]
        if not rungs:
            raise ModelUnavailable(
                f"{question.feed}: the journal holds no answer to {question.prompt.id} that passes, and no model may "
                "be asked.",
                hint="Unset LAKEHOUSE_REPLAY, or replay on the lake that asked, with its prompts and LAKEHOUSE_MODEL.",
                feed=question.feed,
                prompt=question.prompt.id,
            )
        calls: list[ModelCall] = []
        for rung in rungs:
            value = self._climb(rung, question, calls)
            if value is not None:
                return Answer(value, calls[-1].model_version, tuple(calls), cached=False)
        raise _given_up(question, calls)

    def _remembered(self, question: Question[P, T], rung: Rung) -> Answer[T] | None:
        """Find an earlier answer that still passes; one that was never judged is judged now."""
        request = question.request_sha256(rung)
        earlier = self.journal.answered(request)
        if earlier is None:
            return None
        reply = Reply(raw=earlier.raw_output, version=earlier.model_version, cost_usd=0.0)
        verdict = _judge(question, reply)
        if earlier.status == "received" and earlier.feed == question.feed:
            self.journal.complete_call(_judged(earlier, verdict.fault))
        if verdict.value is None:
            return None
        call = _judged(_received(_call(question, rung, question.words, attempt=1, cached=True), reply), None)
        self.journal.record_call(call)
        return Answer(verdict.value, call.model_version, (call,), cached=True)

    def _climb(self, rung: Rung, question: Question[P, T], calls: list[ModelCall]) -> T | None:
        """Ask one model until its answer passes or its chances are used up; it may look at things in between."""
        talk, turns, answers = Conversation.about(question.words), 0, 0
        while answers < self.patience.answers:
            verdict = self._send(rung, question, talk, calls, may_look=turns < self.patience.turns)
            if verdict.fault is None and verdict.reply.looks and (turn := verdict.reply.message) is not None:
                turns += 1
                talk = talk.after_looking(turn, results_of(turn.tool_calls, question.tools))
                continue
            answers += 1
            if verdict.fault is None:
                return verdict.value
            if verdict.fault.status == "configuration":
                raise ModelUnavailable(
                    f"{question.feed}: {rung.name} refused the question: {verdict.fault.errors[0]}",
                    hint="Check LAKEHOUSE_MODEL, its key and LAKEHOUSE_BASE_URL with `lakehouse doctor`.",
                    feed=question.feed,
                    model=rung.name,
                    call=calls[-1].id,
                )
            if verdict.fault.status == "transport":
                return None
            told = self.mend.render(faults=fenced_faults(verdict.fault.errors))
            talk = talk.after_fault(verdict.reply.message, told)
        return None

    def _send(
        self, rung: Rung, question: Question[P, T], talk: Conversation, calls: list[ModelCall], *, may_look: bool
    ) -> Verdict[T]:
        """Send until a reply comes, waiting where the fault is one that passes; each try is a journal row."""
        tools = question.tools if rung.takes_tools and self.patience.turns else ()

        def once() -> Verdict[T]:
            tokens, usd = cost_of_sending(rung, talk.messages)
            looking = may_look and bool(tools) and tokens + RESULT_TOKENS < self.context
            sent = _call(question, rung, talk.words, attempt=len(calls) + 1, tokens=tokens, usd=usd)
            if looking and (turn := self.journal.turn(sent)) is not None:
                reply = turn_of(turn.raw_output, turn.model_version)
                calls.append(_judged(_received(sent.model_copy(update={"cached": True}), reply), None, looks=True))
                self.journal.record_call(calls[-1])
                return Verdict(reply)
            self.journal.enter_call(sent, self.budget.require)
            definitions = [tool.definition for tool in tools]
            reply = send(rung, talk.messages, question.schema, definitions, may_look=looking)
            received = _received(sent, reply)
            if reply.fault is None and not reply.looks:
                # Whatever the checks may run into, the answer is paid for.
                self.journal.complete_call(received)
            verdict = _judge(question, reply)
            calls.append(_judged(received, verdict.fault, looks=reply.looks))
            self.journal.complete_call(calls[-1])
            return verdict

        retrying = Retrying(
            retry=retry_if_result(lambda verdict: verdict.fault is not None and verdict.fault.status == "transport"),
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


def _judge(question: Question[P, T], reply: Reply) -> Verdict[T]:
    """Make the value of a reply, or say why it has none."""
    if reply.fault is not None or reply.looks:
        return Verdict(reply, fault=reply.fault)
    proposal = parse(reply.raw, question.output)
    if isinstance(proposal, Fault):
        return Verdict(reply, fault=of_answer(proposal.status, (*([CUT] if reply.is_cut else ()), *proposal.errors)))
    try:
        return Verdict(reply, value=question.conclude(proposal))
    except Unfit as unfit:
        return Verdict(reply, fault=of_answer("semantic", unfit.errors))


def _call(
    question: Question[P, T],
    rung: Rung,
    words: str,
    *,
    attempt: int,
    tokens: int = 0,
    usd: float | None = None,
    cached: bool = False,
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
        attempt=attempt,
        status="sent",
        cached=cached,
        input_tokens=tokens,
        cost_usd=usd,
        created_at=datetime.now(UTC),
    )


def _received(call: ModelCall, reply: Reply) -> ModelCall:
    return call.model_copy(
        update={
            "status": "received",
            "model_version": reply.version,
            "raw_output": reply.raw,
            "input_tokens": reply.input_tokens,
            "output_tokens": reply.output_tokens,
            "cost_usd": reply.cost_usd,
            "seconds": reply.seconds,
        }
    )


def _judged(call: ModelCall, fault: Fault | None, *, looks: bool = False) -> ModelCall:
    status = fault.status if fault else "turn" if looks else "ok"
    return call.model_copy(update={"status": status, "errors": fault.errors if fault else ()})


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
