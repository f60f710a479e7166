"""The rules that one row cannot decide, over as much of the table as decides them: the slice, or all of it."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence

from agentic_lakehouse.contracts.governed import CheckResult
from agentic_lakehouse.contracts.standard import Rule
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.pipeline.audit import Scope
from agentic_lakehouse.pipeline.conform import relation, slice_of
from agentic_lakehouse.pipeline.derivation import is_decided_by_slice
from agentic_lakehouse.sql.rules import table_check, table_verdict


def audit_table(scope: Scope) -> list[CheckResult]:
    """Check the rules that one row cannot decide, over the table as it would be after the merge.

    What the feed's slice decides alone is asked of that; for the rest, the whole table is read.
    """
    tables = tables_of_rules(scope)
    if not tables:
        return []
    with scope.session(table for _, table in tables) as session:
        return check_tables(session, tables)


def tables_of_rules(scope: Scope) -> list[tuple[Sequence[Rule], Relation]]:
    """Return rules that one row cannot decide, each with as much of the table as decides them."""
    core, standard = scope.standard.name, scope.standard
    rules = [r for r in standard.rules if not r.is_row_rule]
    own = [r for r in rules if is_decided_by_slice(r, standard)]
    tables: list[tuple[Sequence[Rule], Relation]] = []
    if own:
        tables.append((own, relation(scope.view, core, scope.staging, **slice_of(scope.feed))))
    if rest := [r for r in rules if r not in own]:
        tables.append((rest, relation(scope.view, core, scope.staging)))
    return tables


def check_tables(scope: Scope, tables: Sequence[tuple[Sequence[Rule], Relation]]) -> list[CheckResult]:
    """Check rules over what decides them, as `tables_of_rules` gives it; the scope's engine must see it."""
    core = scope.standard.name
    return [_table_rule(scope, rule, core, {core: table}) for rules, table in tables for rule in rules]


def _table_rule(scope: Scope, rule: Rule, core: str, relations: Map[str, Relation]) -> CheckResult:
    key = scope.standard.key
    [verdict] = scope.engine.query(table_verdict(rule, core, key=key), relations).to_pylist()
    return CheckResult(
        name=rule.name,
        table=core,
        severity="WARN" if rule.severity == "warning" else "ERROR",
        passed=bool(verdict["passed"]),
        count=0 if verdict["passed"] else int(verdict["found"] or 0),
        sql=table_check(rule, core, key=key),
    )
