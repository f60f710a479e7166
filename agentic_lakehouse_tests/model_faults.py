"""What a model server may do wrong, and what the journal says of it then: one table for the tests of every room."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from agentic_lakehouse.brain.reply import MAX_ANSWER
from agentic_lakehouse.contracts.governed import CallStatus
from agentic_lakehouse_tests.model_server import ModelServer, completion

GOOD = json.dumps(
    {
        "columns": [
            {"source_name": "Artikel", "type": "string"},
            {"source_name": "Preis", "type": "decimal", "format": "1.234,56"},
        ],
        "primary_key": ["Artikel"],
    }
)
"""An answer about the file of `brain/conftest.py`."""
WRONG = json.dumps({**json.loads(GOOD), "primary_key": ["Preis"]})

Deed = Callable[[ModelServer], object]
Counted = Literal["told", "estimated", "free"]
"""Tokens are as the server said, as sending the question was estimated, or none, as it was refused unread."""


@dataclass(frozen=True)
class Fault:
    """What a server does, and what the journal says of it."""

    does: Deed
    status: CallStatus
    says: str = ""
    """Part of the error."""
    counted: Counted = "told"
    raw: str | None = ""
    """What is kept of it; `None` for more than a table can show."""
    version: str = "weak-2026-11-01"


def _unread(does: Deed, status: CallStatus, says: str, counted: Counted = "estimated") -> Fault:
    """Make a fault of which no message of a model is left."""
    return Fault(does, status, says, counted, raw="", version="")


def _dropped(after: bytes = b"") -> Fault:
    return _unread(lambda s: s.drops(after=after), "transport", "Connection error")


def _refused(code: int, *, body: str = '{"error":{"message":"no"}}', **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _unread(lambda s: s.fails(code, headers=named, body=body), "configuration", str(code), "free")


def _busy(code: int, counted: Counted = "estimated") -> Fault:
    return _unread(lambda s: s.fails(code), "transport", str(code), counted)


def _body(body: Any, status: CallStatus, says: str, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return _unread(lambda s: s.sends(body, named), status, says)


def _parts(status: CallStatus, says: str, **parts: Any) -> Fault:
    """Make a completion that is no proper one."""
    return _unread(lambda s: s.completes(content=GOOD, **parts), status, says)


def _answer(text: str, status: CallStatus, says: str, **parts: Any) -> Fault:
    """Make a proper completion that is no good answer."""
    return Fault(lambda s: s.completes(content=text, **parts), status, says, raw=text)


def _calls(name: str, arguments: str) -> Fault:
    call = {"id": "c", "type": "function", "function": {"name": name, "arguments": arguments}}
    message = {"content": None, "tool_calls": [call]}
    return Fault(
        lambda s: s.completes(message, finish_reason="tool_calls"), "schema", "no tool may be called", raw=None
    )


HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
FAULTS: dict[str, Fault] = {
    # ---- the connection
    "a reply that never comes": _unread(lambda s: s.hangs(), "transport", "timed out"),
    "a body that trickles for ever": _unread(lambda s: s.trickles(), "transport", "timed out"),
    "dropped before the headers": _dropped(),
    "dropped in the headers": _dropped(b"HTTP/1.1 200 OK\r\nContent-"),
    "dropped in the body": _dropped(HTTP + b'Content-Length: 1000\r\n\r\n{"id":'),
    "dropped in a chunk": _dropped(HTTP + b'Transfer-Encoding: chunked\r\n\r\n64\r\n{"id":'),
    "another protocol": _dropped(b"SSH-2.0-OpenSSH_9.9\r\n"),
    # ---- the status
    **{f"HTTP {code}": _refused(code) for code in (400, 401, 402, 403, 404, 413, 418, 422)},
    **{f"HTTP {code}": _refused(code, Location="http://127.0.0.1:9/") for code in (301, 302, 307, 308)},
    **{f"HTTP {code}": _busy(code, "free") for code in (425, 429)},
    **{f"HTTP {code}": _busy(code) for code in (408, 409, 500, 501, 502, 503, 504, 529)},
    "a quota that is used up": _refused(429, body='{"error":{"message":"no","code":"insufficient_quota"}}'),
    "a context that is too small": _refused(400, body='{"error":{"code":"context_length_exceeded","message":"no"}}'),
    "an error of odd characters": _unread(
        lambda s: s.fails(500, body='{"error":{"message":"\\u0000 \\ud800"}}'), "transport", "500"
    ),
    "an endless error": _unread(lambda s: s.fails(503, body="<p>" * 1_000_000), "transport", "503"),
    # ---- the body
    "a page": _body("<html>sign in</html>", "unparsable", "expected JSON", Content_Type="text/html"),
    "a page said to be JSON": _body("<html>sign in</html>", "transport", "as JSON"),
    "nothing": _body("", "transport", "as JSON"),
    "null": _body("null", "unparsable", "expected JSON"),
    "a list": _body([1], "unparsable", "expected JSON"),
    "an error under 200": _body({"error": {"message": "no", "code": 429}}, "unparsable", "Invalid response"),
    "invalid UTF-8": _body(b'{"id":"\xff"}', "transport", "utf-8"),
    "a hundred thousand brackets": _body("[" * 100_000, "unparsable", "no answer"),
    "no choices": _parts("unparsable", "no answer", choices=[]),
    "choices that are null": _parts("unparsable", "choices", choices=None),
    "choices that are a number": _parts("unparsable", "no answer", choices=5),
    "an empty choice": _parts("unparsable", "choices.0", choices=[{}]),
    "a message that is null": _parts("unparsable", "message", choices=[{"index": 0, "message": None}]),
    "content that is a number": Fault(lambda s: s.completes(content=5), "unparsable", "content", "estimated", "", ""),
    "content that is an object": Fault(lambda s: s.completes(content={}), "unparsable", "content", "estimated", "", ""),
    "a model that is null": _parts("unparsable", "model", model=None),
    "a date of the year 3 billion": _parts("unparsable", "no answer", created=10**20),
    "tokens that are no number": _parts("unparsable", "usage", usage={"prompt_tokens": float("nan")}),
    # ---- the message
    "content that is null": Fault(lambda s: s.completes(content=None), "unparsable", "empty"),
    "content that is empty": Fault(lambda s: s.completes(content=""), "unparsable", "empty"),
    "a refusal": Fault(lambda s: s.completes({"refusal": "I won't."}), "unparsable", "refused", raw="I won't."),
    "a filter": Fault(lambda s: s.completes(content="", finish_reason="content_filter"), "unparsable", "refused"),
    "a tool that nobody offered": _calls("drop_table", '{"name": "product"}'),
    "a tool named as pydantic-ai's own": _calls("final_result", GOOD),
    "a tool whose arguments are broken": _calls("final_result", '{"na'),
    # ---- the answer
    "prose": _answer("It is a price list.", "unparsable", "Invalid JSON"),
    "half an answer": _answer(GOOD[:50], "unparsable", "output limit does", finish_reason="length"),
    "half a character": _answer('{"columns": "\\ud800"}', "unparsable", "Invalid JSON"),
    "brackets in an answer": _answer("[" * 100_000, "unparsable", "Invalid JSON"),
    "ten million characters": Fault(
        lambda s: s.says("x" * 10_000_000), "unparsable", "10000000 characters; it was cut", raw="x" * MAX_ANSWER
    ),
    "another schema": _answer('{"tables": []}', "schema", "columns: Field required"),
    "a list as an answer": _answer("[]", "schema", "object"),
    "more errors than anybody reads": _answer(
        json.dumps({"columns": [{}] * 1000}), "schema", "columns.0.source_name: Field required"
    ),
    "a key that is not unique": _answer(WRONG, "semantic", "is not unique"),
}

HARMLESS: dict[str, Fault] = {
    "no usage": Fault(lambda s: s.completes(content=GOOD, usage=None), "ok", counted="estimated", raw=GOOD),
    "negative tokens": Fault(
        lambda s: s.completes(content=GOOD, usage=_usage(-5)), "ok", counted="estimated", raw=GOOD
    ),
    "more tokens than there are": Fault(
        lambda s: s.completes(content=GOOD, usage=_usage(10**30)), "ok", counted="estimated", raw=GOOD
    ),
    "a version of a hundred thousand characters": Fault(
        lambda s: s.completes(content=GOOD, model="m" * 100_000), "ok", raw=GOOD, version="m" * 200
    ),
    "a version of odd characters": Fault(
        lambda s: s.completes(content=GOOD, model="a\x00\ud800"), "ok", raw=GOOD, version="a\ufffd?"
    ),
    "content in parts": Fault(lambda s: s.completes(content=[{"type": "text", "text": GOOD}]), "ok", raw=GOOD),
    "another content type": Fault(
        lambda s: s.script.append(lambda r: (200, {"Content-Type": "text/x"}, json.dumps(completion(r, content=GOOD)))),
        "ok", raw=GOOD,
    ),
    "a tool call beside the answer": Fault(
        lambda s: s.completes({"content": GOOD, "tool_calls": [_CALL]}, finish_reason="tool_calls"), "ok", raw=GOOD
    ),
    "a finish that nobody knows": Fault(lambda s: s.completes(content=GOOD, finish_reason="because"), "ok", raw=GOOD),
    # As in every parser of JSON, the last of them counts; it is checked like any other.
    "a key that stands twice": Fault(
        lambda s: s.completes(content='{"columns": [], ' + GOOD[1:]), "ok", raw='{"columns": [], ' + GOOD[1:]
    ),
}  # fmt: skip

_CALL = {"id": "c", "type": "function", "function": {"name": "drop_table", "arguments": "{}"}}


def _usage(prompt_tokens: int) -> dict[str, int]:
    return {"prompt_tokens": prompt_tokens, "completion_tokens": 1, "total_tokens": 1}
