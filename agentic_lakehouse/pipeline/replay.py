"""Kept bad rows are run again, by the spec in force, from what their error rows hold.

A row that fits now goes to bronze as its delivery would have brought it: under its delivery, its number and its
day. So it never takes the place of a newer version.

A record has one row in `ingest_errors`, whose `status` says how it stands: a `SELECT` over the table counts each
once, and `WHERE status = 'open'` counts what waits. An event is a commit of the slice, which is made of whole files
anyway and goes back with bronze in a rollback; a log beside the tables would not. What happened to a row is told by
itself (when, in which run and under which spec it failed), by the row of bronze with the same delivery and number
(when, in which run and under which spec it went in), and by `query --at` of every kept commit.

`mapping_errors` needs none of this: like core, it is a function of bronze and the rules in force, so that what
breaks no rule any longer is no longer there; `rejudge` tells whether there is such a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import bronze_table, ingest_errors_table
from agentic_lakehouse.engines.base import BadRecord, Engine, Lineage, Relation, Reloaded
from agentic_lakehouse.feeds.keep import is_kept, local_copy
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import relation, slice_of
from agentic_lakehouse.sql.types import literal, quote

ROW = "_delivery_id, _row_number"


@dataclass(frozen=True)
class Replayed:
    """Rows in = rows that fit now + rows that still wait."""

    rows_in: int
    fitting: int
    error_codes: dict[str, int]
    """Of those that still wait."""


class Replay:
    """Bad rows of one feed in one view of the lake.

    Args:
        view: where they are kept.
        spec: any spec of the feed.
        standard: gives the tables.
        engine: does the typing.
        staging: empty scratch folder.
    """

    def __init__(self, view: View, spec: FeedSpec, *, standard: ProductStandard, engine: Engine, staging: Path) -> None:
        self._standard, self._engine, self._staging = standard, engine, staging
        self._bad = ingest_errors_table(standard)
        self._slice = slice_of(spec.feed)
        self._rows = relation(view, self._bad.name, staging, **self._slice)

    def waiting(self) -> set[str]:
        """Return the deliveries of which bad rows are open."""
        sql = "SELECT DISTINCT _delivery_id FROM rows WHERE status = 'open'"
        return {row["_delivery_id"] for row in self._engine.query(sql, {"rows": self._rows}).to_pylist()}

    def run(self, delivery: Delivery, spec: FeedSpec, *, run_id: str = "") -> Reloaded:
        """Type a delivery's open bad rows by a spec, into the staging folder."""
        folder = self._staging / f"again-{delivery.delivery_id}"
        folder.mkdir()
        records = self._open(delivery)
        # Bytes that are no longer kept are no fault here: cells that were told apart need none.
        kept = any(r.cells is None for r in records) and is_kept(delivery.raw_uri, byte_size=delivery.byte_size)
        return self._engine.reload(
            records,
            spec,
            original=local_copy(delivery.raw_uri, folder, name=delivery.path) if kept else None,
            good=bronze_table(self._standard, spec),
            bad=self._bad,
            lineage=Lineage.of(delivery, run_id=run_id),
            staging=folder,
        )

    def apply(self, deliveries: Sequence[tuple[Delivery, FeedSpec]], branch: Branch, *, run_id: str) -> Replayed:
        """Put rows that fit now into bronze on the branch, and let the error rows say so."""
        codes: Counter[str] = Counter()
        done = [self.run(delivery, spec, run_id=run_id) for delivery, spec in deliveries]
        if any(reloaded.is_news for reloaded in done):
            # Before the good rows are moved into the warehouse: they say which errors are none any more.
            branch.replace_slice(self._bad.name, self._slice, [self._as_they_stand(done)])
        for (_, spec), reloaded in zip(deliveries, done, strict=True):
            table = bronze_table(self._standard, spec)
            branch.ensure_table(table)
            branch.append(table.name, [reloaded.good.path])
            codes.update(reloaded.error_codes)
        fitting = sum(reloaded.good.rows for reloaded in done)
        return Replayed(rows_in=fitting + codes.total(), fitting=fitting, error_codes=dict(codes))

    def _open(self, delivery: Delivery) -> list[BadRecord]:
        sql = f"""
        SELECT _row_number AS row_number, line, "column", code, message, raw, cells, typed FROM rows
        WHERE _delivery_id = {literal(delivery.delivery_id)} AND status = 'open' ORDER BY _row_number"""
        return [BadRecord(**row) for row in self._engine.query(sql, {"rows": self._rows}).to_pylist()]

    def _as_they_stand(self, done: Sequence[Reloaded]) -> Path:
        """Write the feed's error rows anew: those that fit now are `replayed`, others may tell another fault."""
        places = {"_delivery_id": "string", "_row_number": "long"}
        relations = {
            "rows": self._rows,
            "fitting": Relation(files=[r.good.path for r in done if r.good.rows], types=places),
            "changed": Relation(files=[r.changed.path for r in done if r.changed.rows], types=self._bad.types),
        }
        columns = ", ".join(quote(name) for name in self._bad.types)
        sql = f"""
        SELECT {columns} FROM (
            SELECT rows.* REPLACE (CASE WHEN f.fits THEN 'replayed' ELSE status END AS status)
            FROM rows ANTI JOIN changed USING ({ROW})
            LEFT JOIN (SELECT {ROW}, true AS fits FROM fitting) f USING ({ROW})
            UNION ALL BY NAME SELECT * FROM changed
        ) ORDER BY {ROW}"""
        return self._engine.transform(sql, relations, self._staging / "errors.parquet", types=self._bad.types).path
