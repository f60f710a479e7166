"""Which keys of core a commit added, changed and removed, told by SQL over the two states."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from agentic_lakehouse.contracts.commit_audit import KeyDelta
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import CORE_LINEAGE
from agentic_lakehouse.engines.base import Engine, Relation
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import slice_of
from agentic_lakehouse.pipeline.removal import key_of, same_key
from agentic_lakehouse.sql.types import quote

MAX_SAMPLES = 5


def compare_keys(
    before: View, after: View, feed: Feed | None, *, standard: ProductStandard, engine: Engine, staging: Path
) -> KeyDelta:
    """Compare two states of core.

    Files that both have are the same rows, and are not read.

    Args:
        before: the one state; it may be without the table.
        after: the other.
        feed: whose slice alone is compared; all of core where `None`.
        standard: gives the table, its key, and the columns that a mapping fills.
        engine: runs the SQL.
        staging: scratch folder.
    """
    table, mine = standard.name, slice_of(feed) if feed else {}
    stood, stands = (set(v.files(table, **mine)) if v.exists(table) else set() for v in (before, after))
    types = {n: t for v in (before, after) if v.exists(table) for n, t in v.schema(table).items()}
    known = {
        "before": _relation(before, table, mine, only=stood - stands, types=types, staging=staging),
        "after": _relation(after, table, mine, only=stands - stood, types=types, staging=staging),
    }
    if not known["before"].files and not known["after"].files:
        return KeyDelta(added=0, removed=0, changed=0, rewritten=0, columns={}, samples={})
    key = key_of(standard)
    filled = [c.name for c in standard.offered if c.name in types and not c.primary_key]
    differs = {name: f"b.{quote(name)} IS DISTINCT FROM a.{quote(name)}" for name in filled}
    lineage = [c.name for c in CORE_LINEAGE if c.name in types]
    is_rewritten = " OR ".join(f"b.{quote(n)} IS DISTINCT FROM a.{quote(n)}" for n in lineage) or "false"
    is_changed = " OR ".join(differs.values()) or "false"
    both = f"before b JOIN after a ON {same_key(standard, 'a', 'b')}"
    with engine.session(known.values(), staging) as session:
        counted = ", ".join(f"count_if({test}) AS {quote(f'c_{name}')}" for name, test in differs.items())
        sql = f"""
        SELECT (SELECT count(*) FROM after ANTI JOIN before USING ({key})) AS added,
            (SELECT count(*) FROM before ANTI JOIN after USING ({key})) AS removed,
            count_if({is_changed}) AS changed, count_if(NOT ({is_changed}) AND ({is_rewritten})) AS rewritten
            {f", {counted}" if counted else ""}
        FROM {both}"""
        found = session.query(sql, known).to_pylist()[0]
        written = f"concat_ws('|', {', '.join(f'{quote(name)}::VARCHAR' for name in standard.key)})"
        of_a = ", ".join(f"a.{quote(name)}" for name in standard.key)
        asked = {
            "added": f"SELECT {written} AS key FROM after ANTI JOIN before USING ({key}) ORDER BY key",
            "removed": f"SELECT {written} AS key FROM before ANTI JOIN after USING ({key}) ORDER BY key",
            "changed": f"SELECT {written} AS key FROM (SELECT {of_a} FROM {both} WHERE {is_changed}) ORDER BY key",
        }
        shown = {
            what: tuple(row["key"] for row in session.query(sql, known, limit=MAX_SAMPLES).to_pylist())
            for what, sql in asked.items()
            if found[what]
        }
    columns = {name: n for name in filled if (n := int(found[f"c_{name}"] or 0))}
    counts = {name: int(found[name] or 0) for name in ("added", "removed", "changed", "rewritten")}
    return KeyDelta(**counts, columns=columns, samples=shown)


def _relation(
    view: View, table: str, mine: Mapping[str, str], *, only: Collection[str], types: Mapping[str, str], staging: Path
) -> Relation:
    if not only:
        return Relation(files=(), types=types, table=table)
    pairs = zip(view.files(table, **mine), view.local_files(table, staging, **mine), strict=True)
    return Relation(files=[path for name, path in pairs if name in only], types=types, table=table)
