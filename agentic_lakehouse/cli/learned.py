"""`lakehouse review precedents` and `undo`: what decisions taught, and how a wrong one is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table, say
from agentic_lakehouse.cli.reviewer import By, Id, Json, Note, reviewer

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.precedent import Precedent


def register(review: typer.Typer) -> None:
    """Add the commands to `lakehouse review`."""
    for command in (undo, precedents):
        review.command()(command)


def undo(proposal: Id, by: By = None, note: Note = "", json: Json = False) -> None:
    """Take a wrong approval of a mapping back, with the mappings of other feeds that were made with its help.

    What it taught counts no more, and each of these feeds' next run proposes anew. What was published stands until
    then: see `lakehouse rollback`.

    Example: lakehouse review undo mapping-1f2e3d4c5b6a --note "price is net"
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.undo import undo as undone

    done = undone(Lakehouse(), proposal, by=reviewer(by), note=note)
    if json:
        print_json([p.model_dump(mode="json") for p in done])
        return
    print_table(("undone", "feed", "now"), [(p.id, p.feed, p.status) for p in done])
    say("Each feed's next run proposes a mapping anew: `lakehouse run`.")


def precedents(
    text: Annotated[str | None, typer.Argument(help="Header, word, target, feed or proposal; else all.")] = None,
    json: Json = False,
) -> None:
    """List what people's decisions taught about headers and words, and who taught it.

    Example: lakehouse review precedents Abgabewert
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    everything = Lakehouse().lake.precedents.all()
    found = [p for p in everything if text is None or text in {p.text, p.key, p.target, p.value, p.feed, p.proposal_id}]
    if json:
        print_json([p.model_dump(mode="json") for p in found])
        return
    print_table(
        ("text", "is", "of", "by", ""),
        [(p.text, _meaning(p), p.feed, p.by, "withdrawn" if p.withdrawn_by else p.stance) for p in found],
    )
    if not found:
        console().print("Nothing was learned of that." if text else "Nothing was learned yet.")


def _meaning(precedent: Precedent) -> str:
    if not precedent.target:
        return "nothing"
    return f"{precedent.target} {precedent.value!r}" if precedent.value else precedent.target
