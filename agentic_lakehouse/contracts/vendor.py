"""Facts that we know of a vendor and that its files do not carry."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from agentic_lakehouse.contracts.base import Contract, Record, sha256_of

Grace = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}[mhd]$")]
"""A duration: `30m`, `6h`, `2d`."""


class Expectation(Record):
    """When the deliveries of one feed are expected."""

    every: str
    """`daily`, `weekly`, or a cron line."""
    timezone: str = "UTC"
    grace: timedelta = timedelta(hours=1)
    """How long after it was due a delivery is not called late yet."""


class FeedFacts(Record):
    """What differs from the vendor's other feeds."""

    expected: str | None = None
    """How often a delivery is expected: `daily`, `weekly`, `never`, or a cron line."""
    grace: Grace | None = None
    """How long after it was due a delivery is not called late yet: `30m`, `6h`, `2d`."""


class VendorFacts(Contract):
    """One vendor, from `data/vendors/<vendor>.yaml`; every fact is optional."""

    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    """ISO 3166-1 alpha-2."""
    locale: str | None = None
    """CLDR locale such as `de_DE`; decides date order and decimal marks where the file leaves them open."""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """ISO 4217 code of prices that carry none."""
    units: dict[str, str] = Field(default_factory=dict)
    """Unit of a quantity whose column names none, by dimension: `{mass: g, length: mm}`."""
    delivery: Literal["delta", "full"] = "delta"
    """Whether a delivery holds changes or everything: keys that a `full` one lacks are removed, but not those of its
    error rows, none where the key of such a row cannot be read, and many only after a person's review."""
    expected: str | None = None
    """How often a delivery is expected: `daily`, `weekly`, `never`, or a cron line."""
    timezone: str = "UTC"
    """IANA time zone in which `expected` is meant: where days end, and what the hours of a cron line are."""
    grace: Grace = "1h"
    """How long after it was due a delivery is not called late yet: `30m`, `6h`, `2d`."""
    feeds: dict[str, FeedFacts] = Field(default_factory=dict)
    """Feeds of which other deliveries are expected than of the rest: `{stock: {expected: daily}}`."""
    contact: str | None = None

    @cached_property
    def judgement_sha256(self) -> str:
        """Identity of the part that bears on what rows become: when they are expected, and whom to ask, does not."""
        return sha256_of(self.model_dump(mode="json", exclude={"expected", "timezone", "grace", "feeds", "contact"}))

    def expectation(self, feed: str) -> Expectation | None:
        """Return when deliveries of a feed, by its name, are expected; `None` where nobody says."""
        own = self.feeds.get(feed, FeedFacts())
        every = own.expected or self.expected
        if every is None or every == "never":
            return None
        return Expectation(every=every, timezone=self.timezone, grace=_duration(own.grace or self.grace))


def _duration(text: str) -> timedelta:
    return int(text[:-1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[text[-1]]
