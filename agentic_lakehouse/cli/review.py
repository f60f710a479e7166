"""`lakehouse review`: see what waits for a person, and decide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agentic_lakehouse.cli import learned, review_web
from agentic_lakehouse.cli.output import console, print_json, print_table, say
from agentic_lakehouse.cli.reviewer import By, Id, Json, Note, reviewer

if TYPE_CHECKING:
    from agentic_lakehouse.contracts.governed import Proposal
    from agentic_lakehouse.contracts.impact import Impact

Sha = Annotated[
    str | None, typer.Option("--sha256", help="Of what you saw: refused where the proposal holds something else.")
]

MAX_COLUMNS = 6
"""Columns of a removed row that fit a terminal."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    review = typer.Typer(help="See what waits for a person, and decide.", no_args_is_help=True)
    review.callback(invoke_without_command=True)(review_web.page)
    review.command(name="list")(review_list)
    for command in (show, approve, reject, edit, token):
        review.command()(command)
    learned.register(review)
    app.add_typer(review, name="review")


def review_list(
    everything: Annotated[bool, typer.Option("--all", help="Also what is decided.")] = False, json: Json = False
) -> None:
    """List proposals that wait for a person.

    Example: lakehouse review list
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    found = Lakehouse().lake.governance.proposals(status=None if everything else "proposed")
    if json:
        keys = {"id", "feed", "kind", "status", "sha256", "reason", "created_at"}
        print_json([p.model_dump(mode="json", include=keys) for p in found])
        return
    if everything:
        print_table(("id", "feed", "status", "since (UTC)"), [(p.id, p.feed, p.status, _when(p)) for p in found])
    else:
        print_table(("id", "feed", "since (UTC)", "reason"), [(p.id, p.feed, _when(p), p.reason) for p in found])
    if not found:
        console().print("Nothing waits.")


def _when(proposal: Proposal) -> str:
    return f"{proposal.created_at:%Y-%m-%d %H:%M}"


def show(proposal: Id, json: Json = False) -> None:
    """Show one proposal, and what publishing it would do to core.

    Example: lakehouse review show mapping-1f2e3d4c5b6a
    """
    from agentic_lakehouse.pipeline.impact_preview import impact_of
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.proposals import mapping_of
    from agentic_lakehouse.pipeline.stale import changed_inputs

    house = Lakehouse()
    found = house.lake.governance.proposal(proposal)
    impact = impact_of(house, found)
    if json:
        print_json({**found.model_dump(mode="json"), "impact": impact.model_dump(mode="json") if impact else None})
        return
    if found.kind == "spec":
        print_json(found.model_dump(mode="json"))
        return
    console().print(f"{found.id} {found.feed} {found.status}: {found.reason}", markup=False)
    if found.status == "proposed":
        for why in changed_inputs(house, found):
            console().print(f"Stale: {why}.", markup=False)
    if found.kind == "mapping":
        print_table(
            ("target", "sources", "expression", "conf.", "why"),
            [
                (c.target, ", ".join(c.sources), c.expression, c.confidence, c.rationale)
                for c in mapping_of(found).columns
            ],
        )
    if impact is not None:
        _print_impact(impact)


def _print_impact(impact: Impact) -> None:
    console().print(
        f"\nPublishing would let {impact.new} keys be new, {impact.changed} of {impact.kept} change, "
        f"{impact.removed} of {impact.published} go.",
        markup=False,
    )
    print_table(
        ("column", "changed", "nulls gained", "median ratio"),
        [(c.column, c.changed, c.nulls_gained, c.median_ratio) for c in impact.columns],
        right=("changed", "nulls gained", "median ratio"),
    )
    if impact.sample:
        console().print(f"\nThe first {len(impact.sample)} keys that would go:")
        names = list(dict.fromkeys(name for row in impact.sample for name in row))[:MAX_COLUMNS]
        print_table(names, [[row.get(name, "") for name in names] for row in impact.sample])


def approve(proposal: Id, by: By = None, note: Note = "", sha256: Sha = None, json: Json = False) -> None:
    """Approve a proposal; the next run of its feed uses it.

    Example: lakehouse review approve mapping-1f2e3d4c5b6a --note "checked against the catalogue"
    """
    _decide(proposal, "approved", by=by, note=note, sha256=sha256, json=json)


def reject(proposal: Id, by: By = None, note: Note = "", sha256: Sha = None, json: Json = False) -> None:
    """Reject a proposal; its feed waits until another one is filed.

    Example: lakehouse review reject mapping-1f2e3d4c5b6a --note "price is net"
    """
    _decide(proposal, "rejected", by=by, note=note, sha256=sha256, json=json)


def _decide(
    proposal_id: str,
    decision: Literal["approved", "rejected"],
    *,
    by: str | None,
    note: str,
    sha256: str | None,
    json: bool,
) -> None:
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.rejected import way_on
    from agentic_lakehouse.pipeline.review import decide

    done = decide(Lakehouse(), proposal_id, decision, by=reviewer(by), note=note, sha256=sha256)
    if json:
        print_json(done.model_dump(mode="json"))
    else:
        on = way_on(done) if decision == "rejected" else f"run it with `lakehouse run --feed {done.feed}`"
        say(f"{done.id} of {done.feed} is {decision}; {on}.")


def edit(
    proposal: Id,
    file: Annotated[Path, typer.Argument(help="Its content as it should be, as YAML or JSON.")],
    *,
    by: By = None,
    note: Note = "",
    sha256: Sha = None,
    json: Json = False,
) -> None:
    """Put your own version in the place of a spec or mapping; it is checked, filed, and approved in your name.

    Begin with what `lakehouse review show ID --json` prints. After a spec, `lakehouse replay` runs kept bad rows
    again, and `lakehouse reingest` good ones as well.

    Example: lakehouse review edit spec-1f2e3d4c5b6a mended.yaml --note "prices on request are none"
    """
    from agentic_lakehouse.contracts.yaml_file import read_text
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.review import edit as edited

    text = read_text(file)
    done = edited(Lakehouse(), proposal, text, by=reviewer(by), note=note, sha256=sha256, name=file)
    if json:
        print_json(done.model_dump(mode="json"))
    else:
        say(f"{done.id} of {done.feed} is approved; the feed's next run uses it.")


def token(
    remove: Annotated[bool, typer.Option("--remove", help="Let deciding need no token.")] = False, json: Json = False
) -> None:
    """Say whether deciding needs a token; where none is set, LAKEHOUSE_REVIEW_TOKEN becomes it.

    Example: LAKEHOUSE_REVIEW_TOKEN=... lakehouse review token
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse
    from agentic_lakehouse.pipeline.review import require_token, token_is_set
    from agentic_lakehouse.settings import load_review_token

    house = Lakehouse()
    given = load_review_token()
    if given is not None or remove:
        require_token(house, given)
    if remove:
        house.lake.review_key.remove()
    is_set = token_is_set(house)
    if json:
        print_json({"token_is_set": is_set})
    else:
        say("Deciding needs the review token." if is_set else "Deciding needs no token: anybody who gets here may.")
