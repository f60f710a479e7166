"""The report that a data owner reads: how each feed stands, what was asserted, what did not hold, and what waits.

One HTML file that needs nothing else: no script, no font, no server. All text of vendors is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Audit, CheckResult, FeedRun, Proposal
from agentic_lakehouse.contracts.inbox import InboxItem
from agentic_lakehouse.lake.commits import CommitInfo
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.overview import FeedStatus, kept_errors, overview

TEMPLATE = Path(__file__).with_name("templates") / "checks_report.html.j2"
MAX_RUNS = 20
"""Runs that a feed's bars show, and the newest of them."""
MAX_WORDS = 20
MOODS = ("bad", "waits", "warns", "good")
"""How a feed can look at a glance, the worst first."""
MAX_CELL = 200
"""Characters of a cell that a sample shows."""


@dataclass(frozen=True)
class Checked:
    """One audit, its results by how much they should worry."""

    audit: Audit
    commit: str
    """Commit that published what was checked; empty where it still stands on the feed's branch, or was given up."""

    @property
    def failures(self) -> list[CheckResult]:
        """ERROR checks that did not hold: nothing is published."""
        return [r for r in self.audit.results if not r.passed and r.severity == "ERROR"]

    @property
    def warnings(self) -> list[CheckResult]:
        """WARN checks that did not hold."""
        return [r for r in self.audit.results if not r.passed and r.severity == "WARN"]

    @property
    def passed(self) -> list[CheckResult]:
        """Checks that held."""
        return [r for r in self.audit.results if r.passed]

    def command(self, result: CheckResult) -> str:
        """Return the command that shows what breaks a check."""
        where = f"--at {self.commit[:12]}" if self.commit else f"--branch feed/{self.audit.feed}"
        quoted = result.sql.strip().replace("'", "'\\''")
        return f"lakehouse query {where} '{quoted}'"


@dataclass(frozen=True)
class Bar:
    """One run in a feed's bars, heights from 0 to 1."""

    rows: float
    bad: float
    told: str


@dataclass(frozen=True)
class FeedReport:
    """All that the report says of one feed."""

    status: FeedStatus
    commit: CommitInfo | None
    checked: Sequence[Checked]
    faults: Sequence[dict[str, Any]]
    """Open bad rows by kind, fault and column."""
    words: Sequence[InboxItem]
    waits: Sequence[Proposal]
    bars: Sequence[Bar]

    @property
    def anchor(self) -> str:
        """Where in the page it stands."""
        return self.status.feed.replace("/", "--")

    @property
    def failed(self) -> int:
        """ERROR checks that did not hold."""
        return sum(len(c.failures) for c in self.checked)

    @property
    def warned(self) -> int:
        """WARN checks that did not hold."""
        return sum(len(c.warnings) for c in self.checked)

    @property
    def passed(self) -> int:
        """Checks that held."""
        return sum(len(c.passed) for c in self.checked)

    @property
    def bad_rows(self) -> int:
        """Open rows of both error tables."""
        return sum(int(fault["count"]) for fault in self.faults)

    @property
    def mood(self) -> str:
        """How it looks at a glance; see `MOODS`."""
        if self.status.status == "failed" or self.failed:
            return "waits" if self.waits and self.status.status == "awaiting_review" else "bad"
        if self.waits or self.status.status in {"awaiting_review", "new"}:
            return "waits"
        return "warns" if self.warned or self.words else "good"


def checks_report(house: Lakehouse, name: str | None) -> list[FeedReport]:
    """Gather the report of one feed, or of all that have files: those that need somebody first."""
    wanted = str(Feed.parse(name)) if name else None
    found = [_of_feed(house, status) for status in overview(house) if wanted in {None, status.feed}]
    return sorted(found, key=lambda feed: (MOODS.index(feed.mood), feed.status.feed))


def write_html(reports: Sequence[FeedReport], path: Path, *, now: datetime | None = None) -> None:
    """Write the report as one HTML file."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["cell"] = _cell
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    path.write_text(template.render(feeds=reports, now=now or datetime.now(UTC)), encoding="utf-8")


def _of_feed(house: Lakehouse, status: FeedStatus) -> FeedReport:
    feed, governance = Feed.parse(status.feed), house.lake.governance
    commits = house.lake.log(feed=feed)
    runs = {c.run_id: c.id for c in commits if c.run_id}
    kept = kept_errors(house, status.feed, limit=0)
    return FeedReport(
        status=status,
        commit=commits[0] if commits else None,
        checked=[Checked(audit, runs.get(audit.run_id, "")) for audit in governance.latest_audits(feed)],
        faults=[{**group, "kind": kind} for kind, found in kept.items() for group in found["groups"]],
        words=governance.inbox(feed, "open")[:MAX_WORDS],
        waits=governance.proposals(feed, status="proposed"),
        bars=_bars(governance.runs(feed, limit=MAX_RUNS)),
    )


def _bars(newest_first: Sequence[FeedRun]) -> list[Bar]:
    """Return the runs that read anything, oldest first, scaled by the largest."""
    runs = [run for run in reversed(newest_first) if run.rows_in]
    largest = max((run.rows_in for run in runs), default=1)
    return [
        Bar(
            rows=run.rows_in / largest,
            bad=min(run.rows_in, run.error_rows + run.mapping_error_rows) / largest,
            told=f"{run.started_at:%Y-%m-%d %H:%M} UTC, {run.status}: {run.rows_in} rows, "
            f"{run.error_rows} unreadable, {run.mapping_error_rows} refused",
        )
        for run in runs
    ]


def _cell(value: object) -> str:
    text = str(value)
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…"
