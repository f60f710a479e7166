"""What was in force, from when to when: rule sets, trust profiles and standards, as governance keeps them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from agentic_lakehouse.contracts.base import Record

PolicyKind = Literal["rule_set", "rules_in_force", "policy", "standard"]
"""`rules_in_force`: the rule sets that rows were conformed under together; its sha256 is their `_rules_sha256`."""
Origin = Literal["file", "put"]
"""`file`: a run found it where the settings point; `put`: a person put it in, and it goes before a file of its name."""


class PolicyVersion(Record):
    """One version of a policy, as it was first seen or put in. Its content never changes, nor is it ever removed."""

    kind: PolicyKind
    name: str
    version: int
    """From 1, counted by kind and name."""
    sha256: str
    owner: str = ""
    effective_from: date | None = None
    effective_until: date | None = None
    origin: Origin
    content: dict[str, Any]
    by: str
    note: str = ""
    entered_at: datetime
    left_at: datetime | None = None
    """When another version took its place, its file was taken away, or a person retired it."""
    left_by: str = ""
