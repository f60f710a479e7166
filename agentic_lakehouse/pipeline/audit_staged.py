"""The verifier's second half: the feed's slice of core against every rule of the standard."""

from __future__ import annotations

import json
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import CheckResult, Severity
from agentic_lakehouse.contracts.impact import Impact
from agentic_lakehouse.contracts.inbox import InboxItem
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import ingest_errors_table, mapping_errors_table
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.errors import CatalogUnavailable
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.approval import unfilled
from agentic_lakehouse.pipeline.audit import UNSEEN_VALUES, Scope, plain, result, staged_check_names
from agentic_lakehouse.pipeline.audit_table import check_tables, tables_of_rules
from agentic_lakehouse.pipeline.conform import relation, run_facts, slice_of
from agentic_lakehouse.pipeline.conservation import Account, account
from agentic_lakehouse.pipeline.fold_sql import Deliveries
from agentic_lakehouse.pipeline.impact import measure, nothing
from agentic_lakehouse.pipeline.impact_review import impact_checks
from agentic_lakehouse.sql.rules import breach
from agentic_lakehouse.sql.types import literal, quote

MAX_SAMPLES = 5


@dataclass(frozen=True)
class Staged:
    """What the audit of a staged slice found."""

    results: list[CheckResult]
    impact: Impact
    """What publishing would do to the feed's published rows."""


def audit_staged(
    scope: Scope,
    mapping: Mapping,
    bronze: str,
    *,
    deliveries: Deliveries,
    facts: VendorFacts,
    main: View,
    waiting: Sequence[str],
    since: str,
    approved_by_person: bool,
    inbox: Sequence[InboxItem] = (),
) -> Staged:
    """Check the feed's slice of core against every rule of the standard, and that no row went missing.

    Args:
        scope: what to look at.
        mapping: the mapping that made the slice.
        bronze: full name of the feed's bronze table.
        deliveries: what was folded.
        facts: what we know of the vendor.
        main: the lake as it is published.
        waiting: deliveries that wait to be published.
        since: the feed's last commit.
        approved_by_person: a person saw how many rows the mapping rejects, so that this only warns.
        inbox: what is open of the feed.
    """
    core = scope.standard.name
    is_rebuilt = deliveries.new is None
    relations, tables = _relations(scope, bronze, deliveries, main), tables_of_rules(scope)
    published = _published(scope, main, is_rebuilt=is_rebuilt)
    every = [*relations.values(), *(table for _, table in tables), *([published] if published else [])]
    # One database for all that is asked: to open one costs more than most of the questions.
    with scope.session(every) as session:
        found = account(session, relations, deliveries, mapping=mapping, facts=run_facts(scope.feed, facts))
        row_rules = _row_rules(session, core, relations)
        impact = _impact(session, relations["slice"], published, is_rebuilt=is_rebuilt, waiting=waiting, since=since)
        table_rules = check_tables(session, tables)
    results = [
        *_folded(scope, core, found, approved_by_person=approved_by_person),
        *impact_checks(impact, scope.policy, core, seen=_seen(mapping) if approved_by_person else ()),
        _mapping_complete(core, mapping, scope.standard),
        _unseen_values(core, scope.feed, inbox),
        *row_rules,
        *table_rules,
    ]
    described = staged_check_names(scope.standard)
    told = [r.model_copy(update={"description": f"{described[r.name][0]} {r.description}".strip()}) for r in results]
    return Staged(told, impact)


def _relations(scope: Scope, bronze: str, deliveries: Deliveries, main: View) -> dict[str, Relation]:
    mine, standard = slice_of(scope.feed), scope.standard
    found = {
        "slice": relation(scope.view, standard.name, scope.staging, **mine),
        "bronze": relation(scope.view, bronze, scope.staging),
        "faults": relation(scope.view, mapping_errors_table(standard).name, scope.staging, **mine),
    }
    if deliveries.new is not None or deliveries.full:
        found["published"] = relation(main, standard.name, scope.staging, **mine)
    if deliveries.full:
        found["bad"] = relation(scope.view, ingest_errors_table(standard).name, scope.staging, **mine)
    return found


def _folded(scope: Scope, core: str, found: Account, *, approved_by_person: bool) -> list[CheckResult]:
    bound = scope.policy.approval.max_rejected_share
    severity: Severity = "WARN" if approved_by_person else "ERROR"
    return [
        result(
            "row_conservation",
            core,
            found.unaccounted,
            note=f"{found.rows} rows folded, {found.rejected} rejected.",
        ),
        result(
            "rejected_share",
            core,
            found.rejected if found.rejected > bound * found.rows else 0,
            note=f"{found.rejected} of {found.rows} rows are rejected; the policy allows {bound:.0%}.",
            severity=severity,
        ),
    ]


def _published(scope: Scope, main: View, *, is_rebuilt: bool) -> Relation | None:
    """Return the feed's slice as it is published; `None` where it cannot be read, and a rebuild heals that."""
    try:
        return relation(main, scope.standard.name, scope.staging, **slice_of(scope.feed))
    except CatalogUnavailable:
        if not is_rebuilt:
            raise
        return None


def _impact(
    scope: Scope, staged: Relation, published: Relation | None, *, is_rebuilt: bool, waiting: Sequence[str], since: str
) -> Impact:
    feed = str(scope.feed)
    if published is not None and published.files:
        try:
            return measure(
                published,
                staged,
                feed=feed,
                standard=scope.standard,
                engine=scope.engine,
                waiting=waiting,
                since=since,
            )
        except CatalogUnavailable:
            if not is_rebuilt:  # else this is what heals it
                raise
            published = None
    new = scope.numbers("SELECT count(*) AS n FROM slice", {"slice": staged})["n"]
    return nothing(feed, waiting=waiting, since=since, new=new, is_damaged=published is None)


def _seen(mapping: Mapping) -> set[str]:
    """Return the targets whose values a person saw change in the feed, and approved the mapping for."""
    changes = [json.loads(key) for key in mapping.drift]
    headers = {header for kind, columns, _ in changes if kind in {"distribution", "null_rate"} for header in columns}
    return {line.target for line in mapping.columns if headers.intersection(line.sources)}


def _mapping_complete(core: str, mapping: Mapping, standard: ProductStandard) -> CheckResult:
    missing = unfilled(mapping, standard)
    return result("mapping_complete", core, len(missing), note=f"Not filled: {', '.join(missing)}." if missing else "")


def _unseen_values(core: str, feed: Feed, inbox: Sequence[InboxItem]) -> CheckResult:
    words = [item for item in inbox if item.kind == "unseen_value" and item.rows]
    note = f"{sum(w.rows for w in words)} rows wait for them: `lakehouse inbox {feed}`." if words else ""
    samples = [{"target": w.target, "word": w.word, "rows": w.rows, "perhaps": w.suggestion} for w in words]
    checked = result(UNSEEN_VALUES, core, len(words), note=note, severity="WARN")
    return checked.model_copy(update={"samples": tuple(plain(sample) for sample in samples[:MAX_SAMPLES])})


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
            samples = tuple(plain(row) for row in rows)
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
