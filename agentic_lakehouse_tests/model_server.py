"""A scripted OpenAI-compatible server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ModelServer:
    """Answers with what a test scripted, in order; the last script is repeated."""

    url: str = ""
    script: list[Callable[[dict[str, Any]], tuple[int, dict[str, str], str]]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def says(self, *answers: Any) -> None:
        """Answer with these contents: text as it is, anything else as JSON."""
        self.script.extend(_completion(a if isinstance(a, str) else json.dumps(a)) for a in answers)

    def fails(
        self, *statuses: int, headers: dict[str, str] | None = None, body: str = '{"error":{"message":"no"}}'
    ) -> None:
        self.script.extend(lambda _, s=s: (s, headers or {}, body) for s in statuses)

    def sends(self, body: Any) -> None:
        """Answer 200 with this body instead of a completion."""
        self.script.append(lambda _: (200, {}, body if isinstance(body, str) else json.dumps(body)))

    def words(self, number: int) -> str:
        """Return all that the model was told in a request."""
        return "\n".join(str(m["content"]) for m in self.requests[number]["messages"])


def _completion(text: str) -> Callable[[dict[str, Any]], tuple[int, dict[str, str], str]]:
    def reply(request: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        body = {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": f"{request['model']}-2026-11-01",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        }
        return 200, {}, json.dumps(body)

    return reply


@contextmanager
def serving() -> Iterator[ModelServer]:
    """Serve until the end of the block."""
    stub = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stub.requests.append(request)
            status, headers, body = stub.script[min(len(stub.requests), len(stub.script)) - 1](request)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away is no news."""

    with Quiet(("127.0.0.1", 0), Handler) as httpd:
        stub.url = f"http://127.0.0.1:{httpd.server_port}/v1"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield stub
        httpd.shutdown()
        thread.join()
