"""Which rule sets hold on which days, and the version of the rules that a row is conformed under."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.rule_set import RuleSet


class Period(NamedTuple):
    """Days of delivery with the same rule sets in force."""

    first: date | None
    """Its first day; `None` reaches back for ever. It ends where the next one begins."""
    sets: tuple[RuleSet, ...]

    @property
    def version(self) -> str | None:
        """`_rules_sha256` of rows delivered in it; `None` where no rule set is in force."""
        return version_of(self.sets) if self.sets else None


def version_of(sets: Sequence[RuleSet]) -> str:
    """Return the identity of rule sets that are in force together."""
    return sha256_of([rule_set.sha256 for rule_set in sets])


def periods(sets: Sequence[RuleSet]) -> tuple[Period, ...]:
    """Return the periods that rule sets make of time, the earliest first; at least one."""
    begin = {s.effective_from for s in sets} | {_after(s.effective_until) for s in sets if s.effective_until}
    days: list[date | None] = [None, *sorted(day for day in begin if day is not None)]
    return tuple(Period(day, tuple(s for s in sets if s.in_force(day or date.min))) for day in days)


def versions_of(rule_set: RuleSet, among: Sequence[RuleSet]) -> tuple[str, ...]:
    """Return the versions under which one of several rule sets is in force; none where it always is."""
    found = periods(among)
    if all(rule_set in period.sets for period in found):
        return ()
    return tuple(dict.fromkeys(str(p.version) for p in found if rule_set in p.sets))


def _after(day: date) -> date | None:
    return day + timedelta(days=1) if day < date.max else None
