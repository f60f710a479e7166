"""What follows from how the lake's own columns are derived: their order, and what one slice decides alone."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

from agentic_lakehouse.contracts.standard import ProductStandard, Rule, StandardColumn
from agentic_lakehouse.errors import ContractInvalid
from agentic_lakehouse.pipeline.judgement import FACT_TYPES
from agentic_lakehouse.sql.compiler import columns_read
from agentic_lakehouse.sql.guard import guard_expression

SURROGATE_KEY = "surrogate_key"
"""The helper whose value tells all its arguments apart."""


def derivation_order(standard: ProductStandard) -> list[list[StandardColumn]]:
    """Return derived columns in groups, each after the derived columns that it reads.

    Raises:
        ContractInvalid: they read each other in a circle.
    """
    waiting = [c for c in standard.columns if c.transform_logic is not None]
    known = [*(c.name for c in standard.columns), *FACT_TYPES]
    groups: list[list[StandardColumn]] = []
    while waiting:
        names = {c.name for c in waiting}
        ready = [
            c for c in waiting if not names & (set(columns_read(str(c.transform_logic), columns=known)) - {c.name})
        ]
        if not ready:
            raise ContractInvalid(
                f"{standard.label}: the derived columns {sorted(names)} read each other in a circle.",
                hint="Break the circle in their transformLogic.",
                columns=sorted(names),
            )
        groups.append(ready)
        waiting = [c for c in waiting if c not in ready]
    return groups


def is_decided_by_slice(rule: Rule, standard: ProductStandard) -> bool:
    """Whether a table rule can break within one slice alone, so that no other slice need be read.

    That is so for uniqueness of what holds the slice's own columns, or is a surrogate key over the facts that they are:
    rows of two slices then differ in it. What it costs does not grow with the number of feeds.
    """
    parts = standard.partition_columns
    if rule.kind != "unique" or rule.compare != "= 0" or not parts:
        return False
    columns = [rule.column] if rule.column else list(standard.key)
    if set(parts) <= set(columns):
        return True
    facts = {c.transform_logic for name in parts if (c := standard.column(name)) is not None}
    known = [*(c.name for c in standard.columns), *FACT_TYPES]
    return any(facts <= _told_apart(standard.column(name), known) for name in columns)


def _told_apart(column: StandardColumn | None, known: Collection[str]) -> set[str | None]:
    """Return the facts and columns that a surrogate key is made over."""
    if column is None or column.transform_logic is None:
        return set()
    tree = guard_expression(column.transform_logic, columns=known)
    is_key = isinstance(tree, exp.Anonymous) and tree.name.lower() == SURROGATE_KEY
    return {node.name for node in tree.expressions if isinstance(node, exp.Column)} if is_key else set()
