"""Bounds on what may be asked, by run, feed and day: a call that would pass one is not made.

What was spent is read from the journal each time, so that it counts failed attempts, other processes and runs that were
killed alike; in the transaction that enters the next call, so that no two calls pass a bound together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from agentic_lakehouse.contracts.governed import ModelCall, Spent, Tally
from agentic_lakehouse.errors import BudgetExceeded


class Passed(NamedTuple):
    """A bound, and what is held against it."""

    unit: str
    bound: float | None
    spent: float
    more: float


@dataclass(frozen=True)
class Bounds:
    """Most calls, tokens and money; `None` is no bound."""

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is bounded."""
        return self.calls is None and self.tokens is None and self.usd is None

    def passed_by(self, spent: Spent, tokens: int, usd: float | None) -> Passed | None:
        """Return which bound another call would pass, if any."""
        compared = (
            Passed("calls", self.calls, spent.calls, 1),
            Passed("tokens", self.tokens, spent.tokens, tokens),
            Passed("usd", self.usd, spent.usd, usd or 0),
        )
        return next((p for p in compared if p.bound is not None and p.spent + p.more > p.bound), None)


@dataclass(frozen=True)
class Budget:
    """What may be spent; days are UTC."""

    run: Bounds = field(default_factory=Bounds)
    """In one run of one feed."""
    feed: Bounds = field(default_factory=Bounds)
    """On one feed in a day."""
    day: Bounds = field(default_factory=Bounds)
    """On all feeds in a day."""

    def require(self, call: ModelCall, spent: Tally) -> None:
        """Refuse the next call where it would pass a bound.

        Args:
            call: with the tokens that it will send, at least, and what they cost; an unknown price stops nothing.
            spent: tells what was spent before it.

        Raises:
            BudgetExceeded: names the bound, what was spent and what the call would add.
        """
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        bounded: list[tuple[Bounds, str, str, dict[str, Any]]] = [
            (self.run, "a run", "", {"feed": call.feed, "run_id": call.run_id}),
            (self.feed, "a feed and day", "FEED_", {"feed": call.feed, "since": today}),
            (self.day, "a day", "DAY_", {"since": today}),
        ]
        for bounds, of, prefix, those in bounded:
            passed = None if bounds.is_open else bounds.passed_by(spent(**those), call.input_tokens, call.cost_usd)
            if passed is not None:
                raise BudgetExceeded(
                    f"{call.feed}: the next model call would pass the budget of {passed.bound:g} {passed.unit} {of} "
                    f"({passed.spent:g} spent, at least {passed.more:g} more); it was not made.",
                    hint=f"Raise or unset LAKEHOUSE_BUDGET_{prefix}{passed.unit.upper()}.",
                    feed=call.feed,
                    unit=passed.unit,
                    budget=passed.bound,
                    spent=passed.spent,
                )
