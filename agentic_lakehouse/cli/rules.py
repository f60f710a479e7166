"""`lakehouse rules`: which rule sets count, what they say, and putting one in over a file."""

from __future__ import annotations

from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table, say

if TYPE_CHECKING:
    from agentic_lakehouse.pipeline.review import Reviewer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Name = Annotated[str, typer.Argument(help="Rule set, as `lakehouse rules list` names it.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; your login name by default.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    rules = typer.Typer(help="See which rule sets count, and put one in.", no_args_is_help=True)
    rules.command(name="list")(show_all)
    rules.command()(show)
    rules.command()(put)
    rules.command()(retire)
    app.add_typer(rules, name="rules")


def show_all(json: Json = False) -> None:
    """List the rule sets that count, by name: each from its file, or as a person put it in, which goes before.

    Example: lakehouse rules list
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.rulebook import rulebook

    found = rulebook(Lakehouse())
    if json:
        print_json([line.model_dump(mode="json") for line in found])
        return
    if not found:
        console().print("There are none.")
        return
    rows = [(r.name, r.owner, r.effective_from, r.effective_until, r.origin, r.sha256[:12], r.problem) for r in found]
    print_table(("name", "owner", "from", "until", "origin", "sha256", "problem"), rows)


def show(name: Name, json: Json = False) -> None:
    """Show what a rule set says, and its versions: who brought each in, when, and when it left.

    Example: lakehouse rules show net-prices-de
    """
    import yaml

    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.rulebook import history

    rule_set, versions = history(Lakehouse(), name)
    if json:
        content = rule_set.model_dump(mode="json") if rule_set else None
        print_json({"content": content, "versions": [v.model_dump(mode="json") for v in versions]})
        return
    if rule_set is None:
        console().print("It counts no longer.")
    else:
        content = rule_set.model_dump(mode="json", exclude_defaults=True)
        console().print(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), markup=False)
    rows = [(v.version, v.sha256[:12], v.origin, v.by, v.entered_at, v.left_at, v.left_by, v.note) for v in versions]
    print_table(("version", "sha256", "origin", "by", "entered", "left", "left by", "note"), rows)


def put(
    file: Annotated[Path, typer.Argument(help="A rule set, as in the folder of rule sets.")],
    by: By = None,
    note: Note = "",
    json: Json = False,
) -> None:
    """Put a rule set in: it goes before one of its name in a file, until it is retired.

    Feeds that it is about are conformed anew by their next run.

    Example: lakehouse rules put net-prices.yaml --by Ines --note "new rate from July"
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.rulebook import put as put_in

    done = put_in(Lakehouse(), file, by=_decider(by), note=note)
    if json:
        print_json(done.model_dump(mode="json"))
    else:
        say(f"{done.name} version {done.version} ({done.sha256[:12]}) counts now.")


def retire(name: Name, by: By = None, json: Json = False) -> None:
    """Take out a rule set that was put in; a file of its name counts again.

    Example: lakehouse rules retire net-prices --by Ines
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.rulebook import retire as take_out

    done = take_out(Lakehouse(), name, by=_decider(by))
    if json:
        print_json(done.model_dump(mode="json"))
    else:
        say(f"{done.name} version {done.version} is retired.")


def _decider(by: str | None) -> Reviewer:
    """Return who decides at this terminal, with the token of its environment."""
    from agentic_lakehouse.pipeline.review import Reviewer
    from agentic_lakehouse.settings import load_review_token

    return Reviewer(by or getuser(), load_review_token())
