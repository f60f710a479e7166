"""Rows that core or bronze refused, found by what somebody calls them: their key, or what their cells say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.tables import ingest_errors_table, mapping_errors_table
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import relation, run_facts
from agentic_lakehouse.pipeline.judging import judge
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.removal import ROW
from agentic_lakehouse.sql.types import literal

MAX_LISTED = 10
"""Rows that are told where a name fits several."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class RefusedRow:
    """One row of an error table."""

    table: str
    feed: Feed
    delivery_id: str
    row_number: int
    notes: tuple[str, ...]


class RefusedRows:
    """Searches the error tables of one state of the lake.

    Args:
        house: the lakehouse.
        view: that state.
        staging: scratch folder.
    """

    def __init__(self, house: Lakehouse, view: View, staging: Path) -> None:
        self.view = view
        self._house, self._standard, self._staging = house, house.standard, staging

    def rejected(self, key: str, is_it: str) -> Iterator[RefusedRow]:
        """Yield the rows that broke a rule and hold `key` as a cell, or would have it as their key.

        Args:
            key: as somebody writes it.
            is_it: SQL over core's columns that is true of the row.
        """
        table = mapping_errors_table(self._standard).name
        if not self.view.exists(table):
            return
        faults = relation(self.view, table, self._staging)
        sql = f"""
        SELECT vendor_name, source_table, {ROW}, string_agg(DISTINCT rule, ', ') AS rules,
            any_value(mapping_sha256) AS mapping_sha256, bool_or({_says("raw", key)}) AS says
        FROM faults WHERE cost = 'reject_row' GROUP BY ALL ORDER BY ALL"""
        rows = self._house.engine.query(sql, {"faults": faults}).to_pylist()
        for row in [row for row in rows if row["says"]] or self._of_that_key(rows, is_it):
            yield _told(table, row, f"Core does not hold it: the row breaks {row['rules']}.")

    def _of_that_key(self, rows: Sequence[Row], is_it: str) -> Iterator[Row]:
        """Yield the rejected rows that would have that very key, as their mapping makes it."""
        for source, mapping_sha256 in dict.fromkeys((row["source_table"], row["mapping_sha256"]) for row in rows):
            mine = [r for r in rows if (r["source_table"], r["mapping_sha256"]) == (source, mapping_sha256)]
            feed = _feed_of(mine[0])
            filed = self._house.lake.governance.proposals(feed, kind="mapping")
            mapping = next((mapping_of(p) for p in filed if p.sha256 == mapping_sha256), None)
            table = f"{self._standard.raw_namespace}.{feed.table}"
            if mapping is None or not self.view.exists(table):
                continue
            bronze = relation(self.view, table, self._staging)
            facts = run_facts(feed, self._house.facts(feed))
            judged = judge(mapping, standard=self._house.standard_for(feed), bronze_types=bronze.types, facts=facts)
            places = ", ".join(f"({literal(r['_delivery_id'])}, {r['_row_number']})" for r in mine)
            wanted = f"(SELECT b.* FROM bronze b JOIN (VALUES {places}) AS p({ROW}) USING ({ROW}))"
            sql = f"SELECT {ROW} FROM ({judged.over(wanted)}) WHERE {is_it}"
            hits = {tuple(hit.values()) for hit in self._house.engine.query(sql, {"bronze": bronze}).to_pylist()}
            yield from (r for r in mine if (r["_delivery_id"], r["_row_number"]) in hits)

    def unreadable(self, key: str) -> Iterator[RefusedRow]:
        """Yield records that do not fit their spec and hold `key` as a cell or word."""
        table = ingest_errors_table(self._standard).name
        if not self.view.exists(table):
            return
        sql = f"""
        SELECT vendor_name, source_table, {ROW}, code, "column" FROM bad
        WHERE status = 'open' AND {_says("coalesce(cells, raw)", key)} ORDER BY ALL"""
        bad = relation(self.view, table, self._staging)
        for row in self._house.engine.query(sql, {"bad": bad}, limit=MAX_LISTED + 1).to_pylist():
            where = f" in column {row['column']!r}" if row["column"] else ""
            yield _told(table, row, f"Bronze does not hold it: its record is kept aside, {row['code']}{where}.")


def _told(table: str, row: Row, note: str) -> RefusedRow:
    return RefusedRow(table, _feed_of(row), row["_delivery_id"], row["_row_number"], (note,))


def _feed_of(row: Row) -> Feed:
    return Feed(row["vendor_name"], str(row["source_table"]).removeprefix(f"{row['vendor_name']}__"))


def _says(column: str, key: str) -> str:
    """Return SQL that is true of JSON, or of a record's text, in which the key stands as a whole cell or word."""
    escaped = "".join(c if c.isalnum() or c == "_" or ord(c) > 127 else f"\\{c}" for c in key)
    whole = rf"(^|[^0-9\pL_-]){escaped}($|[^0-9\pL_-])"
    return f"regexp_matches({column}, {literal(whole)})"
