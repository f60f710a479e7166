"""`lakehouse calls` and `costs`: what models were asked, what became of it, and what it took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table
from agentic_lakehouse.errors import UsageInvalid

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.governed import ModelCall
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

RETRY = "retry"
OPEN = {
    "sent": "sent, no reply was kept; it counts as what sending it was estimated to take.",
    "received": "its answer was kept and not judged; the next run does, and does not ask again.",
}
"""How calls stand that are under way, or whose process was killed."""
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(calls)
    app.command()(costs)


def calls(
    what: Annotated[
        str | None, typer.Argument(metavar="[V/F|retry]", help="One feed; all where left out. Or `retry`.")
    ] = None,
    call: Annotated[str | None, typer.Argument(metavar="[ID]", help="With `retry`: the dead letter.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Only questions that no model answered well.")] = False,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="Newest calls to show.")] = 20,
    json: Json = False,
) -> None:
    """List model calls, newest first; with `retry ID`, run the feed of a dead letter again.

    Example: lakehouse calls --dead
    """
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    if (what == RETRY) != (call is not None):
        raise UsageInvalid("An id goes with `retry`, and with nothing else.", hint="lakehouse calls retry ID")
    house = Lakehouse()
    if call is not None:
        _retry(house, call, json=json)
        return
    feed, governance = Feed.parse(what) if what else None, house.lake.governance
    found = governance.dead_letters(feed, limit) if dead else governance.calls(feed, limit=limit)
    if json:
        print_json([c.model_dump(mode="json") for c in found])
        return
    if dead:
        print_table(
            ("id", "feed", "prompt", "model", "tries", "status"),
            [(c.id[:13], c.feed, c.prompt, c.model, c.attempt, c.status) for c in found],
            right=("tries",),
        )
        _explain(found)
        return
    print_table(
        ("id", "feed", "prompt", "model", "status", "cached", "tokens", "USD", "s"),
        [
            (
                c.id[:13], c.feed, c.prompt, c.model_version or c.model, c.status,
                "yes" if c.cached else "", f"{_about(c)}{c.input_tokens + c.output_tokens}",
                "unknown" if c.cost_usd is None else f"{_about(c)}{c.cost_usd:.4f}", f"{c.seconds:.2f}",
            )
            for c in found
        ],
        right=("tokens", "USD", "s"),
    )  # fmt: skip
    _explain([c for c in found if c.status in OPEN])


def _about(call: ModelCall) -> str:
    """Mark what is estimated."""
    return "~" if call.status == "sent" else ""


def _explain(calls: Sequence[ModelCall]) -> None:
    for call in calls:
        console().print(f"\n{call.id[:13]}: {OPEN.get(call.status) or _first(call)}", markup=False)


def _first(call: ModelCall) -> str:
    text = " ".join(call.errors[0].split()) if call.errors else ""
    return text if len(text) <= 200 else f"{text[:199]}…"


def _retry(house: Lakehouse, name: str, *, json: bool) -> None:
    """Run the feed of a dead letter: its question is asked again, from the weakest model on."""
    from agentic_lakehouse.cli.main_job import report
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.orchestration.run import run_feeds

    found = [c for c in house.lake.governance.dead_letters() if c.id.startswith(name)]
    if len(found) != 1:
        why = "more than one dead letter has that id" if found else "no dead letter has that id"
        raise UsageInvalid(f"{name}: {why}.", hint="`lakehouse calls --dead` lists them.")
    feed = Feed.parse(found[0].feed)
    if not house.lake.ledger.deliveries(feed):
        raise UsageInvalid(
            f"{name}: was asked about a loose file, of which nothing is kept.",
            hint="Call `lakehouse describe` or `map` with the file again.",
        )
    report(house, run_feeds(house, [feed], on_done=lambda _: None), json=json)


def costs(
    by: Annotated[Literal["run", "feed", "prompt", "model"], typer.Option("--by", help="Group by.")] = "feed",
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="From this UTC day on.")
    ] = None,
    json: Json = False,
) -> None:
    """Show what model calls took, the dearest first; failed attempts count, answers from the journal cost nothing.

    Example: lakehouse costs --by model --since 2026-11-01
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    found = Lakehouse().lake.governance.spending(by, since=since.replace(tzinfo=UTC) if since else None)
    if json:
        print_json([group.model_dump(mode="json") for group in found])
        return
    numbers = ("calls", "failed", "cached", "in", "out", "USD", "s")
    print_table(
        (by, *numbers),
        [
            (
                g.group,
                g.calls,
                g.failed,
                g.cached,
                g.input_tokens,
                g.output_tokens,
                _money(g.usd, g.unpriced),
                f"{g.seconds:.1f}",
            )
            for g in found
        ],
        right=numbers,
    )
    if any(g.usd or g.unpriced for g in found):
        from agentic_lakehouse.brain.prices import price_list

        console().print(f"\nPrices by {price_list()}; unknown where it does not know the model.", markup=False)


def _money(usd: float, unpriced: int) -> str:
    """Return what is known, and for how many calls it is not."""
    return f"{usd:.4f}" if not unpriced else f"{usd:.4f} + {unpriced} unknown"
