"""A quality rule: what it asserts of a row or a table, and what its breach costs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from agentic_lakehouse.contracts.base import Contract

OnBreach = Literal["reject_row", "null_cell", "stop_feed"]
RuleKind = Literal[
    "required", "pattern", "min_length", "max_length", "minimum", "maximum", "valid_values",
    "expression", "row_sql", "table_sql", "unique", "row_count",
]  # fmt: skip
ROW_RULES: frozenset[str] = frozenset(
    {"required", "pattern", "min_length", "max_length", "minimum", "maximum", "valid_values", "expression", "row_sql"}
)
"""Kinds that can be judged on one row; the rest are table checks."""


class Rule(Contract):
    """One quality rule and what its breach costs."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: RuleKind
    column: str | None = None
    """Column that the rule is about; `None` for a rule over the whole row or table."""
    argument: Any = None
    """Pattern, bound, list of values; for `expression` a boolean that is true of good values; for
    `row_sql` a predicate that is true of bad rows; for `table_sql` a query with one number, in which the
    table is written `{object}`; for `unique` (without a column: over the primary key) and `row_count` nothing."""
    compare: str = "= 0"
    """For table checks: what the number must be, as SQL (`= 0`, `BETWEEN 1 AND 5`)."""
    severity: Literal["error", "warning"] = "error"
    """A `warning` only counts."""
    on_breach: OnBreach = "reject_row"
    description: str = ""
    versions: tuple[str, ...] = Field(default=(), exclude_if=lambda versions: not versions)
    """For a rule of a rule set, the versions of the rules in force (`_rules_sha256`) under which it holds: it is about
    rows that were conformed under one of them, and no others. Empty for a rule of the standard, which always holds."""

    @property
    def is_row_rule(self) -> bool:
        """Whether one row is enough to judge it."""
        return self.kind in ROW_RULES
