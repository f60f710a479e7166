"""The verifier: asserts, on the branch's own tables, what contracts promise. No model has a hand in it.

`audit_bronze` and `audit_staged` give the checks of one stage as data. Recording them with the branch's
pointers, and refusing to merge without them, is the lake's part; showing them is the orchestrator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import CheckResult, Severity
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.lake.view import View

BRONZE_CHECKS: dict[str, str] = {
    "row_conservation": "Every record of each new file is in bronze or in ingest_errors, exactly once.",
    "types_parse": "The share of records that break the spec is within the policy.",
    "not_null": "Columns that the spec claims never null have no null.",
    "keys_unique": "The spec's primary key does not repeat within a delivery.",
    "partition_values": "Rows carry the partition values of their delivery.",
}
REMOVED_SHARE = "removed_share"
MEDIAN_SHIFT = "median_shift"
NULLS_GAINED = "nulls_gained"
CHANGED_SHARE = "changed_share"
UNSEEN_VALUES = "unseen_values"
STAGED_CHECKS: dict[str, str] = {
    "row_conservation": "Every folded row is in core or mapping_errors, gave way to a later row, or was removed.",
    "mapping_complete": "Every required target is filled by the mapping, a fallback or the lake.",
    "rejected_share": "The share of rows that the standard's rules reject is within the policy.",
    REMOVED_SHARE: "The share of published keys that would be taken away is within the policy, or reviewed.",
    MEDIAN_SHIFT: "Medians of numbers move no further than the policy lets pass, or the move was reviewed.",
    NULLS_GAINED: "The share of published keys that lose a value is within the policy, or reviewed.",
    CHANGED_SHARE: "The share of published keys of which any value changes is within the policy, or reviewed.",
    UNSEEN_VALUES: "No word of the vendor waits in the inbox for somebody to say what it stands for.",
}


def staged_check_names(standard: ProductStandard) -> dict[str, tuple[str, Severity]]:
    """Return every check of the staged table: name to description and severity, as contracts give them."""
    names: dict[str, tuple[str, Severity]] = {
        name: (text, "WARN" if name == UNSEEN_VALUES else "ERROR") for name, text in STAGED_CHECKS.items()
    }
    for rule in standard.rules:
        names[rule.name] = (rule.description, "WARN" if rule.severity == "warning" else "ERROR")
    return names


@dataclass(frozen=True)
class Scope:
    """What an audit looks at."""

    feed: Feed
    view: View
    standard: ProductStandard
    policy: Policy
    engine: Engine
    staging: Path

    @contextmanager
    def session(self, relations: Iterable[Relation]) -> Iterator[Scope]:
        """Give the same scope with an engine for several queries over `relations`."""
        with self.engine.session(relations, self.staging) as engine:
            yield replace(self, engine=engine)

    def numbers(self, sql: str, relations: Map[str, Relation]) -> dict[str, int]:
        """Run a query that gives one row of numbers; nulls read as 0."""
        row = self.engine.query(sql, relations).to_pylist()[0]
        return {name: int(value or 0) for name, value in row.items()}


def result(
    name: str, table: str, count: int, *, note: str = "", severity: Severity = "ERROR", sql: str = ""
) -> CheckResult:
    """Return a check's result: it holds where nothing breaks it."""
    return CheckResult(
        name=name, table=table, severity=severity, passed=count == 0, count=count, description=note, sql=sql
    )


def plain(row: Map[str, object]) -> dict[str, object]:
    """Return a row without its empty cells, as JSON can hold it."""
    return {k: v if isinstance(v, (str, int, float, bool)) else str(v) for k, v in row.items() if v is not None}
