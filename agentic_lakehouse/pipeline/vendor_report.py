"""Kept bad rows as a report that a vendor can act on: their file, their lines, their columns, what to change."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.tables import ingest_errors_table, mapping_errors_table
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.sql.types import literal

COLUMNS = ("file", "record", "line", "column", "value", "problem", "what to do", "content")
"""`record` is the record's number in its file, from 1; `line` its first line, empty where it is not known."""
ADVICE = {
    "too_few_cells": "Give the record as many cells as the header has; quote cells that hold a line break.",
    "too_many_cells": "Give the record as many cells as the header has; quote cells that hold the delimiter.",
    "bad_quoting": "Close each quote that opens a cell, and double those within it.",
    "bad_encoding": "Write the whole file in one encoding, best UTF-8.",
    "nul_byte": "Leave the NUL character out.",
    "stray_line_break": "End each record in the same way; quote cells that hold a line break.",
    "repeated_header": "Write the header once, in the first line.",
    "footer": "Leave notes and totals below the last record out.",
    "second_table": "Send each table in a file of its own.",
    "missing_value": "Give every record a value here.",
    "not_json": "Write valid JSON, or leave the cell empty.",
    "duplicate_key": "Send each article once a file; only the last of these was taken.",
}
"""What to change, by fault; other faults are of single values."""
OF_VALUES = {
    "reject_row": "Correct the value: until then this record is left out.",
    "null_cell": "Correct the value: until then the article is published without it.",
    "": "Correct the value, or leave the cell empty: until then this record is left out.",
}


def write_report(lakehouse: Lakehouse, name: str | None, to: Path) -> int:
    """Write the open bad rows of one feed, or of all, as CSV that spreadsheets open; return how many there are."""
    feeds = [Feed.parse(name)] if name else lakehouse.zone.feeds()
    count = 0
    with to.open("w", encoding="utf-8-sig", newline="") as out:
        lines = csv.DictWriter(out, COLUMNS)
        lines.writeheader()
        for feed in feeds:
            for line in (*_unread(lakehouse, feed), *_refused(lakehouse, feed)):
                lines.writerow({key: _inert(value) for key, value in line.items()})
                count += 1
    return count


def _unread(lakehouse: Lakehouse, feed: Feed) -> Iterator[dict[str, Any]]:
    """Yield records that do not fit the feed's spec."""
    for row in _rows(lakehouse, feed, ingest_errors_table(lakehouse.standard).name):
        cells = json.loads(row["cells"]) if row["cells"] else {}
        yield {
            "file": row["file"],
            "record": row["_row_number"],
            "line": row["line"],
            "column": row["column"],
            "value": cells.get(row["column"]),
            "problem": row["message"],
            "what to do": ADVICE.get(row["code"], OF_VALUES[""]),
            "content": row["raw"],
        }


def _refused(lakehouse: Lakehouse, feed: Feed) -> Iterator[dict[str, Any]]:
    """Yield rows and cells that break a rule of the standard, by the vendor's own columns."""
    rows = _rows(lakehouse, feed, mapping_errors_table(lakehouse.standard).name)
    if not rows:
        return
    mapping, spec = lakehouse.mapping_line(feed)
    sources = {line.target: line.sources for line in mapping.columns}
    names = {column.source_name: column.name for column in spec.columns}
    files = {delivery.delivery_id: delivery.path for delivery in lakehouse.lake.ledger.deliveries(feed)}
    for row in rows:
        record = json.loads(row["raw"])
        headers = sources.get(row["column"] or "", ())
        values = [record.get(names.get(header, ""), "") for header in headers]
        yield {
            "file": files.get(row["_delivery_id"], ""),
            "record": row["_row_number"],
            "column": ", ".join(headers) or row["column"],
            "value": ", ".join("" if value is None else str(value) for value in values) or row["value"],
            "problem": row["message"] or row["rule"],
            "what to do": ADVICE.get(row["rule"], OF_VALUES[row["cost"]]),
            "content": row["raw"],
        }


def _rows(lakehouse: Lakehouse, feed: Feed, table: str) -> list[dict[str, Any]]:
    """Return a feed's open rows of an error table, in file order; those of an open branch where it has one."""
    where = f"status = 'open' AND vendor_name = {literal(feed.vendor)} AND source_table = {literal(feed.table)}"
    sql = f"SELECT * FROM {table} WHERE {where} ORDER BY _delivery_id, _row_number"
    found: list[dict[str, Any]] = lakehouse.query(
        sql, branch=feed.branch if lakehouse.has_work(feed) else "main"
    ).to_pylist()
    return found


def _inert(value: Any) -> Any:
    """Keep a spreadsheet from taking a vendor's text for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
