"""The embedded planner as a model: same prompts, same path, same journal as any other; no network and no cost.

It is deterministic: the same question gets the same answer. Told what was wrong, it withdraws the claims that the
faults name, rather than guessing again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from agentic_lakehouse.brain.fence import unfenced
from agentic_lakehouse.brain.planner.describe import described
from agentic_lakehouse.brain.planner.mapping import mapped
from agentic_lakehouse.brain.planner.meaning import Embedder
from agentic_lakehouse.brain.planner.value_words import worded
from agentic_lakehouse.brain.question import DescribeQuestion, MapQuestion
from agentic_lakehouse.brain.value_words import ValuesQuestion

VERSION = "1.2.0"
"""Raised whenever the planner may answer differently: answers of another version are another model's."""
MODEL_NAME = f"embedded-planner-{VERSION}"


class EmbeddedPlanner(Model[None]):
    """Answers `describe_feed`, `map_columns` and `map_values` by measurement, vocabulary and assignment.

    Args:
        embedder: says what headers mean, besides.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder
        super().__init__(profile=ModelProfile(supports_json_schema_output=True))

    @property
    def model_name(self) -> str:
        """Name and version, as the journal records them."""
        return f"{MODEL_NAME}+{self._embedder.name}" if self._embedder else MODEL_NAME

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
        prompts = _prompts(messages)
        question, faults = unfenced(prompts[0]), unfenced(prompts[-1]).get("faults", ())
        answer = plan(question, faults, _last_answer(messages), embedder=self._embedder)
        return ModelResponse(
            parts=[TextPart(json.dumps(answer, ensure_ascii=False))],
            model_name=self.model_name,
            provider_name=self.system,
            usage=RequestUsage(),
            finish_reason="stop",
        )


def plan(
    block: Mapping[str, Any],
    faults: Sequence[str] = (),
    before: Mapping[str, Any] | None = None,
    *,
    embedder: Embedder | None = None,
) -> dict[str, object]:
    """Answer one question's JSON block, as `FeedProposal`, `MappingProposal` or `ValuesProposal` has it.

    Args:
        block: a `DescribeQuestion`, a `MapQuestion` or a `ValuesQuestion`.
        faults: what was wrong with the answer before.
        before: that answer; what it had withdrawn stays withdrawn.
        embedder: says what headers mean, besides.
    """
    if block["question"] == "describe_feed":
        question = DescribeQuestion.model_validate(block)
        doubted = _named((c.source_name for c in question.columns), faults)
        keyless = any("key" in fault or "partition" in fault for fault in faults)
        if before is not None:
            doubted += [c["source_name"] for c in before["columns"] if c["type"] == "string"]
            keyless = keyless or not before["primary_key"]
        return described(question, doubted=doubted, keyless=keyless)
    if block["question"] == "map_values":
        return worded(ValuesQuestion.model_validate(block))
    asked = MapQuestion.model_validate(block)
    withdrawn = _named((t.name for t in asked.targets), faults)
    if before is not None:
        withdrawn += sorted({t.name for t in asked.targets} - {line["target"] for line in before["columns"]})
    return mapped(asked, withdrawn=withdrawn, embedder=embedder)


def _last_answer(messages: Iterable[ModelMessage]) -> Mapping[str, Any] | None:
    answers = [m.text for m in messages if isinstance(m, ModelResponse) and m.text]
    return cast("Mapping[str, Any]", json.loads(answers[-1])) if answers else None


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
