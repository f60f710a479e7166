"""A model on loopback that knows nothing, and that a test can make hold its answer or refuse.

Asked first of the ladder, it lets a test stop a run at a known place; the embedded planner answers after it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

MAPPING = "MappingProposal"
"""Name of the output that a question about a mapping asks for."""
PATIENCE = 240.0
"""Seconds: a bound for what takes a moment on a quiet machine."""
REFUSAL = 401, {"error": {"message": "Incorrect API key provided."}}
NO_IDEA = (
    200,
    {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "unknowing-1",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "No idea."}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    },
)


class ModelServer:
    """An OpenAI-compatible server; a context manager that serves while it is open."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self._asked = threading.Event()
        self._refuses = False
        self._httpd = _Httpd(("127.0.0.1", 0), _handler_of(self))
        self._thread = threading.Thread(target=self._httpd.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """What `LAKEHOUSE_BASE_URL` is to be."""
        return f"http://127.0.0.1:{self._httpd.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.set()
        self._httpd.shutdown()
        self._thread.join()
        self._httpd.server_close()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold every answer about a mapping until the block ends: whoever asks waits."""
        self._asked.clear()
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def wait_until_asked(self) -> None:
        """Wait until somebody waits for an answer."""
        assert self._asked.wait(PATIENCE), "nobody asked for a mapping"

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse every question about a mapping until the block ends: the fault of a wrong key."""
        self._refuses = True
        try:
            yield
        finally:
            self._refuses = False

    def answer(self, request: str) -> tuple[int, dict[str, Any]]:
        """Answer one request."""
        if MAPPING not in request:
            return NO_IDEA
        if self._refuses:
            return REFUSAL
        if not self._open.is_set():
            self._asked.set()
            self._open.wait(PATIENCE)
        return NO_IDEA


def _handler_of(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = server.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


class _Httpd(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed while it waited is what tests are about."""
