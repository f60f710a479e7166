"""Model names made models: `embedded`, whatever pydantic-ai knows, or any OpenAI-compatible server.

Every model gets the same settings: no randomness, no retries inside the SDK (the ladder's are the only ones), and a
deadline. Provider modules are imported when a name asks for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.settings import ModelSettings

from agentic_lakehouse.brain.faults import redacted
from agentic_lakehouse.errors import SettingsInvalid

EMBEDDED = "embedded"
WITH_MEANING = "embedded+use"
"""The embedded planner with a sentence encoder, of the extra `embeddings`."""
FREE = (EMBEDDED, WITH_MEANING)
"""Models that run here and cost nothing."""
COMPATIBLE = "openai-chat:"
"""Prefix of models that `LAKEHOUSE_BASE_URL` is about."""


@dataclass(frozen=True)
class Rung:
    """One model of the ladder, ready to be asked."""

    name: str
    """As the setting names it."""
    model: Model
    settings: ModelSettings

    @property
    def identity(self) -> str:
        """What tells its answers from another's in the cache: for the embedded planner its version."""
        return self.model.model_name if self.is_free else self.name

    @property
    def takes_tools(self) -> bool:
        """Whether it can be offered tools beside the schema of its answer; the embedded planner has no use for any."""
        if self.is_free or not self.model.profile.get("supports_tools", True):
            return False
        # Some of Google's models take one or the other.
        is_google = self.model.system.startswith("google")
        return not is_google or bool(self.model.profile.get("google_supports_tool_combination", False))

    @property
    def is_free(self) -> bool:
        """Whether it runs here and costs nothing."""
        return self.name in FREE


def build_rung(name: str, *, base_url: str | None, timeout_seconds: float, replays: bool = False) -> Rung:
    """Build one model; nothing is sent.

    Args:
        name: as the setting names it.
        base_url: address of an OpenAI-compatible server, for `openai-chat:` names.
        timeout_seconds: longest wait for one reply.
        replays: whether it will never be asked, so that it needs no key.

    Raises:
        SettingsInvalid: the name is unknown, its key is not set, or its provider is not installed.
    """
    if name == EMBEDDED:
        from agentic_lakehouse.brain.planner.model import EmbeddedPlanner

        return Rung(name, EmbeddedPlanner(), ModelSettings())
    if name == WITH_MEANING:
        from agentic_lakehouse.brain.planner.meaning import UniversalSentenceEncoder
        from agentic_lakehouse.brain.planner.model import EmbeddedPlanner

        return Rung(name, EmbeddedPlanner(UniversalSentenceEncoder()), ModelSettings())
    settings = ModelSettings(
        temperature=0, seed=1, max_retries=0, timeout=timeout_seconds, request_timeout=timeout_seconds
    )
    if replays:
        from pydantic_ai.models.test import TestModel

        return Rung(name, TestModel(), settings)
    try:
        return Rung(name, _compatible(name, base_url) if base_url else infer_model(name), settings)
    except UserError as error:
        raise _not_usable(name, str(error)) from error
    except ImportError as error:
        extra = re.search(r'pip install "pydantic-ai-slim\[([\w-]+)\]"', str(error))
        raise SettingsInvalid(
            f"LAKEHOUSE_MODEL names {name!r}, whose provider is not installed.",
            hint=f'Run `pip install "pydantic-ai-slim[{extra[1]}]"`.' if extra else "Install its provider's package.",
            setting="LAKEHOUSE_MODEL",
            model=name,
        ) from error


def _compatible(name: str, base_url: str) -> Model:
    if not name.startswith(COMPATIBLE):
        return infer_model(name)
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    return OpenAIChatModel(name.removeprefix(COMPATIBLE), provider=OpenAIProvider(base_url=base_url))


def _not_usable(name: str, reason: str) -> SettingsInvalid:
    variables = re.findall(r"`([A-Z][A-Z0-9_]{3,})`", reason)
    if variables:
        return SettingsInvalid(
            f"LAKEHOUSE_MODEL names {name!r}, but {variables[0]} is not set.",
            hint=f"Set {variables[0]}, or LAKEHOUSE_BASE_URL for a server of your own, or LAKEHOUSE_MODEL=embedded.",
            setting=variables[0],
            model=name,
        )
    return SettingsInvalid(
        f"LAKEHOUSE_MODEL names {name!r}, which is not a known model: {redacted(reason)}.",
        hint="Write `embedded`, `<provider>:<model>`, or `openai-chat:<model>` with LAKEHOUSE_BASE_URL.",
        setting="LAKEHOUSE_MODEL",
        model=name,
    )
