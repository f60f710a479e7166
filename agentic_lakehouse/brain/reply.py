"""One message sent to one model, once: what came back, what it cost, and whether it can be read at all."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import AgentRunError, UserError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from agentic_lakehouse.brain import faults, loop
from agentic_lakehouse.brain.faults import Fault, storable, without_secrets
from agentic_lakehouse.brain.models import Rung
from agentic_lakehouse.brain.prices import NOTHING, Taken, cost_of_sending, taken_by
from agentic_lakehouse.brain.proposals import Proposed
from agentic_lakehouse.brain.tools import arguments_of
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
    """The answer, or the calls of tools, before parsing; empty where none came."""
    version: str = ""
    """Model that answered, as its provider reports it."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0
    fault: Fault | None = None
    """Why there is no answer to read."""
    message: ModelResponse | None = None
    """What goes into the conversation; of an answer its text alone."""
    looks: bool = False
    """Whether the model wants to look at something before it answers."""
    is_cut: bool = False
    """Whether the answer ends where the model's output limit does."""


def send(
    rung: Rung,
    messages: Sequence[ModelMessage],
    schema: Mapping[str, Any],
    tools: Sequence[ToolDefinition] = (),
    *,
    may_look: bool = False,
) -> Reply:
    """Send once and wait for the reply; an attempt that fails is a reply too, with its fault.

    Args:
        rung: the model.
        messages: the conversation so far.
        schema: JSON schema of the answer.
        tools: what was offered in this conversation.
        may_look: whether it still is; else the model must answer.
    """
    started = time.monotonic()
    tokens, usd = cost_of_sending(rung, messages)
    sent = Taken(tokens, 0, usd)
    try:
        response = loop.run(lambda: _request(rung, messages, schema, tools, may_look=may_look))
    except (AgentRunError, UserError, *faults.BROKEN) as error:
        taken = sent if faults.was_sent(error) else NOTHING
        return Reply(fault=faults.of(error), seconds=time.monotonic() - started, **taken._asdict())
    looks = may_look and bool(response.tool_calls)
    raw = without_secrets(_calls(response) if looks else _as_received(response))
    shown = raw if len(raw) <= MAX_ANSWER else raw[:MAX_VERSION]
    # Text alone: a call of a tool that nobody answers breaks a conversation.
    message = response if looks and shown == raw else ModelResponse(parts=[TextPart(shown)]) if shown else None
    return Reply(
        raw=raw[:MAX_ANSWER],
        version=storable(response.model_name or rung.identity)[:MAX_VERSION],
        seconds=time.monotonic() - started,
        fault=_unreadable(response, raw, looks=looks),
        message=message,
        looks=looks,
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


def turn_of(raw: str, version: str) -> Reply:
    """Make the turn again that the journal kept; it costs nothing."""
    calls = json.loads(raw)["tool_calls"]
    parts = [ToolCallPart(c["name"], c["arguments"], tool_call_id=f"look-{n}") for n, c in enumerate(calls)]
    return Reply(raw, version, message=ModelResponse(parts=parts), looks=True)


async def _request(
    rung: Rung,
    messages: Sequence[ModelMessage],
    schema: Mapping[str, Any],
    tools: Sequence[ToolDefinition],
    *,
    may_look: bool,
) -> ModelResponse:
    native = rung.model.profile.get("supports_json_schema_output", False)
    settings = rung.settings
    if tools and not may_look:
        # They stay in sight: some providers refuse a conversation about tools that they are not told of.
        settings = ModelSettings(**{**settings, "tool_choice": "none"})
    async with rung.model:
        return await model_request(
            rung.model,
            list(messages),
            model_settings=settings,
            model_request_parameters=ModelRequestParameters(
                function_tools=list(tools),
                output_mode="native" if native else "prompted",
                output_object=OutputObjectDefinition(dict(schema), name=schema.get("title")),
            ),
        )


def _unreadable(response: ModelResponse, raw: str, *, looks: bool) -> Fault | None:
    """Say why a response holds no answer to read."""
    if len(raw) > MAX_ANSWER:
        return Fault("unparsable", (f"the answer has {len(raw)} characters; it was cut after {MAX_ANSWER}, unread",))
    if looks or (response.text or "").strip():
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


def _calls(response: ModelResponse) -> str:
    """Return a turn as the journal keeps it: what was said, and which tools were called how."""
    calls = [{"name": c.tool_name, "arguments": arguments_of(c)} for c in response.tool_calls]
    return storable(json.dumps({"text": response.text or "", "tool_calls": calls}, ensure_ascii=False))
