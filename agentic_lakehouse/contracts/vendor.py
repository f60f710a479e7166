"""Facts that we know of a vendor and that its files do not carry."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentic_lakehouse.contracts.base import Contract


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
    """How often a delivery is expected: `daily`, `weekly`, or a cron line."""
    contact: str | None = None
