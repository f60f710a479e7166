"""Answers that any part of the room gives."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from agentic_lakehouse.web.desk import Outcome
from agentic_lakehouse.web.render import render

TITLES = {400: "That was no form", 401: "Locked", 403: "Refused", 404: "Not here", 409: "Not as you saw it"}


def message(status: int, text: str, hint: str = "", *, is_fragment: bool = False) -> HTMLResponse:
    """Return a message as a page, or as the part of one that htmx puts in its place."""
    told = Outcome(status, text, hint)
    if is_fragment:
        return HTMLResponse(render("_outcome.html", told=told), status)
    return HTMLResponse(render("message.html", told=told, title=TITLES.get(status, "Something went wrong")), status)
