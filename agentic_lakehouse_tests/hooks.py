"""A webhook and a mail server on loopback, as rude as a test wants them."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """Takes what is posted."""

    url: str = ""
    status: int = 200
    hangs: bool = False
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.posts]

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(body["feed"], body["state"].partition(":")[0]) for body in self.bodies]


@contextmanager
def hooked() -> Iterator[Hook]:
    """Serve until the end of the block."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.posts.append((dict(self.headers), body))
            if hook.hangs:
                hook.closing.wait()
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away is no news."""

    with _serving(Quiet(("127.0.0.1", 0), Handler)) as port:
        hook.url = f"http://127.0.0.1:{port}/services/T0P/s3cret"
        yield hook
        hook.closing.set()


@dataclass
class Mailbox:
    """Takes what is mailed; offers no TLS."""

    port: int = 0
    refuses: bool = False
    mails: list[Message] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Serve until the end of the block, what RFC 5321 asks of a server at the least."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 loopback")
            to: list[str] = []
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"RCPT":
                    to.append(line.decode().strip().partition("<")[2].rstrip(">"))
                    self.say("550 no such mailbox" if box.refuses else "250 ok")
                elif verb == b"DATA":
                    self.say("354 go on")
                    self.take(to)
                    self.say("250 taken")
                elif verb == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def take(self, to: list[str]) -> None:
            lines = []
            while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                lines.append(line.removeprefix(b"."))
            box.mails.append(message_from_bytes(b"".join(lines)))
            box.recipients.append(to)

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    class Quiet(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with _serving(Quiet(("127.0.0.1", 0), Handler)) as port:
        box.port = port
        yield box


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
