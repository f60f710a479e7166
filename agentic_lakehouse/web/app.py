"""The application: routes, and what becomes of errors."""

from __future__ import annotations

from importlib.resources import files

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from agentic_lakehouse.errors import LakehouseError
from agentic_lakehouse.settings import Settings
from agentic_lakehouse.web.answers import message
from agentic_lakehouse.web.desk import Desk
from agentic_lakehouse.web.door import Door
from agentic_lakehouse.web.guard import Guard
from agentic_lakehouse.web.pages import Pages


def review_app(settings: Settings, door: Door, *, token: SecretStr | None = None) -> Guard:
    """Return the review page of a lakehouse as an ASGI application.

    Args:
        settings: of the lakehouse.
        door: who may come in.
        token: review token that decisions are made with; the form asks for it where there is none.
    """
    pages = Pages(Desk(settings, door, token))
    static = str(files("agentic_lakehouse.web") / "static")
    app = Starlette(
        routes=[
            Route("/", pages.waiting),
            Route("/p/{id}", pages.proposal),
            Route("/p/{id}/impact", pages.impact),
            Route("/p/{id}/edit", pages.editing, methods=["GET"]),
            Route("/p/{id}/{action}", pages.decide, methods=["POST"]),
            Mount("/static", StaticFiles(directory=static)),
        ],
        exception_handlers={HTTPException: _http, LakehouseError: _ours, Exception: _bug},
    )
    # Around everything, so that answers to bugs carry our headers, too.
    return Guard(app, door)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (Starlette's dispatch by type, which types do not tell)
    return message(error.status_code, error.detail, is_fragment="hx-request" in request.headers)


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, LakehouseError)  # noqa: S101 (as above)
    return message(500, error.message, error.hint or "", is_fragment="hx-request" in request.headers)


def _bug(request: Request, error: Exception) -> Response:
    told = f"The page failed with a {type(error).__name__}; nothing was decided by it."
    return message(500, told, "The terminal of the command says more.", is_fragment="hx-request" in request.headers)
