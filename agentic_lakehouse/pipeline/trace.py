"""Leads a row of core back to where it came from: mapping, bronze, file, spec, and the answers behind both.

Nothing is guessed: each link is what the row before it names. A link that is gone, such as bytes that retention
removed, is told, and the others are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.tables import (
    BRONZE_LINEAGE,
    CORE_LINEAGE,
    RULES_SHA256,
    ingest_errors_table,
    mapping_errors_table,
)
from agentic_lakehouse.contracts.trace import Trace, TracedBronze, TracedFile
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.keep import local_copy
from agentic_lakehouse.feeds.place import VERBATIM, record_at
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import relation, slice_of
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.proposals import mapping_of, spec_of
from agentic_lakehouse.pipeline.provenance import provenance
from agentic_lakehouse.pipeline.trace_lines import Lines
from agentic_lakehouse.pipeline.whereabouts import Search, Whereabouts
from agentic_lakehouse.sql.types import literal


def trace(
    house: Lakehouse, key: str, *, by: str | None = None, branch: str | None = None, at: str | None = None
) -> Trace:
    """Trace one row back.

    Args:
        house: the lakehouse.
        key: primary key, the beginning of one, or a value of `by`; parts of a key are divided by `|`.
        by: core column that names the row instead of its key.
        branch: look on that branch alone.
        at: look at that commit alone.

    Raises:
        UsageInvalid: nothing of that name is known, or several rows are.
    """
    with house.staging() as scratch:
        search = Search(house, key, by=by, staging=scratch)
        if branch is None and at is None:
            found = search.anywhere()
        else:
            view = house.lake.view(branch or "main", at=at)
            found = search.within(view, f"commit {at}" if at else str(branch))
        return _Tracer(house, found, scratch).trace()


class _Tracer:
    """Follows one row from link to link."""

    def __init__(self, house: Lakehouse, found: Whereabouts, staging: Path) -> None:
        self._house, self._found, self._staging = house, found, staging
        self._standard, self._governance = house.standard, house.lake.governance
        self._where = f"_delivery_id = {literal(found.delivery_id)} AND _row_number = {found.row_number}"

    def trace(self) -> Trace:
        found, feed = self._found, self._found.feed
        kept = self._kept(ingest_errors_table(self._standard).name)
        faults = self._kept(mapping_errors_table(self._standard).name)
        bronze = self._bronze()
        delivery = next(
            (d for d in self._house.lake.ledger.deliveries(feed) if d.delivery_id == found.delivery_id), None
        )
        made_by = str(found.row.get("_mapping_sha256") or next((f["mapping_sha256"] for f in faults), ""))
        read_by = str((bronze or {}).get("_spec_sha256") or next((k["spec_sha256"] for k in kept), ""))
        run_id = str(found.row.get("_run_id", ""))
        commit = next((c for c in self._house.lake.log(feed=feed) if run_id and c.run_id == run_id), None)
        lineage = {c.name for c in CORE_LINEAGE}
        return Trace(
            table=found.table,
            at=found.at,
            feed=str(feed),
            key={name: found.row[name] for name in self._standard.key if name in found.row},
            notes=(*found.notes, *self._notes(kept, delivery)),
            row={name: value for name, value in found.row.items() if name not in lineage},
            run_id=run_id,
            commit_id=commit.id if commit else "",
            lines=self._lines(made_by, bronze, faults),
            rule_sets=self._rule_sets(),
            mapping=provenance(self._governance, feed, "mapping", made_by) if made_by else None,
            bronze=self._told(bronze) if bronze else None,
            file=self._file(delivery, read_by, kept) if delivery else None,
            spec=provenance(self._governance, feed, "spec", read_by) if read_by else None,
        )

    def _kept(self, table: str) -> list[dict[str, Any]]:
        """Return what an error table holds of the row."""
        if not self._found.view.exists(table):
            return []
        rows = relation(self._found.view, table, self._staging, **slice_of(self._found.feed))
        return self._house.engine.query(f"SELECT * FROM kept WHERE {self._where}", {"kept": rows}).to_pylist()

    @property
    def _bronze_name(self) -> str:
        return f"{self._standard.raw_namespace}.{self._found.feed.table}"

    def _bronze(self) -> dict[str, Any] | None:
        if not self._found.view.exists(self._bronze_name):
            return None
        rows = relation(self._found.view, self._bronze_name, self._staging)
        found = self._house.engine.query(f"SELECT * FROM bronze WHERE {self._where}", {"bronze": rows}).to_pylist()
        return found[0] if found else None

    def _told(self, row: Mapping[str, Any]) -> TracedBronze:
        lineage = {c.name for c in BRONZE_LINEAGE}
        return TracedBronze(
            table=self._bronze_name,
            delivery_id=row["_delivery_id"],
            row_number=row["_row_number"],
            run_id=row["_run_id"],
            ingested_at=row["_ingested_at"],
            cells={name: value for name, value in row.items() if name not in lineage},
        )

    def _lines(self, sha256: str, bronze: Mapping[str, Any] | None, faults: Sequence[Mapping[str, Any]]) -> Any:
        filed = self._governance.proposals(self._found.feed, kind="mapping")
        mapping = next((mapping_of(p) for p in filed if p.sha256 == sha256), None)
        if mapping is None or bronze is None:
            return ()
        rows = relation(self._found.view, self._bronze_name, self._staging)
        lines = Lines(self._house, self._found.feed, mapping, rows, bronze)
        return lines.told(self._found.row, faults, where=self._where)

    def _rule_sets(self) -> tuple[str, ...]:
        """Name the rule sets that made the row, as its lineage has their version."""
        sha256 = self._found.row.get(RULES_SHA256)
        known = self._house.lake.policies.versions("rules_in_force") if sha256 else []
        together = next((version for version in known if version.sha256 == sha256), None)
        if together is None:
            return (f"version {sha256}, which governance does not know",) if sha256 else ()
        return tuple(f"{one['name']} {one['sha256'][:12]}" for one in together.content["rule_sets"])

    def _notes(self, kept: Sequence[Mapping[str, Any]], delivery: Delivery | None) -> list[str]:
        notes = [
            f"Its record did not fit at first ({k['code']}: {k['message']}), under spec {k['spec_sha256'][:12]}; "
            "it was run again by `lakehouse replay` and fits since."
            for k in kept
            if k["status"] == "replayed"
        ]
        if delivery is not None and delivery.status == "withdrawn":
            notes.append(
                f"Its delivery is withdrawn: `lakehouse reingest {self._found.feed} --delivery {delivery.delivery_id}` "
                "publishes it again."
            )
        if self._found.row and self._found.at != "main":
            notes += self._refused_since()
        return notes

    def _refused_since(self) -> list[str]:
        """Say which rules the row breaks on main, of which an older state of core held it."""
        main, table = self._house.lake.view(), mapping_errors_table(self._standard).name
        if not main.exists(table):
            return []
        sql = f"SELECT DISTINCT rule FROM faults WHERE {self._where} AND cost = 'reject_row' ORDER BY rule"
        rows = relation(main, table, self._staging, **slice_of(self._found.feed))
        rules = [row["rule"] for row in self._house.engine.query(sql, {"faults": rows}).to_pylist()]
        if rules:
            return [f"On main the row is kept aside: it breaks {', '.join(rules)}."]
        taken_away = self._house.facts(self._found.feed).delivery == "full" and self._stands_in(main)
        return ["The vendor's deliveries hold everything: a later one did not have it."] if taken_away else []

    def _stands_in(self, view: View) -> bool:
        """Whether the bronze row stands in a view."""
        if not view.exists(self._bronze_name):
            return False
        rows = relation(view, self._bronze_name, self._staging)
        return bool(self._house.engine.query(f"SELECT 1 FROM bronze WHERE {self._where}", {"bronze": rows}).num_rows)

    def _file(self, delivery: Delivery, spec_sha256: str, kept: Sequence[Mapping[str, Any]]) -> TracedFile:
        """Show the record: as `ingest_errors` kept it, else as it stands in the kept bytes."""
        filed = self._governance.proposals(self._found.feed, kind="spec")
        spec = next((spec_of(p) for p in filed if p.sha256 == spec_sha256), None)
        told: dict[str, Any] = {"line": None, "raw": None, "cells": None}
        if kept:
            told |= {"line": kept[0]["line"], "raw": kept[0]["raw"]}
        elif spec is None:
            told["missing"] = f"spec {spec_sha256[:12]}, which tells how to read it, was never filed"
        else:
            try:
                path = local_copy(delivery.raw_uri, self._staging, name=delivery.path, byte_size=delivery.byte_size)
                place = record_at(path, spec, self._found.row_number, name=delivery.path)
            except FeedUnreadable as error:
                told["missing"] = error.message
            else:
                if place is None:
                    told["missing"] = f"the kept bytes have no record {self._found.row_number}"
                else:
                    told |= vars(place)
        shared = ("path", "delivery_id", "status", "commit_id", "ingestion_date", "sha256", "byte_size", "raw_uri")
        return TracedFile(
            **{name: getattr(delivery, name) for name in shared},
            row_number=self._found.row_number,
            verbatim=spec is not None and spec.format.kind in VERBATIM,
            **told,
        )
