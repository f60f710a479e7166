"""What went wrong with an attempt, told apart by what can mend it.

A `transport` fault passes by itself; a `configuration` fault never does, and must not move a question to a model that
costs money; `unparsable`, `schema` and `semantic` faults are answers, which the model can do better.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelConnectionError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
    UnexpectedModelBehavior,
    UserError,
)

from agentic_lakehouse.contracts.governed import CallStatus

PASSING = frozenset({408, 409, 425, 429})
"""HTTP client errors that say "later", besides all server errors."""
BROKEN = (IndexError, KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError)
"""How an SDK's model of a reply breaks on one that holds no answer, dates of the year 10000 or a hundred thousand
brackets."""
MAX_MESSAGE = 500
"""Characters of a provider's message that are kept."""
MAX_ERRORS = 50
"""Errors of one answer that are kept and told; a model that makes more of them needs no list."""
MAX_ERROR = 2_000
"""Characters of one of them: it may name all columns of a wide feed."""
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
    message, status = storable(redacted(str(error))[:MAX_MESSAGE]), _http_status(error)
    if isinstance(error, UserError | ModelRequestRejectedError | ModelQuotaExceededError):
        return Fault("configuration", (message,))
    if status is not None and status < 500 and status not in PASSING:
        return Fault("configuration", (message,))
    if isinstance(error, ModelAPIError):
        return Fault("transport", (message,), error.retry_after)
    if isinstance(error, UnexpectedModelBehavior):
        return Fault("unparsable", (message,))
    return Fault("unparsable", ("the reply holds no answer",))


def of_answer(status: CallStatus, errors: Sequence[str]) -> Fault:
    """Say what is wrong with an answer: all of it, unless that is more than anybody reads."""
    told = tuple(storable(error[:MAX_ERROR]) for error in errors[:MAX_ERRORS])
    return Fault(status, (*told, f"and {len(errors) - MAX_ERRORS} more") if errors[MAX_ERRORS:] else told)


def was_sent(error: Exception) -> bool:
    """Tell whether a model may have worked on the question, so that it may be billed."""
    if isinstance(error, UserError) or (isinstance(error, ModelConnectionError) and error.phase in {"pool", "connect"}):
        return False
    status = _http_status(error)
    return status is None or status >= 500 or status in {408, 409}


def _http_status(error: Exception) -> int | None:
    """Return the status of a refusal; pydantic-ai tells that of a redirect by its cause alone."""
    for one in (error, error.__cause__):
        if isinstance(status := getattr(one, "status_code", None), int) and status >= 300:
            return status
    return None


def storable(text: str) -> str:
    """Replace what a database cannot keep: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def redacted(text: str) -> str:
    """Blank out what may be a secret: values of secret-like variables, keys, and passwords in addresses."""
    return _SECRET_SHAPE.sub("***", without_secrets(text))


def without_secrets(text: str) -> str:
    """Blank out values of secret-like variables: whoever answers us was sent one of them."""
    for name, value in os.environ.items():
        if len(value) >= 6 and _SECRET_NAME.search(name):
            text = text.replace(value, "***")
    return text
