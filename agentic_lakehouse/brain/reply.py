"""One question sent to one model, once: what came back, what it cost, and whether it can be read at all."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError
from pydantic_ai import Agent, NativeOutput, PromptedOutput, capture_run_messages
from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UserError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart

from agentic_lakehouse.brain import faults, loop
from agentic_lakehouse.brain.faults import Fault, storable
from agentic_lakehouse.brain.models import Rung
from agentic_lakehouse.brain.prices import NOTHING, Taken, cost_of_sending, taken_by
from agentic_lakehouse.brain.proposals import Proposed
from agentic_lakehouse.brain.unfit import worded

P = TypeVar("P", bound=Proposed)

MAX_ANSWER = 500_000
"""Characters of an answer that are kept: more than any model gives in one, by its output limit."""
MAX_VERSION = 200
_EMPTY = Fault("unparsable", ("the reply is empty",))
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n\s*```", re.DOTALL)


@dataclass(frozen=True)
class Reply:
    """What one attempt brought back."""

    raw: str = ""
    """The answer before parsing; empty where none came."""
    version: str = ""
    """Model that answered, as its provider reports it."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0
    fault: Fault | None = None
    """Why there is no answer to read."""
    exchange: tuple[ModelMessage, ...] = ()
    """The first question and this answer, to go on from; what lay between only costs tokens."""
    is_cut: bool = False
    """Whether the answer ends where the model's output limit does."""


def send(rung: Rung, words: str, output: type[Proposed], history: Sequence[ModelMessage] = ()) -> Reply:
    """Ask once and wait for the reply; an attempt that fails is a reply too, with its fault.

    Judging the answer is not the agent's business here: it may neither retry nor refuse, so that every attempt is
    ours to journal, to count and to answer.
    """
    started = time.monotonic()
    tokens, usd = cost_of_sending(rung, words, history)
    sent = Taken(tokens, 0, usd)
    fault = _EMPTY
    with capture_run_messages() as captured:
        try:
            loop.run(lambda: _run(rung, words, output, history))
        except UnexpectedModelBehavior as error:
            fault = faults.of(error)
        except (AgentRunError, UserError, *faults.BROKEN) as error:
            taken = sent if faults.was_sent(error) else NOTHING
            return Reply(fault=faults.of(error), seconds=time.monotonic() - started, **taken._asdict())
    seconds = time.monotonic() - started
    # What was said before this question is no reply to it.
    response = next((m for m in captured[len(history) :] if isinstance(m, ModelResponse)), None)
    if response is None:
        return Reply(fault=fault, seconds=seconds, **sent._asdict())
    raw = _as_received(response)
    shown = raw if len(raw) <= MAX_ANSWER else raw[:MAX_VERSION]
    return Reply(
        raw=raw[:MAX_ANSWER],
        version=storable(response.model_name or rung.identity)[:MAX_VERSION],
        seconds=seconds,
        fault=_unreadable(response),
        # Text alone: a call of a tool that nobody answers breaks a conversation.
        exchange=(captured[0], ModelResponse(parts=[TextPart(shown)])) if shown else (),
        is_cut=response.finish_reason == "length",
        **taken_by(rung, response, sent)._asdict(),
    )


def parse(raw: str, output: type[P]) -> P | Fault:
    """Read an answer as its type, or say exactly what keeps it from being one."""
    fenced = _FENCE.search(raw)
    try:
        return output.model_validate_json(fenced[1] if fenced else raw.strip())
    except ValidationError as error:
        kind = error.errors(include_url=False, include_input=False)[0]["type"]
        return faults.of_answer("unparsable" if kind == "json_invalid" else "schema", worded(error))


async def _run(rung: Rung, words: str, output: type[Proposed], history: Sequence[ModelMessage]) -> None:
    native = rung.model.profile.get("supports_json_schema_output", False)
    agent = Agent(
        rung.model,
        output_type=NativeOutput(output) if native else PromptedOutput(output),
        model_settings=rung.settings,
        retries={"output": 0, "tools": 0},
    )
    async with rung.model:
        await agent.run(words, message_history=list(history))


def _unreadable(response: ModelResponse) -> Fault | None:
    """Say why a response holds no answer to read."""
    text = response.text or ""
    if len(text) > MAX_ANSWER:
        return Fault("unparsable", (f"the answer has {len(text)} characters; it was cut after {MAX_ANSWER}, unread",))
    if text.strip():
        return None
    if response.tool_calls:
        return Fault("schema", ("no tool may be called now; answer the question",))
    if response.finish_reason == "content_filter":
        return Fault("unparsable", ("the model, or its provider's filter, refused to answer",))
    return _EMPTY


def _as_received(response: ModelResponse) -> str:
    """Return the text of a response; of one without text why it refuses, or what it calls and thinks."""
    if response.text or not response.parts:
        return storable(response.text or (response.provider_details or {}).get("refusal") or "")
    [told] = ModelMessagesTypeAdapter.dump_python([response], mode="json")
    return storable(json.dumps(told["parts"], ensure_ascii=False))
