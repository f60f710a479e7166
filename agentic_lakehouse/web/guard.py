"""Stands before every page: what the door refuses gets no further, and every answer carries our headers."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from agentic_lakehouse.web.answers import message
from agentic_lakehouse.web.door import HEADERS, Door

LOCKED = "Open the page by the link that `lakehouse review --web` printed; it works once."
AGAIN = "Where it was used already, stop the command and start it again."


class Guard:
    """ASGI middleware around the pages."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it pass."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = self._refusal(scope)
            await (refusal or self.app)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers, door = Headers(scope=scope), self.door
        is_fragment = "hx-request" in headers
        if (why := door.objection(scope["method"], headers)) is not None:
            return message(403, why, "Open the page by its own address, in its own tab.", is_fragment=is_fragment)
        if scope["path"].startswith("/static/"):
            return None
        known = door.knows(cookie_parser(headers.get("cookie", "")).get(door.cookie))
        keys = parse_qs(scope["query_string"].decode("latin-1")).get("key", [])
        if scope["path"] == "/" and keys:
            return self._enter(keys[0], scope["method"], headers, known=known)
        return None if known else message(401, LOCKED, AGAIN, is_fragment=is_fragment)

    def _enter(self, key: str, method: str, headers: Headers, *, known: bool) -> Response:
        """Turn the key into a cookie, and lead away from the address that holds it."""
        answer = RedirectResponse("/", 303)
        if known:
            return answer
        # What a browser loads ahead of a click, nobody has asked for: it must not use up the key.
        is_ahead = "prefetch" in headers.get("sec-purpose", headers.get("purpose", ""))
        if method != "GET" or is_ahead or not self.door.admits(key):
            return message(401, LOCKED, AGAIN)
        answer.set_cookie(self.door.cookie, self.door.session, httponly=True, samesite="strict", path="/")
        return answer


def _with_headers(send: Send) -> Send:
    async def sending(event: MutableMapping[str, Any]) -> None:
        if event["type"] == "http.response.start":
            MutableHeaders(scope=event).update(HEADERS)
        await send(event)

    return sending
