"""What a reviewer sent, read from a form of bounded size."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.requests import Request

from agentic_lakehouse.web.door import MAX_BODY

MAX_FIELDS = 20
MAX_LINE = 200
"""Characters of a name; a note has ten times as many."""


@dataclass(frozen=True)
class Form:
    """A decision as it was sent."""

    csrf: str
    by: str
    note: str
    sha256: str
    text: str
    """The contract as it should be, of an edit."""
    token: SecretStr | None


async def read_form(request: Request) -> Form:
    """Read the form of a request.

    Raises:
        HTTPException: it is too large (413), or no form (400).
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"The form has more than {MAX_BODY:,} bytes.")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:  # no UTF-8, or too many fields
        raise HTTPException(400, "The form cannot be read.") from None
    sent = dict(pairs)
    token = sent.get("token", "")
    return Form(
        csrf=sent.get("csrf", ""),
        by=_plain(" ".join(sent.get("by", "").split()))[:MAX_LINE],
        note=_plain(sent.get("note", "")).strip()[: 10 * MAX_LINE],
        sha256=sent.get("sha256", ""),
        # Browsers send CR LF for each line break of a text area.
        text=sent.get("text", "").replace("\r\n", "\n"),
        token=SecretStr(token) if token else None,
    )


def _plain(text: str) -> str:
    """Return a text without control characters: a name must be what it looks like."""
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")
