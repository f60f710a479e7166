"""What a model may look at before it answers: named looks with typed arguments. None of them can write.

Results reach the model as fenced data, like every other vendor byte. A wrong call is told, not raised: the model may
mend it in the turns that it has left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_ai.messages import ToolCallPart
from pydantic_ai.tools import ToolDefinition

from agentic_lakehouse.brain.fence import fenced_data
from agentic_lakehouse.brain.proposals import Proposed
from agentic_lakehouse.brain.unfit import Unfit, worded

A = TypeVar("A", bound=Proposed)

MAX_CALLS = 8
"""Looks that one turn may take."""
MAX_RESULT = 6_000
"""Characters of one result; a longer one is refused, and the model told to ask for less."""


@dataclass(frozen=True)
class Tool(Generic[A]):
    """One thing to look at."""

    name: str
    arguments: type[A]
    """Their docstring tells the model what the tool is for."""
    look: Callable[[A], Any]
    """Returns JSON data; raises `Unfit` with what is wrong with the arguments."""

    @property
    def definition(self) -> ToolDefinition:
        """Return it as models are told of it."""
        schema = self.arguments.model_json_schema()
        description = schema.pop("description", None)
        return ToolDefinition(name=self.name, parameters_json_schema=schema, description=description, strict=False)

    def use(self, arguments: str) -> str:
        """Look, and return what was found, or what was wrong with the arguments."""
        try:
            found: Any = self.look(self.arguments.model_validate_json(arguments or "{}"))
        except ValidationError as error:
            found = {"errors": worded(error)}
        except Unfit as unfit:
            found = {"errors": unfit.errors}
        result = fenced_data(found)
        return result if len(result) <= MAX_RESULT else fenced_data({"errors": ["too much to show; ask for less"]})


def results_of(calls: Sequence[ToolCallPart], tools: Sequence[Tool[Any]]) -> list[str]:
    """Answer each call of one turn; a model may name tools that nobody offered, and call more than anybody needs."""
    known = {tool.name: tool for tool in tools}
    results = []
    for number, call in enumerate(calls):
        tool = known.get(call.tool_name)
        if number >= MAX_CALLS:
            results.append(fenced_data({"errors": [f"a turn has {MAX_CALLS} calls at most; this one was not made"]}))
        elif tool is None:
            results.append(fenced_data({"errors": [f"there is no such tool; there are {list(known)}"]}))
        else:
            results.append(tool.use(arguments_of(call)))
    return results


def arguments_of(call: ToolCallPart) -> str:
    """Return a call's arguments as the model wrote them."""
    return call.args if isinstance(call.args, str) else json.dumps(call.args or {}, ensure_ascii=False)
