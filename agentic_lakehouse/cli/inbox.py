"""`lakehouse inbox`: what turned up in feeds that nobody was asked about, and a person's word on it."""

from __future__ import annotations

from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from agentic_lakehouse.cli.output import console, print_json, print_table, say

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.inbox import InboxItem

LIST, NONE = "list", "none"
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Id = Annotated[str, typer.Argument(help="Item, as `lakehouse inbox` names it.")]
By = Annotated[str | None, typer.Option("--by", help="Who says so; your login name by default.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]


class _ListByDefault(TyperGroup):
    """Takes `inbox`, `inbox --json` and `inbox vendor/feed` for `inbox list` with the same arguments."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else [LIST, *args])


def register(app: typer.Typer) -> None:
    """Add the commands."""
    inbox = typer.Typer(
        cls=_ListByDefault, help="See what turned up that nobody was asked about, and answer it.", no_args_is_help=False
    )
    inbox.command(name=LIST)(show)
    inbox.command()(answer)
    inbox.command()(dismiss)
    app.add_typer(inbox, name="inbox")


def show(
    feed: Annotated[str | None, typer.Argument(metavar="[V/F]", help="One feed; all where left out.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what was answered or dismissed.")] = False,
    json: Json = False,
) -> None:
    """List what is open: words that no mapping knows, the most frequent first, and columns that nothing reads.

    Example: lakehouse inbox kontor/preisliste
    """
    from agentic_lakehouse.contracts.feed import Feed
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    inbox = Lakehouse().lake.governance.inbox(Feed.parse(feed) if feed else None)
    found = [item for item in inbox if everything or item.status == "open"]
    if json:
        print_json([item.model_dump(mode="json") for item in found])
        return
    if not found:
        console().print("Nothing is open.")
        return
    columns = ("id", "feed", "target", "word", "rows", "perhaps", *(("status",) if everything else ()))
    rows = [
        (i.id, i.feed, i.target, i.word or _column(i), i.rows, _perhaps(i), *((_said(i),) if everything else ()))
        for i in found
    ]
    print_table(columns, rows, right=("rows",))
    console().print("\nSay what a word stands for: `lakehouse inbox answer ID VALUE`, or `none`.", markup=False)


def answer(
    item: Id,
    value: Annotated[str, typer.Argument(help="One of the target's values, or `none` of them.")],
    by: By = None,
    note: Note = "",
    json: Json = False,
) -> None:
    """Say what a word stands for: the feed's mapping learns it in your name, and its next run uses it.

    Example: lakehouse inbox answer in-1f2e3d4c5b used --by Ines --note "asked the vendor"
    """
    from agentic_lakehouse.pipeline.answering import answer as answered
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.settings import load_review_token

    house = Lakehouse()
    done = answered(house, item, value, by=by or getuser(), note=note, token=load_review_token())
    if json:
        print_json(done.model_dump(mode="json"))
    else:
        told = f"{done.word!r} is {done.answer or 'none of the values'} of {done.target}"
        say(f"{told}. Run it with `lakehouse run --feed {done.feed}`.")


def dismiss(item: Id, by: By = None, note: Note = "", json: Json = False) -> None:
    """Say that an item needs no answer: it is told no more, and its rows stay in `mapping_errors`.

    Example: lakehouse inbox dismiss in-1f2e3d4c5b --by Ines --note "a typo of theirs"
    """
    from agentic_lakehouse.pipeline.answering import dismiss as dismissed
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    done = dismissed(Lakehouse(), item, by=by or getuser(), note=note)
    if json:
        print_json(done.model_dump(mode="json"))
    else:
        say(f"{done.id} ({done.word or done.source!r} of {done.feed}) is dismissed.")


def _column(item: InboxItem) -> str:
    return f"new column {item.source!r}"


def _perhaps(item: InboxItem) -> str:
    if item.confidence is None:
        return item.suggestion or ""
    return f"{item.suggestion or NONE} {item.confidence:.2f}"


def _said(item: InboxItem) -> str:
    if item.status == "open":
        return item.status
    what = item.status if item.status == "dismissed" else item.answer or NONE
    return f"{what}, {item.by}"
