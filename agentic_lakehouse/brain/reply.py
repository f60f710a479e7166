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
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from agentic_lakehouse.brain import faults, loop
from agentic_lakehouse.brain.faults import Fault
from agentic_lakehouse.brain.models import Rung
from agentic_lakehouse.brain.prices import cost_of
from agentic_lakehouse.brain.proposals import Proposed
from agentic_lakehouse.brain.tools import arguments_of
from agentic_lakehouse.brain.unfit import worded

P = TypeVar("P", bound=Proposed)

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
    cost_usd: float | None = None
    seconds: float = 0.0
    fault: Fault | None = None
    """Why there is no answer to read."""
    response: ModelResponse | None = None
    """The message as it goes into the conversation."""

    @property
    def looks(self) -> bool:
        """Whether the model wants to look at something before it answers."""
        return self.fault is None and self.response is not None and bool(self.response.tool_calls)


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
    try:
        response = loop.run(lambda: _request(rung, messages, schema, tools, may_look=may_look))
    except (AgentRunError, UserError, IndexError, TypeError, KeyError, AttributeError) as error:
        # The last four are how an SDK's model of a reply breaks on one that holds no answer.
        return Reply(fault=faults.of(error), seconds=time.monotonic() - started)
    text, fault = _storable(response.text or ""), None
    if response.tool_calls and (may_look or not text.strip()):
        text = calls_as_text(response)
        fault = None if may_look else Fault("schema", ("no tool may be called now; answer the question",))
    elif not text.strip():
        fault = Fault("unparsable", ("the reply is empty",))
    return Reply(
        raw=text,
        version=response.model_name or rung.identity,
        input_tokens=response.usage.input_tokens,
        output_tokens=response.usage.output_tokens,
        cost_usd=cost_of(rung, response),
        seconds=time.monotonic() - started,
        fault=fault,
        response=response,
    )


def parse(raw: str, output: type[P]) -> P | Fault:
    """Read an answer as its type, or say exactly what keeps it from being one."""
    fenced = _FENCE.search(raw)
    try:
        return output.model_validate_json(fenced[1] if fenced else raw.strip())
    except ValidationError as error:
        kind = error.errors(include_url=False, include_input=False)[0]["type"]
        return Fault("unparsable" if kind == "json_invalid" else "schema", tuple(worded(error)))


def calls_as_text(response: ModelResponse) -> str:
    """Return a turn's calls of tools as the journal keeps them."""
    calls = [{"name": c.tool_name, "arguments": arguments_of(c)} for c in response.tool_calls]
    return _storable(json.dumps({"tool_calls": calls}, ensure_ascii=False))


def turn_of(raw: str) -> ModelResponse:
    """Make a turn of what the journal kept."""
    calls = json.loads(raw)["tool_calls"]
    parts = [ToolCallPart(c["name"], c["arguments"], tool_call_id=f"look-{n}") for n, c in enumerate(calls)]
    return ModelResponse(parts=parts)


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


def _storable(text: str) -> str:
    """Replace what a database cannot keep: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
