"""What went wrong with an attempt, told apart by what can mend it.

A `transport` fault passes by itself; a `configuration` fault never does, and must not move a question to a model that
costs money; `unparsable`, `schema` and `semantic` faults are answers, which the model can do better.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
    UnexpectedModelBehavior,
    UserError,
)

from agentic_lakehouse.contracts.governed import CallStatus

PASSING = frozenset({408, 409, 425, 429})
"""HTTP client errors that say "later", besides all server errors."""
MAX_MESSAGE = 500
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_SECRET_SHAPE = re.compile(r"\b(sk|pk|key)-[\w*.-]{6,}|(?<=://)[^/\s@]+(?=@)|(?<=[Bb]earer )\S+")


@dataclass(frozen=True)
class Fault:
    """One failed attempt: its kind, what goes back to the model or to a reader, and how long to wait."""

    status: CallStatus
    errors: tuple[str, ...]
    retry_after: float | None = None
    """Seconds that the provider asked for."""


def of(error: Exception) -> Fault:
    """Classify what pydantic-ai raised; `IndexError` and its like are replies without an answer in them."""
    message = redacted(str(error))[:MAX_MESSAGE]
    if isinstance(error, UserError | ModelRequestRejectedError | ModelQuotaExceededError):
        return Fault("configuration", (message,))
    if isinstance(error, ModelHTTPError) and error.status_code < 500 and error.status_code not in PASSING:
        return Fault("configuration", (message,))
    if isinstance(error, ModelAPIError):
        return Fault("transport", (message,), error.retry_after)
    if isinstance(error, UnexpectedModelBehavior):
        return Fault("unparsable", (message,))
    return Fault("unparsable", ("the reply holds no answer",))


def redacted(text: str) -> str:
    """Blank out what may be a secret: values of secret-like variables, keys, and passwords in addresses."""
    for name, value in os.environ.items():
        if len(value) >= 6 and _SECRET_NAME.search(name):
            text = text.replace(value, "***")
    return _SECRET_SHAPE.sub("***", text)
