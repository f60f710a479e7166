"""`lakehouse run`: all pending files through the whole graph."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table, say

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.governed import FeedRun
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

SHOWN = (
    "feed", "status", "reason", "errors", "files", "rows_in", "bronze_rows", "error_rows", "core_rows",
    "mapping_error_rows", "model_calls", "input_tokens", "output_tokens", "cost_usd", "seconds", "branch", "commit",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="run")(run)


def run(
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed, `vendor/feed`; may be repeated.")] = None,
    landing: Annotated[str | None, typer.Option(help="Landing zone instead of LAKEHOUSE_LANDING.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Feeds at a time.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Take every new file through the whole graph and publish what passes.

    Example: lakehouse run --feed kontor/preisliste
    """
    from agentic_lakehouse.cli.progress import progress
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.orchestration.run import run_feeds
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.notify import Notifier
    from agentic_lakehouse.settings import forget_review_token, load_settings

    forget_review_token()
    lakehouse = Lakehouse(load_settings(landing=landing))
    for problem in lakehouse.zone.problems():
        say(f"Left out: {problem}")
    wanted = [Feed.parse(text) for text in feed or []]
    notifier = Notifier(lakehouse)
    with progress(total=len(wanted or lakehouse.zone.feeds())) as on_done:

        def done(result: FeedRun) -> None:
            on_done(result)
            notifier.tell_of(Feed.parse(result.feed))

        results = run_feeds(lakehouse, wanted, jobs=jobs, on_done=done)
    report(lakehouse, results, json=json)


def report(lakehouse: Lakehouse, results: list[FeedRun], *, json: bool) -> None:
    """Print how feeds ended; exit with 1 where one failed."""
    log = lakehouse.lake.log(limit=1)
    unseen = Counter(item.feed for item in lakehouse.lake.governance.inbox(status="open"))
    if json:
        feeds = [
            {key: value for key, value in r.model_dump(mode="json").items() if key in SHOWN} | {"inbox": unseen[r.feed]}
            for r in results
        ]
        print_json({"feeds": feeds, "commit": log[0].id if log else None})
    else:
        print_report(results)
        if waiting := {r.feed: unseen[r.feed] for r in results if unseen[r.feed]}:
            told = ", ".join(f"{feed} {count}" for feed, count in waiting.items())
            console().print(f"Words that nobody has explained: {told}. See `lakehouse inbox`.", markup=False)
    if any(r.status == "failed" for r in results):
        raise typer.Exit(1)


def print_report(results: list[FeedRun]) -> None:
    """Print the run's table, and below it what a person should know of each feed."""
    numbers = ("rows", "bronze", "bad", "core", "rej.", "calls", "s")
    rows = [
        (
            r.feed, r.status.removeprefix("awaiting_"), r.rows_in, r.bronze_rows, r.error_rows, r.core_rows,
            r.mapping_error_rows, r.model_calls, f"{r.seconds:.1f}",
        )
        for r in results
    ]  # fmt: skip
    print_table(("feed", "status", *numbers), rows, right=numbers)
    out = console()
    for r in results:
        for line in [*r.errors] or ([r.reason] if r.reason else []):
            out.print(f"\n{r.feed}: {line}", markup=False)
    calls, costs = sum(r.model_calls for r in results), [r.cost_usd for r in results]
    cost = "unknown" if None in costs else f"{sum(c for c in costs if c is not None):.4f} USD"
    out.print(
        f"\n{len(results)} feeds, {sum(r.rows_in for r in results)} rows in, {calls} model calls, cost {cost}.",
        markup=False,
    )
    if any(r.status == "awaiting_review" for r in results):
        out.print("Waiting for a person: see `lakehouse review list`.", markup=False)
