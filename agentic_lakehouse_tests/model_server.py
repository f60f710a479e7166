"""A scripted OpenAI-compatible server on loopback, which may answer as badly as any server does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO

Request = dict[str, Any]
Response = tuple[int, Mapping[str, str], str | bytes]
Wire = Callable[[BinaryIO], object]
"""Writes what it likes to the connection, which is dropped then."""


@dataclass
class ModelServer:
    """Answers with what a test scripted, in order; the last script is repeated."""

    url: str = ""
    script: list[Callable[[Request], Response | Wire]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    """Set at the end of the block: what never answers must end then."""

    def says(self, *answers: Any) -> None:
        """Answer with these contents: text as it is, anything else as JSON."""
        for answer in answers:
            self.completes(content=answer if isinstance(answer, str) else json.dumps(answer))

    def completes(self, message: Mapping[str, Any] | None = None, /, **parts: Any) -> None:
        """Answer with a completion of which parts are as given; see `completion`."""
        self.script.append(lambda request: (200, {}, json.dumps(completion(request, message, **parts))))

    def fails(
        self, *statuses: int, headers: dict[str, str] | None = None, body: str = '{"error":{"message":"no"}}'
    ) -> None:
        self.script.extend(lambda _, s=s: (s, headers or {}, body) for s in statuses)

    def sends(self, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Answer 200 with this body instead of a completion."""
        sent = body if isinstance(body, str | bytes) else json.dumps(body)
        self.script.append(lambda _: (200, headers or {}, sent))

    def drops(self, *, after: bytes = b"") -> None:
        """Drop the connection after these bytes of a response, headers included."""
        self.script.append(lambda _: lambda wire: _write(wire, after))

    def hangs(self) -> None:
        """Keep the connection, and never answer."""
        self.script.append(lambda _: lambda _wire: self.closing.wait())

    def trickles(self) -> None:
        """Send a body that goes on for ever, a byte at a time."""

        def forever(wire: BinaryIO) -> None:
            _write(wire, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while not self.closing.wait(0.005):
                _write(wire, b" ")

        self.script.append(lambda _: forever)

    def words(self, number: int) -> str:
        """Return all that the model was told in a request."""
        return "\n".join(str(m["content"]) for m in self.requests[number]["messages"])


def scripts(*deeds: Callable[[ModelServer], object]) -> list[Callable[[Request], Response | Wire]]:
    """Return what deeds would add to a server's script."""
    stub = ModelServer()
    for deed in deeds:
        deed(stub)
    return stub.script


def completion(
    request: Request, message: Mapping[str, Any] | None = None, /, content: Any = "{}", **parts: Any
) -> dict[str, Any]:
    """Make the body of a chat completion; `message` is put over its message, `parts` over the rest."""
    choice = {
        "index": 0,
        "finish_reason": parts.pop("finish_reason", "stop"),
        "message": {"role": "assistant", "content": content, **(message or {})},
    }
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": f"{request['model']}-2026-11-01",
        "choices": [choice],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        **parts,
    }


def _write(wire: BinaryIO, what: bytes) -> None:
    wire.write(what)
    wire.flush()


@contextmanager
def serving() -> Iterator[ModelServer]:
    """Serve until the end of the block."""
    stub = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stub.requests.append(request)
            response = stub.script[min(len(stub.requests), len(stub.script)) - 1](request)
            if callable(response):
                response(self.wfile)  # type: ignore[arg-type]  # a buffered writer by another name
                self.close_connection = True
                return
            status, headers, body = response
            content = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away is no news."""

    with Quiet(("127.0.0.1", 0), Handler) as httpd:
        stub.url = f"http://127.0.0.1:{httpd.server_port}/v1"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stub
        finally:
            stub.closing.set()
            httpd.shutdown()
        thread.join()
