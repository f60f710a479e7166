r"""For tests, ours and yours: a whole lakehouse in a folder, and files dropped into it.

>>> from agentic_lakehouse.testing import Sandbox
>>> sandbox = Sandbox(tmp_path)                                        # doctest: +SKIP
>>> feed = sandbox.drop("acme/prices", "Artikel;Preis\nA1;1.234,56\n")  # doctest: +SKIP
>>> sandbox.run(feed).status                                           # doctest: +SKIP
'published'
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import dagster as dg

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun, Review
from agentic_lakehouse.contracts.tables import ingest_errors_table
from agentic_lakehouse.orchestration.run import FeedRunner, at_rest
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.settings import Settings


@dataclass(frozen=True)
class BadCell:
    """One row of `ingest_errors`, as a test cares for it."""

    line: int
    column: str | None
    code: str


class Sandbox:
    """A lakehouse with its own home, landing zone and vendor facts below one folder, on real files and a real catalog.

    Runs go through the real graph, on a Dagster instance that is forgotten.
    """

    def __init__(self, root: Path, **settings: Any) -> None:
        """Lay out the folders; `settings` override any field of `Settings`."""
        self.root = root
        for name in ("landing", "vendors"):
            (root / name).mkdir(parents=True, exist_ok=True)
        places = {"home": root / "home", "landing": str(root / "landing"), "vendors": root / "vendors"}
        self.settings = Settings(_env_file=None, **{**places, **settings})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "instance" in self.__dict__:
            self.instance.dispose()

    @cached_property
    def instance(self) -> dg.DagsterInstance:
        """Dagster's history, made when the first run needs it."""
        folder = self.root / "dagster"
        folder.mkdir()
        return dg.DagsterInstance.ephemeral(tempdir=str(folder))

    @property
    def lakehouse(self) -> Lakehouse:
        """A newly opened lakehouse: nothing is remembered from one look to the next."""
        return Lakehouse(self.settings)

    def drop(self, feed: str, content: str | bytes, *, name: str = "data.csv", encoding: str = "utf-8") -> Feed:
        """Put a file into the landing zone, over one of the same name, with a time stamp of its own."""
        parsed = Feed.parse(feed)
        path = self.root / "landing" / parsed.vendor / parsed.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        after = path.stat().st_mtime_ns + 1_000_000_000 if path.exists() else None
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        if after is not None:
            os.utime(path, ns=(after, after))
        return parsed

    def facts(self, vendor: str, yaml: str) -> None:
        """Write what is known of a vendor."""
        (self.root / "vendors" / f"{vendor}.yaml").write_text(yaml, encoding="utf-8")

    def run(self, feed: Feed) -> FeedRun:
        """Run one feed through the graph, if it has work."""
        lakehouse = self.lakehouse
        if lakehouse.work(feed) is None:
            return at_rest(lakehouse, feed)
        return FeedRunner(self.settings, self.instance)(feed)

    def approve(self, feed: Feed, *, by: str = "tester") -> None:
        """Approve the mapping of `feed` that waits."""
        lakehouse = self.lakehouse
        proposal = lakehouse.undecided(feed)
        if proposal is None:
            raise AssertionError(f"no mapping of {feed} waits")
        lakehouse.lake.governance.decide(
            Review(
                proposal_id=proposal.id,
                sha256=proposal.sha256,
                decision="approved",
                by=by,
                created_at=proposal.created_at,
            )
        )

    def query(self, sql: str, *, branch: str = "main", at: str | None = None) -> list[dict[str, Any]]:
        """Run a query and return its rows as dictionaries."""
        rows: list[dict[str, Any]] = self.lakehouse.query(sql, branch=branch, at=at).to_pylist()
        return rows

    def rows(self, table: str, column: str, *, branch: str = "main") -> list[Any]:
        """Return one column of a table, in file order of its rows."""
        sql = f'SELECT "{column}" AS v FROM {table} ORDER BY _delivery_id, _row_number'
        return [row["v"] for row in self.query(sql, branch=branch)]

    def errors(self, feed: Feed, *, branch: str = "main") -> list[BadCell]:
        """Return the feed's open rows of `ingest_errors`, in file order."""
        table = ingest_errors_table(self.lakehouse.standard).name
        sql = (
            f'SELECT line, "column", code FROM {table} '
            f"WHERE source_table = '{feed.table}' AND status = 'open' ORDER BY _delivery_id, _row_number"
        )
        return [BadCell(row["line"], row["column"], row["code"]) for row in self.query(sql, branch=branch)]
