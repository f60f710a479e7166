"""Asks a ladder of models one question at a time, within a context, a budget and the journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from agentic_lakehouse.brain.budget import Budget
from agentic_lakehouse.brain.fence import fenced
from agentic_lakehouse.brain.inquiry import Answer, Journal, Patience, Question
from agentic_lakehouse.brain.ladder import Ladder
from agentic_lakehouse.brain.looks import LOOKS
from agentic_lakehouse.brain.models import Rung, build_rung
from agentic_lakehouse.brain.prompts import Prompt, load_prompt
from agentic_lakehouse.brain.proposals import Proposed
from agentic_lakehouse.brain.question import DescribeQuestion, MapQuestion
from agentic_lakehouse.brain.schemas import schema_of
from agentic_lakehouse.errors import ContractInvalid, SettingsInvalid

P = TypeVar("P", bound=Proposed)
T = TypeVar("T")

CONTEXT = 32_000
CHARACTERS_PER_TOKEN = 3.0
"""Of compact JSON in several languages, on the safe side."""
REPLY = 90
"""Tokens that an answer has a column, on the safe side."""


class Asker:
    """Knows the models, their prompts, and on which terms they are asked.

    Args:
        ladder: model names, weakest first.
        base_url: address of an OpenAI-compatible server, for `openai-chat:` names.
        prompts: folder of prompt files.
        journal: where attempts are kept.
        timeout_seconds: longest wait for one reply.
        budget: what may be spent.
        patience: how often and how long to try.
        replays: whether the journal answers for all models but the embedded planner, which comes to the same each time.
        context: tokens that a question and its answer may have; a longer one is asked in batches of columns.
        asks_settled: whether models that cost money are asked about columns, too, that evidence settles.
    """

    def __init__(
        self,
        *,
        ladder: Sequence[str],
        base_url: str | None,
        prompts: Path,
        journal: Journal,
        timeout_seconds: float,
        budget: Budget,
        patience: Patience | None = None,
        replays: bool = False,
        context: int = CONTEXT,
        asks_settled: bool = False,
    ) -> None:
        self.ladder = tuple(ladder)
        self.base_url = base_url
        self.prompts = prompts
        self.journal = journal
        self.timeout_seconds = timeout_seconds
        self.budget = budget
        self.patience = patience or Patience()
        self.replays = replays
        self.context = context
        self.asks_settled = asks_settled

    @property
    def is_free(self) -> bool:
        """Whether no model of the ladder can cost anything."""
        return all(rung.is_free for rung in self._rungs)

    def _fits(self, prompt: Prompt, output: type[Proposed]) -> Callable[[DescribeQuestion | MapQuestion], bool]:
        """Return whether a question and its answer stay within the context; the embedded planner's has no bound."""
        if self.is_free:
            return lambda _: True
        fixed = len(prompt.body) + len(json.dumps(schema_of(output)))

        def fits(question: DescribeQuestion | MapQuestion) -> bool:
            asked = (fixed + len(fenced(question))) / CHARACTERS_PER_TOKEN
            return asked + REPLY * question.width <= self.context

        return fits

    def _ask(self, question: Question[P, T]) -> Answer[T]:
        mend = load_prompt(self.prompts, "mend_answer")
        ladder = Ladder(self._rungs, self.journal, self.budget, mend, self.patience, self.replays, self.context)
        return ladder.ask(question)

    def _prompt(self, prompt_id: str, output: type[Proposed]) -> Prompt:
        prompt = load_prompt(self.prompts, prompt_id)
        if prompt.output != output.__name__:
            raise ContractInvalid(
                f"Prompt {prompt_id!r} says it is answered by {prompt.output!r}.",
                hint=f"Write `output: {output.__name__}`.",
                prompt=prompt_id,
            )
        if unknown := sorted(set(prompt.tools) - LOOKS):
            raise ContractInvalid(
                f"Prompt {prompt_id!r} names a tool that there is not: {unknown[0]!r}.",
                hint=f"These are: {', '.join(sorted(LOOKS))}.",
                prompt=prompt_id,
            )
        return prompt

    @cached_property
    def _rungs(self) -> tuple[Rung, ...]:
        if not self.ladder:
            raise SettingsInvalid(
                "LAKEHOUSE_MODEL names no model.", hint="Unset it, or set it to `embedded`.", setting="LAKEHOUSE_MODEL"
            )
        return tuple(
            build_rung(name, base_url=self.base_url, timeout_seconds=self.timeout_seconds, replays=self.replays)
            for name in self.ladder
        )
