"""The embedded planner as a model: same prompts, same path, same journal as any other; no network and no cost.

It is deterministic: the same question gets the same answer. Told what was wrong, it withdraws the claims that the
faults name, rather than guessing again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from agentic_lakehouse.brain.planner.describe import Described
from agentic_lakehouse.brain.planner.mapping import mapped
from agentic_lakehouse.brain.question import DescribeQuestion, MapQuestion, unfenced

VERSION = "1.0.0"
"""Raised whenever the planner may answer differently: answers of another version are another model's."""


class EmbeddedPlanner(Model[None]):
    """Answers `describe_feed` and `map_columns` by measurement, vocabulary and assignment."""

    def __init__(self) -> None:
        super().__init__(profile=ModelProfile(supports_json_schema_output=True))

    @property
    def model_name(self) -> str:
        """Name and version, as the journal records them."""
        return f"embedded-planner-{VERSION}"

    @property
    def system(self) -> str:
        """Who runs it: the lakehouse itself."""
        return "lakehouse.embedded"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Answer the question that the first prompt holds, minding the faults that the last one names."""
        self.prepare_request(model_settings, model_request_parameters)
        blocks = [unfenced(words) for words in _prompts(messages)]
        faults = tuple(fault for block in blocks for fault in block.get("faults", ()))
        answer = plan(blocks[0], faults)
        return ModelResponse(
            parts=[TextPart(json.dumps(answer, ensure_ascii=False))],
            model_name=self.model_name,
            provider_name=self.system,
            usage=RequestUsage(),
            finish_reason="stop",
        )


def plan(block: dict[str, object], faults: tuple[str, ...] = ()) -> dict[str, object]:
    """Answer one question's JSON block, as `FeedProposal` or `MappingProposal` has it."""
    if block["question"] == "describe_feed":
        question = DescribeQuestion.model_validate(block)
        doubted = _named((c.source_name for c in question.columns), faults)
        keyless = any("key" in fault or "partition" in fault for fault in faults)
        return Described(question, doubted=doubted, keyless=keyless).proposal()
    asked = MapQuestion.model_validate(block)
    return mapped(asked, withdrawn=_named((t.name for t in asked.targets), faults))


def _prompts(messages: Iterable[ModelMessage]) -> list[str]:
    return [
        part.content
        for message in messages
        if isinstance(message, ModelRequest)
        for part in message.parts
        if isinstance(part, UserPromptPart) and isinstance(part.content, str)
    ]


def _named(names: Iterable[str], faults: Iterable[str]) -> list[str]:
    """Return the names that a fault quotes."""
    listed = list(faults)
    return [name for name in names if any(f"{q}{name}{q}" in fault for fault in listed for q in "'\"`")]
