"""One question sent to one model, once: what came back, what it cost, and whether it can be read at all."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError
from pydantic_ai import Agent, NativeOutput, PromptedOutput, capture_run_messages
from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UserError
from pydantic_ai.messages import ModelMessage, ModelResponse

from agentic_lakehouse.brain import faults, loop
from agentic_lakehouse.brain.faults import Fault
from agentic_lakehouse.brain.models import Rung
from agentic_lakehouse.brain.prices import cost_of
from agentic_lakehouse.brain.proposals import Proposed
from agentic_lakehouse.brain.unfit import worded

P = TypeVar("P", bound=Proposed)

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
    cost_usd: float | None = None
    seconds: float = 0.0
    fault: Fault | None = None
    """Why there is no answer to read."""
    exchange: tuple[ModelMessage, ...] = ()
    """The first question and this answer, to go on from; what lay between only costs tokens."""


def send(rung: Rung, words: str, output: type[Proposed], history: Sequence[ModelMessage] = ()) -> Reply:
    """Ask once and wait for the reply; an attempt that fails is a reply too, with its fault.

    Judging the answer is not the agent's business here: it may neither retry nor refuse, so that every attempt is
    ours to journal, to count and to answer.
    """
    started = time.monotonic()
    fault: Fault | None = None
    with capture_run_messages() as captured:
        try:
            loop.run(lambda: _run(rung, words, output, history))
        except UnexpectedModelBehavior as error:
            fault = faults.of(error)
        except (AgentRunError, UserError, IndexError, TypeError, KeyError, AttributeError) as error:
            # The last four are how an SDK's model of a reply breaks on one that holds no answer.
            return Reply(fault=faults.of(error), seconds=time.monotonic() - started)
    seconds = time.monotonic() - started
    response = next((m for m in reversed(captured) if isinstance(m, ModelResponse)), None)
    if response is None or not (raw := _storable(response.text or "")).strip():
        return Reply(fault=fault or Fault("unparsable", ("the reply is empty",)), seconds=seconds)
    return Reply(
        raw=raw,
        version=response.model_name or rung.identity,
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
        cost_usd=cost_of(rung, response),
        seconds=seconds,
        exchange=(captured[0], response),
    )


def parse(raw: str, output: type[P]) -> P | Fault:
    """Read an answer as its type, or say exactly what keeps it from being one."""
    fenced = _FENCE.search(raw)
    try:
        return output.model_validate_json(fenced[1] if fenced else raw.strip())
    except ValidationError as error:
        kind = error.errors(include_url=False, include_input=False)[0]["type"]
        return Fault("unparsable" if kind == "json_invalid" else "schema", tuple(worded(error)))


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


def _storable(text: str) -> str:
    """Replace what a database cannot keep: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
