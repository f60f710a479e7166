"""Every error that a user can meet, in one place.

An error says what was wrong and where, and carries a `Hint:` that says what to do. Its details are
attributes, so that a face (CLI, Dagster, MCP) can show them as data, and it survives pickling.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar


class LakehouseError(Exception):
    """Base of all errors that the lakehouse raises on purpose.

    Attributes:
        message: one sentence: what was wrong, and where.
        hint: what to do about it, or `None`.
        details: the same facts as data (feed, file, line, column, ...), JSON-serialisable.
    """

    exit_code: ClassVar[int] = 1
    """What a command that ends with this error returns: 1 a feed failed, 2 wrong usage or refused."""

    reason: ClassVar[str] = "error"
    """One word for reports: why a feed failed."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "reason" not in vars(cls):
            cls.reason = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str, *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return f"{self.message}\nHint: {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.hint, self.details)


def _rebuild(kind: type[LakehouseError], message: str, hint: str | None, details: dict[str, Any]) -> LakehouseError:
    return kind(message, hint=hint, **details)


class SettingsInvalid(LakehouseError):
    """A setting is missing, unknown or contradictory; raised before any work."""

    exit_code = 2


class ContractInvalid(LakehouseError):
    """A standard, policy, vendor file, spec or mapping breaks its own schema."""

    exit_code = 2


class RulesInvalid(ContractInvalid):
    """A rule set cannot be read, or does not fit the standard: the feeds that it is about wait, and no others."""

    exit_code = 1
    reason = "rules"


class GuardRefused(LakehouseError):
    """SQL holds something that the guard does not allow; the node is named in `details["node"]`."""

    exit_code = 2


class UsageInvalid(LakehouseError):
    """A command or call was given something that does not exist or does not fit."""

    exit_code = 2


class FeedUnreadable(LakehouseError):
    """A vendor file is empty, truncated, binary, of an unknown kind, or cannot be opened."""


class FeedEmpty(FeedUnreadable):
    """A vendor file holds nothing at all."""

    reason = FeedUnreadable.reason


class FileUnsettled(FeedUnreadable):
    """A vendor file changed while it was read: it is probably still being written."""


class LandingUnavailable(LakehouseError):
    """The landing zone's file system does not answer, or lets nobody in."""


class TooManyBadRows(LakehouseError):
    """More rows of a delivery break the spec than the policy allows; nothing of it is loaded."""


class ModelUnavailable(LakehouseError):
    """No model of the ladder could be reached or was allowed to answer."""


class AnswerRejected(LakehouseError):
    """Every model of the ladder gave an answer that did not pass; all attempts are dead letters."""


class BudgetExceeded(LakehouseError):
    """The next model call would pass a budget; it was not made."""

    reason = "budget"


class ReviewRefused(UsageInvalid):
    """Whoever decides may not, or what they decide on is no longer what it was."""


class QueryFailed(LakehouseError):
    """A query passed the guard but could not be run."""

    exit_code = 2


class EngineFailed(LakehouseError):
    """The engine could not load or transform staged files."""


class StandardNotImported(LakehouseError):
    """A server did not give a standard that can be used; nothing was written."""


class CatalogUnavailable(LakehouseError):
    """The catalog database or an object it points at cannot be read."""


class BranchLeased(LakehouseError):
    """Another run holds the feed's branch."""


class LeaseLost(LakehouseError):
    """This run no longer holds its branch; nothing more can be written or merged by it."""


class MergeConflict(LakehouseError):
    """Main moved where this branch also wrote; nothing was published."""


class PublishRefused(LakehouseError):
    """The branch lacks a recorded, passing audit of exactly its tables, or an approved mapping."""


class StepOutOfOrder(LakehouseError):
    """A step was asked for while the step before it does not stand recorded on the branch."""
