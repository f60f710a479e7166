"""Who may come in: every request passes here before any page sees it.

The page runs on a machine that other users and other pages share. A one-time key, printed by the command, becomes a
cookie; requests for another host (DNS rebinding), from another origin (cross-site forms) or too large are refused.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MAX_BODY = 2_000_000
"""Bytes of a form: the largest mapping that anybody edits by hand has a tenth of it."""
MAX_WRONG_TOKENS = 10
"""Wrong review tokens after which nobody may try another before the page is started again."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every answer. No script or style but our own files, no frame around us, nothing kept in a cache."""


@dataclass
class Door:
    """The secrets of one process, and what it answers to."""

    hosts: frozenset[str]
    """`host:port` as browsers may name us."""
    key: str | None = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """Of the link that the command prints; `None` once it was used."""
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    wrong_tokens: int = 0

    @classmethod
    def at(cls, host: str, port: int) -> Door:
        """Return the door of a page that listens there; on loopback, by each of its names."""
        named = f"[{host}]" if ":" in host else host
        names = LOOPBACK if named in LOOPBACK else (named,)
        bare = names if port == 80 else ()  # browsers leave out the scheme's own port
        return cls(frozenset({*(f"{name}:{port}" for name in names), *bare}))

    @property
    def cookie(self) -> str:
        """Name of the cookie. Cookies know no ports: two pages on one machine must not take each other's."""
        return f"lakehouse_review_{min(self.hosts).rpartition(':')[2]}"

    def admits(self, key: str) -> bool:
        """Say whether a key opens the door; it does once."""
        if self.key is None or not _equal(key, self.key):
            return False
        self.key = None
        return True

    def knows(self, cookie: str | None) -> bool:
        """Whether a browser came in by the key."""
        return cookie is not None and _equal(cookie, self.session)

    def is_own_form(self, csrf: str | None) -> bool:
        """Whether a form is from a page that we served."""
        return csrf is not None and _equal(csrf, self.csrf)

    @property
    def is_worn_out(self) -> bool:
        """Whether too many wrong review tokens were tried."""
        return self.wrong_tokens >= MAX_WRONG_TOKENS

    def objection(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Return why a request is not answered at all, whoever sent it; `None` where it is.

        Args:
            method: of the request.
            headers: by their lower-case names.
        """
        host = headers.get("host", "").lower()
        if host not in self.hosts:
            return "It is meant for another host."
        if method not in {"GET", "HEAD", "POST"}:
            return f"The page knows no {method[:20]!r}."
        site = headers.get("sec-fetch-site", "none")
        if method != "POST":
            # A link on another page may lead here; another page may not load us as its picture, script or frame.
            is_visit = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
            return None if site in {"none", "same-origin"} or is_visit else "Another page asked for it."
        source = headers.get("origin") or headers.get("referer", "")
        parts = urlsplit(source)
        if site not in {"none", "same-origin"} or (parts.scheme, parts.netloc.lower()) != ("http", host):
            return "The form is from another page."
        if headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
            return "It is no form."
        return None


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
