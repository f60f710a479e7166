"""The verifier's second half: the feed's slice of core against every rule of the standard."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence

from agentic_lakehouse.contracts.governed import CheckResult, Severity
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.standard import ProductStandard, Rule
from agentic_lakehouse.contracts.tables import mapping_errors_table
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.pipeline.approval import unfilled
from agentic_lakehouse.pipeline.audit import Scope, listed, result, staged_check_names
from agentic_lakehouse.pipeline.conform import relation, slice_of
from agentic_lakehouse.sql.rules import breach, table_check, table_verdict
from agentic_lakehouse.sql.types import literal, quote

MAX_SAMPLES = 5


def audit_staged(
    scope: Scope,
    mapping: Mapping,
    bronze: str,
    *,
    deliveries: Sequence[str] | None,
    approved_by_person: bool,
) -> list[CheckResult]:
    """Check the feed's slice of core against every rule of the standard, and that no row went missing.

    Args:
        scope: what to look at.
        mapping: the mapping that made the slice.
        bronze: full name of the feed's bronze table.
        deliveries: what was folded; `None` for all of bronze.
        approved_by_person: a person saw how many rows the mapping rejects, so that this only warns.
    """
    core = scope.standard.name
    faults = mapping_errors_table(scope.standard).name
    relations = {
        "slice": relation(scope.view, core, scope.staging, **slice_of(scope.feed)),
        "bronze": relation(scope.view, bronze, scope.staging),
        "faults": relation(scope.view, faults, scope.staging, **slice_of(scope.feed)),
    }
    results = [
        *_folded(scope, core, relations, deliveries, approved_by_person=approved_by_person),
        _mapping_complete(core, mapping, scope.standard),
        *_row_rules(scope, core, relations),
        *audit_table(scope),
    ]
    described = staged_check_names(scope.standard)
    return [r.model_copy(update={"description": f"{described[r.name][0]} {r.description}".strip()}) for r in results]


def _folded(
    scope: Scope,
    core: str,
    relations: Map[str, Relation],
    deliveries: Sequence[str] | None,
    *,
    approved_by_person: bool,
) -> list[CheckResult]:
    """Rows are conserved: each is accepted (it stands in core, or a newer row of its key does) or an error."""
    only = "true" if deliveries is None else f"_delivery_id IN ({listed(deliveries)})"
    found = scope.numbers(
        f"WITH b AS (SELECT _delivery_id, _row_number FROM bronze WHERE {only}), "
        f"e AS (SELECT DISTINCT _delivery_id, _row_number FROM faults WHERE cost = 'reject_row' AND {only}), "
        f"c AS (SELECT _delivery_id, _row_number FROM slice WHERE {only}) "
        "SELECT (SELECT count(*) FROM b) AS rows, (SELECT count(*) FROM e) AS rejected, "
        "(SELECT count(*) FROM c ANTI JOIN b USING (_delivery_id, _row_number)) AS invented, "
        "(SELECT count(*) FROM e ANTI JOIN b USING (_delivery_id, _row_number)) AS stray, "
        "(SELECT count(*) FROM c JOIN e USING (_delivery_id, _row_number)) AS doubled, "
        "(SELECT count(*) FROM b ANTI JOIN e USING (_delivery_id, _row_number) "
        "ANTI JOIN c USING (_delivery_id, _row_number)) AS superseded, "
        "(SELECT count(DISTINCT _delivery_id) FROM b) AS folded",
        relations,
    )
    # A row of the newest delivery is superseded by nothing: there it must stand in core or in the errors.
    missing = found["superseded"] if found["folded"] <= 1 else 0
    lost = found["invented"] + found["stray"] + found["doubled"] + missing
    bound = scope.policy.approval.max_rejected_share
    severity: Severity = "WARN" if approved_by_person else "ERROR"
    return [
        result("row_conservation", core, lost, note=f"{found['rows']} rows folded, {found['rejected']} rejected"),
        result(
            "rejected_share",
            core,
            found["rejected"] if found["rejected"] > bound * found["rows"] else 0,
            note=f"{found['rejected']} of {found['rows']} rows are rejected; the policy allows {bound:.0%}",
            severity=severity,
        ),
    ]


def _mapping_complete(core: str, mapping: Mapping, standard: ProductStandard) -> CheckResult:
    missing = unfilled(mapping, standard)
    return result("mapping_complete", core, len(missing), note=f"Not filled: {', '.join(missing)}." if missing else "")


def _row_rules(scope: Scope, core: str, relations: Map[str, Relation]) -> list[CheckResult]:
    """All row rules in one scan of the slice; offenders are fetched only where there are any."""
    rules = [r for r in scope.standard.rules if r.is_row_rule]
    types = {c.name: c.physical_type for c in scope.standard.columns}
    if not rules:
        return []
    counts = scope.numbers(
        f"SELECT {', '.join(f'count_if({breach(r, types=types)}) AS {quote(r.name)}' for r in rules)} FROM slice",
        relations,
    )
    quarantined = scope.engine.query("SELECT rule, count(*) AS n FROM faults GROUP BY rule", relations).to_pylist()
    kept = {row["rule"]: row["n"] for row in quarantined}
    where = " AND ".join(f"{quote(k)} = {literal(v)}" for k, v in slice_of(scope.feed).items())
    results = []
    for rule in rules:
        samples: tuple[dict[str, object], ...] = ()
        if counts[rule.name]:
            sql = f"SELECT * FROM slice WHERE {breach(rule, types=types)}"
            rows = scope.engine.query(sql, relations, limit=MAX_SAMPLES).to_pylist()
            samples = tuple({k: _plain(v) for k, v in row.items() if v is not None} for row in rows)
        results.append(
            CheckResult(
                name=rule.name,
                table=core,
                severity="WARN" if rule.severity == "warning" else "ERROR",
                passed=not counts[rule.name],
                count=counts[rule.name],
                description=f"{kept[rule.name]} in mapping_errors." if kept.get(rule.name) else "",
                samples=samples,
                sql=f"SELECT * FROM {core} WHERE {where} AND {breach(rule, types=types)}",
            )
        )
    return results


def audit_table(scope: Scope) -> list[CheckResult]:
    """Check the rules that one row cannot decide, over the whole table as it would be after the merge."""
    core = scope.standard.name
    rules = [r for r in scope.standard.rules if not r.is_row_rule]
    whole = {core: relation(scope.view, core, scope.staging)} if rules else {}
    return [_table_rule(scope, rule, core, whole) for rule in rules]


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


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, float, bool)) else str(value)
