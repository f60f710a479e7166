"""Bounds on what one run of one feed may ask: a call that would pass one is not made."""

from __future__ import annotations

from dataclasses import dataclass, field

from agentic_lakehouse.contracts.governed import ModelCall
from agentic_lakehouse.errors import BudgetExceeded


@dataclass(frozen=True)
class Budget:
    """Most calls, tokens and money in one run of one feed; `None` is no bound."""

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None


@dataclass
class Spending:
    """What runs have spent so far, failed attempts included, by run and feed."""

    budget: Budget
    _spent: dict[tuple[str, str], list[ModelCall]] = field(default_factory=dict)

    def record(self, call: ModelCall) -> None:
        """Count one attempt; a cached answer costs nothing and is not one."""
        if not call.cached:
            self._spent.setdefault((call.run_id, call.feed), []).append(call)

    def require(self, *, run_id: str, feed: str, tokens: int, usd: float | None) -> None:
        """Refuse the next call where it would pass a bound.

        Args:
            run_id: the run that asks.
            feed: the feed that it asks about.
            tokens: what the call will send, at least.
            usd: what sending them costs; `None` where the price is not known, which stops nothing.

        Raises:
            BudgetExceeded: names the bound, what was spent and what the call would add.
        """
        spent = self._spent.get((run_id, feed), [])
        bounds: list[tuple[str, float | None, float, float]] = [
            ("calls", self.budget.calls, len(spent), 1),
            ("tokens", self.budget.tokens, sum(c.input_tokens + c.output_tokens for c in spent), tokens),
            ("usd", self.budget.usd, sum(c.cost_usd or 0 for c in spent), usd or 0),
        ]
        for unit, bound, used, more in bounds:
            if bound is not None and used + more > bound:
                raise BudgetExceeded(
                    f"{feed}: the next model call would pass the budget of {bound:g} {unit} a run "
                    f"({used:g} spent, at least {more:g} more); it was not made.",
                    hint=f"Raise or unset LAKEHOUSE_BUDGET_{unit.upper()}.",
                    feed=feed,
                    unit=unit,
                    budget=bound,
                    spent=used,
                )
