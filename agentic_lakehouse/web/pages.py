"""The pages: what waits, one proposal, an edit; and what a decision on one is answered with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agentic_lakehouse.contracts.dossier import Docket, Line, Summary
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.contracts.impact import Impact
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.pipeline.dossier import docket, dossier
from agentic_lakehouse.pipeline.impact_preview import impact_of
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.proposals import mapping_of, spec_of
from agentic_lakehouse.web.desk import Action, Desk, Outcome
from agentic_lakehouse.web.forms import Form, read_form
from agentic_lakehouse.web.render import as_json, as_yaml, render

CHANGES = frozenset({"added", "changed", "removed"})
MAX_REASONS = 3
"""Reasons that stand in the list; the rest stand on the proposal's own page."""
MAX_COLUMNS = 6
"""Columns of a removed row that are shown."""


class Pages:
    """What a request is answered with."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def waiting(self, request: Request) -> Response:
        """Show what waits, and what was decided lately."""
        house = self.desk.house()
        done = request.query_params.get("done")
        return _page("list.html", docket=_brief(docket(house)), told=_decided(house, done) if done else None)

    def proposal(self, request: Request) -> Response:
        """Show one proposal."""
        return self._proposal(request.path_params["id"])

    def impact(self, request: Request) -> Response:
        """Show what publishing a proposal would do: measured on all rows, which takes its time."""
        house = self.desk.house()
        found = _found(house, request.path_params["id"])
        is_fragment = "hx-request" in request.headers
        return _page(
            "_impact_or_none.html" if is_fragment else "impact.html",
            impact=impact_of(house, found),
            removed_columns=_removed_columns,
            proposal=found,
            is_fragment=is_fragment,
        )

    def editing(self, request: Request) -> Response:
        """Show a proposal's content to be edited."""
        house = self.desk.house()
        found = _found(house, request.path_params["id"])
        if found.kind == "impact":
            raise HTTPException(404, "What publishing would do follows from the data: nobody edits it.")
        contract = mapping_of(found) if found.kind == "mapping" else spec_of(found)
        text = as_yaml(contract.model_dump(mode="json"))
        return self._editor(house, found, text=text, sha256=found.sha256)

    async def decide(self, request: Request) -> Response:
        """Do what the form says."""
        form = await read_form(request)
        if not self.desk.door.is_own_form(form.csrf):
            raise HTTPException(403, "The form is not from a page of this session: load it again.")
        return await run_in_threadpool(self._done, request, form)

    def _done(self, request: Request, form: Form) -> Response:
        proposal_id, action = request.path_params["id"], request.path_params["action"]
        house = self.desk.house()
        found = _found(house, proposal_id)
        if action not in get_args(Action):
            raise HTTPException(404, "There is no such page.")
        is_check = action == "check"
        told = self.desk.check(house, found, form) if is_check else self.desk.decide(house, found.id, action, form)
        is_fragment = "hx-request" in request.headers
        if told.proposal is not None:
            place = f"/?done={told.proposal.id}"
            return Response(headers={"HX-Redirect": place}) if is_fragment else RedirectResponse(place, 303)
        if is_fragment:
            return HTMLResponse(render("_outcome.html", told=told), told.status)
        if action in {"edit", "check"}:
            return self._editor(house, found, text=form.text, sha256=form.sha256, told=told, form=form)
        return self._proposal(proposal_id, told, form)

    def _proposal(self, proposal_id: str, told: Outcome | None = None, form: Form | None = None) -> Response:
        house = self.desk.house()
        _found(house, proposal_id)
        shown = dossier(house, proposal_id)
        attention, quiet = _sorted_out(shown.mapping.lines if shown.mapping else ())
        return _page(
            "proposal.html",
            status=told.status if told else 200,
            dossier=shown,
            reasons=_reasons(shown.summary),
            attention=attention,
            quiet=quiet,
            content=as_json(shown.content),
            removed_columns=_removed_columns,
            is_fragment=False,
            told=told,
            **self._who(house, form),
        )

    def _editor(
        self,
        house: Lakehouse,
        found: Proposal,
        *,
        text: str,
        sha256: str,
        told: Outcome | None = None,
        form: Form | None = None,
    ) -> Response:
        return _page(
            "edit.html",
            status=told.status if told else 200,
            proposal=found,
            text=text,
            sha256=sha256,
            told=told,
            **self._who(house, form),
        )

    def _who(self, house: Lakehouse, form: Form | None) -> dict[str, Any]:
        """Return what every form for a decision holds; never the token."""
        return {
            "csrf": self.desk.door.csrf,
            "by": form.by if form else self.desk.reviewer,
            "note": form.note if form else "",
            "asks_token": self.desk.asks_token(house),
        }


def _page(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(render(template, **values), status)


def _found(house: Lakehouse, proposal_id: str) -> Proposal:
    try:
        return house.lake.governance.proposal(proposal_id)
    except UsageInvalid as error:
        raise HTTPException(404, error.message) from None


def _sorted_out(lines: Iterable[Line]) -> tuple[list[Line], list[Line]]:
    """Return the lines that a reviewer is led to, those that change first, and the rest; both in their order.

    What is in force as it stands was approved before, however sure its proposer is.
    """
    attention: list[Line] = []
    quiet: list[Line] = []
    for line in lines:
        is_new = line.change == "first" and (line.is_doubtful or line.sampled.broken)
        (attention if is_new or line.errors or line.change in CHANGES else quiet).append(line)
    return sorted(attention, key=lambda line: line.change not in CHANGES), quiet


def _removed_columns(impact: Impact) -> list[str]:
    return list(dict.fromkeys(name for row in impact.sample for name in row))[:MAX_COLUMNS]


def _brief(found: Docket) -> dict[str, Any]:
    """Return the list with the first reasons of each, apart."""
    waiting = [_in_brief(item) for item in found.waiting]
    return {"waiting": waiting, "decided": found.decided, "let_pass": found.let_pass}


def _reasons(summary: Summary) -> list[str]:
    """Return the reasons apart; some have a half behind a semicolon that tells what the policy says."""
    return [reason for reason in re.split(r"; (?!the policy )", summary.reason) if reason]


def _in_brief(item: Summary) -> dict[str, Any]:
    reasons = _reasons(item)
    told = {"reasons": reasons[:MAX_REASONS], "more_reasons": max(0, len(reasons) - MAX_REASONS)}
    return {**item.model_dump(), **told}


def _decided(house: Lakehouse, proposal_id: str) -> Outcome | None:
    """Tell what was just decided, as it stands recorded."""
    reviews = house.lake.governance.reviews(proposal_id)
    if not reviews:
        return None
    last, found = reviews[-1], house.lake.governance.proposal(proposal_id)
    next_step = "The feed waits until another proposal is made."
    if last.decision == "approved":
        next_step = "The feed's next run uses it; where the sensor is on, that starts by itself."
    return Outcome(200, f"{found.feed}: {last.decision} by {last.by}.", next_step)
