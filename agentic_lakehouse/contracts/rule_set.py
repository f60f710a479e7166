"""Rules that hold for some vendors, countries or days: data beside the standard, with an owner and effective dates.

A rule set is about rows whose delivery came on a day on which it is in force (`ingestion_date`), never about today:
so a slice that is folded anew comes out the same. A new rule set begins to count with the first such delivery.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from agentic_lakehouse.contracts.base import Contract, Record
from agentic_lakehouse.contracts.feed import ID_PATTERN, Feed
from agentic_lakehouse.contracts.rule import Rule
from agentic_lakehouse.contracts.vendor import VendorFacts

MAX_WORDS = 2_000
"""Most words of one lookup: a category tree, not a catalogue."""
MAX_DAYS = 400
"""Most days of one word."""
NAME = r"^[a-z0-9][a-z0-9_-]{0,47}$"


def _as_text(value: Any) -> Any:
    """Return a number as YAML wrote it: people write rates without quotes."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Value = Annotated[str, BeforeValidator(_as_text)]


class Lookup(Record):
    """A small table from words to values, which an expression reads as `lookup('name', word)`."""

    type: str = Field(default="string", pattern=r"^(string|long|decimal\([1-9][0-9]?,[0-9]{1,2}\))$")
    """Type of the values: `string`, `long` or `decimal(p,s)`."""
    values: dict[str, Value | dict[date, Value]] = Field(min_length=1, max_length=MAX_WORDS)
    """What each word stands for, compared trimmed and in any case. Where it changes with time, a day to a value, each
    from that day on: read as `lookup('name', word, day)`, such as `_ingestion_date`."""

    @property
    def is_dated(self) -> bool:
        """Whether a day is needed to read it."""
        return any(isinstance(value, Map) for value in self.values.values())

    @field_validator("values")
    @classmethod
    def _bounded(cls, values: dict[str, str | dict[date, str]]) -> dict[str, str | dict[date, str]]:
        seen: set[str] = set()
        for word, value in values.items():
            if (key := word.strip().lower()) in seen:
                raise ValueError(f"the word {word!r} stands twice, in other case or spacing")
            seen.add(key)
            if isinstance(value, Map) and not 0 < len(value) <= MAX_DAYS:
                raise ValueError(f"{word!r} has {len(value)} days; it may have 1 to {MAX_DAYS}")
        return values

    @model_validator(mode="after")
    def _typed(self) -> Self:
        for word, value in self.values.items():
            for text in value.values() if isinstance(value, Map) else (value,):
                if problem := _problem(text, self.type):
                    raise ValueError(f"the value {text!r} of {word!r} {problem}")
        return self


def _problem(text: str, kind: str) -> str | None:
    """Return why a text cannot be a value of a type, or `None`."""
    if kind == "string":
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return "is no number"
    precision, scale = (18, 0) if kind == "long" else map(int, kind[len("decimal(") : -1].split(","))
    if not number.is_finite() or number != round(number, scale):
        return f"has more than {scale} digits after the point" if number.is_finite() else "is no number"
    return f"does not fit {kind}" if abs(number) >= Decimal(10) ** (precision - scale) else None


class Normalisation(Record):
    """One step by which mapped values become what the standard asks for."""

    column: str
    """Target column, one that a mapping may fill."""
    expression: str
    """Guarded expression over target columns as they stand before this step, the run's facts, and lookups."""
    when: str = ""
    """Guarded truth value over the same: rows for which it is true are changed; all where empty."""
    why: str = ""
    may_empty: bool = False
    """Whether a value may become no value. Else that is a fault of the row, kept in `mapping_errors`."""


class AppliesTo(Record):
    """Which feeds a rule set is about: each list that is not empty must hold what is known of the feed."""

    vendors: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    """`vendor/feed` each."""
    countries: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _can_match(self) -> Self:
        """Refuse what no feed can ever be: a scope that is misspelt would switch its rules off unseen."""
        one = ID_PATTERN.pattern
        asked = ((self.feeds, f"{one}/{one}", "`vendor/feed`"), (self.vendors, one, "a vendor's id"),
                 (self.countries, "[A-Z]{2}", "a country, such as DE"),
                 (self.currencies, "[A-Z]{3}", "a currency, such as EUR"))  # fmt: skip
        for wanted, pattern, what in asked:
            if wrong := next((each for each in wanted if not re.fullmatch(pattern, each)), None):
                raise ValueError(f"{wrong!r} is not {what}")
        return self

    def covers(self, feed: Feed, facts: VendorFacts) -> bool:
        """Whether a feed is among them."""
        asked: tuple[tuple[tuple[str, ...], str | None], ...] = (
            (self.vendors, feed.vendor),
            (self.feeds, str(feed)),
            (self.countries, facts.country),
            (self.currencies, facts.currency),
            (self.locales, facts.locale),
        )
        return all(known in wanted for wanted, known in asked if wanted)


class RuleSet(Contract):
    """What holds for some feeds, from a day to a day: normalisation, lookups, quality rules."""

    name: str = Field(pattern=NAME)
    """Rule sets are applied in the order of their names."""
    owner: str = Field(min_length=1)
    """Who answers for it."""
    description: str = ""
    standard: str | None = None
    """Full name of the standard's table that it is about, such as `product_core.product`; any where left out."""
    effective_from: date | None = None
    """First day, of delivery, on which it is in force; since ever where left out."""
    effective_until: date | None = None
    """Last such day; without an end where left out."""
    applies_to: AppliesTo = AppliesTo()
    """The feeds that it is about, by vendor, feed, country, currency or locale; all where left out."""
    lookups: dict[str, Lookup] = Field(default_factory=dict)
    """Tables by name: what a word stands for, and the type of that."""
    normalise: tuple[Normalisation, ...] = ()
    """Steps in their order, each of which sees what the one before left."""
    rules: tuple[Rule, ...] = ()
    """Quality rules on rows, beside the standard's own: what makes a row eligible for core, values allowed here, ..."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.effective_from and self.effective_until and self.effective_until < self.effective_from:
            raise ValueError("`effective_until` is before `effective_from`")
        names = [rule.name for rule in self.rules]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the rule {twice!r} stands twice")
        return self

    @field_validator("rules")
    @classmethod
    def _on_rows(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        for rule in rules:
            if not rule.is_row_rule:
                raise ValueError(f"the rule {rule.name!r} is about a whole table, which is the standard's matter")
            if rule.versions:
                raise ValueError(f"the rule {rule.name!r} has `versions`: the lakehouse sets them")
        return rules

    def in_force(self, day: date) -> bool:
        """Whether it is in force for rows delivered on a day."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_until is None or day <= self.effective_until)
