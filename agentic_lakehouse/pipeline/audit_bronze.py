"""The verifier's first half: bronze against the spec, and against what the files held."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import CheckResult, Delivery, Severity
from agentic_lakehouse.contracts.tables import bronze_table, ingest_errors_table
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.pipeline.audit import BRONZE_CHECKS, Scope, result
from agentic_lakehouse.pipeline.conform import relation, slice_of
from agentic_lakehouse.sql.types import listed, literal, quote


def audit_bronze(scope: Scope, spec: FeedSpec, read: Sequence[tuple[Delivery, FeedSpec]]) -> list[CheckResult]:
    """Check the feed's bronze rows of some deliveries against their specs and their files.

    Args:
        scope: what to look at.
        spec: the spec in force.
        read: deliveries, each with the spec that it was read under.
    """
    table = bronze_table(scope.standard, spec).name
    bronze = relation(scope.view, table, scope.staging)
    bad = relation(scope.view, ingest_errors_table(scope.standard).name, scope.staging, **slice_of(scope.feed))
    relations = {"bronze": bronze, "bad": bad}
    with scope.session(relations.values()) as session:
        results = _results(session, spec, read, table, relations)
    return [r.model_copy(update={"description": f"{BRONZE_CHECKS[r.name]} {r.description}".strip()}) for r in results]


def _results(
    scope: Scope,
    spec: FeedSpec,
    read: Sequence[tuple[Delivery, FeedSpec]],
    table: str,
    relations: Map[str, Relation],
) -> list[CheckResult]:
    deliveries = [delivery for delivery, _ in read]
    ids = listed([d.delivery_id for d in deliveries])
    rows_in = sum(d.rows_in or 0 for d in deliveries)
    found = scope.numbers(
        f"WITH good AS (SELECT _delivery_id, _row_number FROM bronze WHERE _delivery_id IN ({ids})), "
        f"kept AS (SELECT _delivery_id, _row_number FROM bad WHERE _delivery_id IN ({ids}) AND status <> 'replayed'), "
        "every AS (FROM good UNION ALL FROM kept) "
        "SELECT (SELECT count(*) FROM every) AS n, (SELECT count(*) FROM kept) AS bad, "
        "(SELECT count(*) FROM (SELECT DISTINCT * FROM every)) AS distinct_rows",
        relations,
    )
    allowed = scope.policy.max_error_share
    lost = abs(rows_in - found["n"]) + (found["n"] - found["distinct_rows"])
    where = f"_delivery_id IN ({ids})"
    wrong = (
        f"vendor_name IS DISTINCT FROM {literal(scope.feed.vendor)} OR ingestion_date IS DISTINCT FROM "
        f"{_by_delivery(deliveries)}"
    )
    return [
        result("row_conservation", table, lost, note=f"{rows_in} records in, {found['n']} kept"),
        result(
            "types_parse",
            table,
            found["bad"] if found["bad"] > allowed * rows_in else 0,
            note=f"{found['bad']} of {rows_in} records are in ingest_errors; the policy allows {allowed:.0%}",
        ),
        _counted(scope, "not_null", table, relations, _nulls(read, relations["bronze"])),
        _keys_unique(scope, spec, relations, where=where, rows_in=rows_in),
        _counted(scope, "partition_values", table, relations, f"{where} AND ({wrong})"),
    ]


def _nulls(read: Sequence[tuple[Delivery, FeedSpec]], bronze: Relation) -> str:
    """Return a predicate that is true of rows without a value that their delivery's spec claims."""
    found = []
    for spec in dict.fromkeys(spec for _, spec in read):
        empty = [f"{quote(c.name)} IS NULL" for c in spec.columns if not c.nullable and c.name in bronze.types]
        ids = listed([delivery.delivery_id for delivery, its_spec in read if its_spec == spec])
        found += [f"_delivery_id IN ({ids}) AND ({' OR '.join(empty)})"] if empty else []
    return " OR ".join(found) or "false"


def _by_delivery(deliveries: Sequence[Delivery]) -> str:
    whens = [f"WHEN {literal(d.delivery_id)} THEN DATE {literal(d.ingestion_date.isoformat())}" for d in deliveries]
    return f"CASE _delivery_id {' '.join(whens)} END" if whens else "ingestion_date"


def _keys_unique(
    scope: Scope, spec: FeedSpec, relations: Map[str, Relation], *, where: str, rows_in: int
) -> CheckResult:
    """A key that repeats a little is quarantined later; one that repeats much is no key."""
    table = bronze_table(scope.standard, spec).name
    if not spec.primary_key:
        return result("keys_unique", table, 0, note="The spec claims no key.", severity="WARN")
    key = ", ".join(quote(c) for c in spec.primary_key)
    sql = f"SELECT count(*) - count(DISTINCT ({key}, _delivery_id)) AS n FROM bronze WHERE {where}"
    repeats = scope.numbers(sql, relations)["n"]
    severity: Severity = "ERROR" if repeats > scope.policy.max_error_share * max(rows_in, 1) else "WARN"
    show = f"SELECT {key}, count(*) AS n FROM {table} WHERE {where} GROUP BY ALL HAVING count(*) > 1"
    note = f"Key: {key}."
    if severity == "ERROR":
        note += f" It repeats in {repeats} of {rows_in} rows and is none: name another with `lakehouse review edit`."
    return result("keys_unique", table, repeats, note=note, severity=severity, sql=show)


def _counted(scope: Scope, name: str, table: str, relations: Map[str, Relation], predicate: str) -> CheckResult:
    count = scope.numbers(f"SELECT count(*) AS n FROM bronze WHERE {predicate}", relations)["n"]
    return result(name, table, count, sql=f"SELECT * FROM {table} WHERE {predicate}")
