"""What was said to a model so far: the question, what it looked at, and its last answer with what was wrong with it.

Answers before the last one only cost tokens, and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolReturnPart


@dataclass(frozen=True)
class Conversation:
    """One question to one model, and what followed."""

    question: str
    looked: tuple[ModelMessage, ...] = ()
    """Turns in which it looked at something."""
    failed: tuple[ModelMessage, ...] = ()
    """The answer that did not pass, and why."""
    words: str = ""
    """What is said next, as the journal keeps it."""

    @classmethod
    def about(cls, question: str) -> Conversation:
        """Begin with a question."""
        return cls(question, words=question)

    @property
    def messages(self) -> list[ModelMessage]:
        """What is sent."""
        return [ModelRequest.user_text_prompt(self.question), *self.looked, *self.failed]

    def after_looking(self, turn: ModelResponse, results: Sequence[str]) -> Conversation:
        """Go on with what the model's tools showed, in the order of its calls."""
        parts = [
            ToolReturnPart(call.tool_name, content=result, tool_call_id=call.tool_call_id)
            for call, result in zip(turn.tool_calls, results, strict=True)
        ]
        looked = (*self.looked, *self.failed, turn, ModelRequest(parts=parts))
        return Conversation(self.question, looked, words="\n".join(results))

    def after_fault(self, answer: ModelResponse | None, told: str) -> Conversation:
        """Go on with what was wrong with an answer; without one, the question is simply asked again."""
        if answer is None:
            return self
        return Conversation(self.question, self.looked, (answer, ModelRequest.user_text_prompt(told)), told)
