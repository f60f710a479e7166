"""Rule sets in a folder of the test, over feeds of a small shop."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from agentic_lakehouse.pipeline import receive
from agentic_lakehouse_tests.pipeline.conftest import Straight

FIXTURES = Path(__file__).parents[1] / "fixtures"
PRICES = "sku;title;price\n" + "".join(f"A{n};Stapler {n};{n * 119}.00\n" for n in range(1, 11))
NET = """
name: net-prices
owner: pricing@example.com
applies_to: {countries: [DE]}
lookups:
  vat: {type: "decimal(4,2)", values: {DE: 0.19}}
normalise:
- column: price
  expression: divide(price, 1 + lookup('vat', _vendor_country), 4)
  why: list prices include VAT
"""


class Shop(Straight):
    """A lakehouse of the shop standard with a folder of rule sets; nothing waits for a person."""

    def __init__(self, root: Path) -> None:
        (root / "rules").mkdir()
        super().__init__(
            root,
            rules=root / "rules",
            standard=FIXTURES / "shop_item.odcs.yaml",
            policy=FIXTURES / "trusting.policy.yaml",
        )

    def rule(self, yaml: str, *, name: str = "net.yaml") -> Path:
        """Write a rule set."""
        path = self.root / "rules" / name
        path.write_text(yaml, encoding="utf-8")
        return path

    def items(self, column: str = "price", *, vendor: str = "acme", at: str | None = None) -> list[object]:
        """Return a column of a vendor's items, by number."""
        sql = f"SELECT {column} AS v FROM shop_core.item WHERE vendor_name = '{vendor}' ORDER BY length(sku), sku"
        return [row["v"] for row in self.query(sql, at=at)]


def clock(patch: pytest.MonkeyPatch, day: str) -> None:
    """Let deliveries come on a day."""

    class Then(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return dt.datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=tz)

    patch.setattr(receive, "datetime", Then)
