"""Where a row is that somebody names by its key: on main, on a branch, in the past, or in an error table.

A key that is not on main is rarely unknown. What was rolled back, removed or judged otherwise since stood there
once, and the kept commits are searched for it, newest first; what core never took is in an error table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.commits import CommitInfo
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import relation, slice_of
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.refused_rows import MAX_LISTED, RefusedRow, RefusedRows
from agentic_lakehouse.pipeline.removal import ROW
from agentic_lakehouse.sql.types import literal, quote

HASH = re.compile(r"[0-9a-f]{64}")
"""What a surrogate key is."""


@dataclass(frozen=True)
class Whereabouts:
    """One row, found."""

    table: str
    view: View
    at: str
    feed: Feed
    delivery_id: str
    row_number: int
    row: Mapping[str, Any] = field(default_factory=dict)
    """The row of core; empty for one that core does not hold."""
    notes: tuple[str, ...] = ()


class Search:
    """Looks for one row of core, in one state of the lake or in all that are kept.

    Args:
        house: the lakehouse.
        key: what somebody calls the row: its primary key, the beginning of it, or the value of `by`. Parts of a key of
            several columns are divided by `|`.
        by: a core column that names it instead.
        staging: empty scratch folder.
    """

    def __init__(self, house: Lakehouse, key: str, *, by: str | None, staging: Path) -> None:
        """Check that there is such a column.

        Raises:
            UsageInvalid: there is none, or the key is empty.
        """
        self._house, self._key, self._by, self._staging = house, key, by, staging
        self._standard = house.standard
        if by is not None and self._standard.column(by) is None:
            raise UsageInvalid(
                f"{self._standard.name} has no column {by!r}.",
                hint=f"Its columns are {', '.join(c.name for c in self._standard.columns)}.",
                column=by,
            )
        if not key:
            raise UsageInvalid("An empty key names no row.", hint="lakehouse trace KEY")
        names = [by] if by else list(self._standard.key)
        self._literal = literal(key)
        self._written = f"concat_ws('|', {', '.join(f'{quote(name)}::VARCHAR' for name in names)})"
        self._is_it = f"{self._written} = {self._literal}"

    def anywhere(self) -> Whereabouts:
        """Look on main, then on open branches, in the past, and among what core refused.

        Raises:
            UsageInvalid: nothing of that name is known, or several rows are.
        """
        ways = (
            self._on_main,
            self._by_hash,
            self._on_branches,
            self._in_the_past,
            self._refused,
            self._by_beginning,
        )
        found = next((found for way in ways if (found := way()) is not None), None)
        if found is None:
            raise self._unknown()
        return found

    def within(self, view: View, at: str) -> Whereabouts:
        """Look in one state of the lake alone.

        Raises:
            UsageInvalid: nothing of that name is there, or several rows are.
        """
        found = self._in_core(view, at) or self._by_beginning(view, at) or self._refused(view, at)
        if found is None:
            raise UsageInvalid(
                f"There is no row {self._key!r} {'in ' + self._by + ' ' if self._by else ''}at {at}.",
                hint=f"`lakehouse trace {self._key}` alone looks everywhere.",
                key=self._key,
            )
        return found

    def _on_main(self) -> Whereabouts | None:
        return self._in_core(self._house.lake.view(), "main")

    def _by_hash(self) -> Whereabouts | None:
        """Look for the beginning of a hash on main. These have one length: no older key is just that."""
        if self._by is not None or len(self._standard.key) != 1:
            return None
        core = relation(self._house.lake.view(), self._standard.name, self._staging)
        some = self._house.engine.query(f"SELECT {self._written} AS key FROM core", {"core": core}, limit=1).to_pylist()
        return self._by_beginning() if some and HASH.fullmatch(str(some[0]["key"])) else None

    def _by_beginning(self, view: View | None = None, at: str = "main") -> Whereabouts | None:
        if self._by is not None:
            return None
        test = f"starts_with({self._written}, {self._literal})"
        return self._in_core(view or self._house.lake.view(), at, test=test)

    def _on_branches(self) -> Whereabouts | None:
        """Look at what each branch's own feed has there: the rest is main as it once was."""
        core = self._standard.name
        for branch in self._house.lake.branches():
            view = self._house.lake.view(branch.name)
            own = set(view.files(core, **slice_of(Feed.parse(branch.feed)))) if view.exists(core) else set()
            note = f"It is not on main: it waits on branch {branch.name}, unpublished."
            if own and (found := self._in_core(view, branch.name, files=own, notes=(note,))):
                return found
        return None

    def _in_the_past(self) -> Whereabouts | None:
        """Look at each kept commit that changed core, newest first, at files that no later one had."""
        core, seen = self._standard.name, set[str]()
        commits = [c for c in self._house.lake.log() if not c.forgotten and any(t.table == core for t in c.changes)]
        later: CommitInfo | None = None
        for commit in commits:
            view = self._house.lake.view(at=commit.id)
            new = set(view.files(core)) - seen if view.exists(core) else set()
            if new and later is not None:
                note = (
                    f"It is no longer on main: it last stood there at commit {commit.id[:12]}, until commit "
                    f"{later.id[:12]} of {later.at:%Y-%m-%d} ({later.kind} by {later.author}: {later.message})."
                )
                if found := self._in_core(view, commit.id, files=new, notes=(note,)):
                    return found
            seen |= new
            later = commit
        return None

    def _in_core(
        self,
        view: View,
        at: str,
        *,
        files: set[str] | None = None,
        notes: tuple[str, ...] = (),
        test: str | None = None,
    ) -> Whereabouts | None:
        if not view.exists(self._standard.name):
            return None
        order = f"vendor_name, source_table, {ROW}"
        sql = f"SELECT * FROM core WHERE {test or self._is_it} ORDER BY {order}"
        rows = self._house.engine.query(sql, {"core": self._core(view, files)}, limit=MAX_LISTED + 1).to_pylist()
        if len(rows) > 1:
            raise self._several(rows, at)
        if not rows:
            return None
        feed = Feed(rows[0]["vendor_name"], str(rows[0]["source_table"]).removeprefix(f"{rows[0]['vendor_name']}__"))
        place = (rows[0]["_delivery_id"], rows[0]["_row_number"])
        return Whereabouts(self._standard.name, view, at, feed, *place, row=rows[0], notes=notes)

    def _core(self, view: View, files: set[str] | None) -> Relation:
        core = relation(view, self._standard.name, self._staging)
        if files is None:
            return core
        kept = zip(view.files(self._standard.name), core.files, strict=True)
        return Relation(files=[path for name, path in kept if name in files], types=core.types, table=core.table)

    def _refused(self, view: View | None = None, at: str = "main") -> Whereabouts | None:
        """Look among the rows that core refused."""
        search = RefusedRows(self._house, view or self._house.lake.view(), self._staging)
        refused = [*search.rejected(self._key, self._is_it), *search.unreadable(self._key)]
        if len(refused) > 1:
            raise self._several_refused(refused)
        return next((Whereabouts(view=search.view, at=at, **vars(row)) for row in refused), None)

    def _several(self, rows: Sequence[Mapping[str, Any]], at: str) -> UsageInvalid:
        names = dict.fromkeys(
            [*self._standard.key, *self._standard.partition_columns, *([self._by] if self._by else [])]
        )
        told = [{name: row[name] for name in names} for row in rows[:MAX_LISTED]]
        lines = "\n".join("  " + "  ".join(str(value) for value in one.values()) for one in told)
        more = "\n  and more" if len(rows) > MAX_LISTED else ""
        return UsageInvalid(
            f"{self._key!r} names more than one row at {at}:\n{lines}{more}",
            hint=self._hint("Name one of them by its whole key, the first column."),
            key=self._key,
            matches=[{name: str(value) for name, value in one.items()} for one in told],
        )

    def _several_refused(self, found: Sequence[RefusedRow]) -> UsageInvalid:
        lines = "\n".join(f"  {w.feed}  {w.delivery_id}  row {w.row_number}  {w.notes[0]}" for w in found[:MAX_LISTED])
        return UsageInvalid(
            f"Core does not hold {self._key!r}, and more than one refused row says so:\n{lines}",
            hint="See them with `lakehouse errors`.",
            key=self._key,
        )

    def _unknown(self) -> UsageInvalid:
        kept = [c for c in self._house.lake.log() if not c.forgotten]
        reach = f"in any of the {len(kept)} kept commits" if len(kept) != 1 else "in the one kept commit"
        where = f" by its {self._by}" if self._by else ""
        return UsageInvalid(
            f"No row of {self._standard.name} is known as {self._key!r}{where}: not on main, not on an open branch, "
            f"not {reach}, and not in the error tables.",
            hint=self._hint("Keys are in the first columns of the core table; `--by COLUMN` takes another one."),
            key=self._key,
        )

    def _hint(self, otherwise: str) -> str:
        """Hint at the column of core that holds the key as a value; where none does, say what is given."""
        texts = [c.name for c in self._standard.columns if c.physical_type == "string" and not c.primary_key]
        if self._by is not None or not texts:
            return otherwise
        core = relation(self._house.lake.view(), self._standard.name, self._staging)
        asked = ", ".join(f"bool_or({quote(name)} = {self._literal}) AS {quote(name)}" for name in texts)
        found = self._house.engine.query(f"SELECT {asked} FROM core", {"core": core}).to_pylist()[0]
        name = next((name for name in texts if found[name]), None)
        return f"{self._key!r} stands in {name}: `lakehouse trace {self._key} --by {name}`." if name else otherwise
