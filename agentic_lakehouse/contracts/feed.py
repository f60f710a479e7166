"""A feed's name: which vendor sends it, and which of the vendor's feeds it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agentic_lakehouse.errors import UsageInvalid

ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
"""Vendor and feed ids: short and plain, because they become partition values, folders and table names."""


@dataclass(frozen=True, order=True)
class Feed:
    """One stream of files from one vendor, written `vendor/feed`."""

    vendor: str
    name: str

    def __post_init__(self) -> None:
        for part in (self.vendor, self.name):
            if not ID_PATTERN.fullmatch(part):
                raise UsageInvalid(
                    f"{part!r} cannot be a vendor or feed id.",
                    hint="Ids are 1 to 48 of a-z, 0-9, `_` and `-`, and begin with a letter or digit.",
                    id=part,
                )

    def __str__(self) -> str:
        return f"{self.vendor}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Feed:
        """Read `vendor/feed`.

        Raises:
            UsageInvalid: the text is not of that form.
        """
        vendor, slash, name = text.partition("/")
        if not slash:
            raise UsageInvalid(f"{text!r} does not name a feed.", hint="Write it as `vendor/feed`.", feed=text)
        return cls(vendor, name)

    @property
    def table(self) -> str:
        """Name of the feed's bronze table, without its namespace."""
        return f"{self.vendor}__{self.name}"

    @property
    def namesakes(self) -> list[Feed]:
        """Other feeds whose bronze table would have the same name: `a__b/c` and `a/b__c`."""
        table = self.table
        halves = [(table[:at], table[at + 2 :]) for at in range(1, len(table)) if table.startswith("__", at)]
        found = [Feed(*ids) for ids in halves if all(ID_PATTERN.fullmatch(part) for part in ids)]
        return [feed for feed in found if feed != self]

    @property
    def branch(self) -> str:
        """Name of the feed's one open branch."""
        return f"feed/{self}"
