"""The review page on a real port of the loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from pydantic import SecretStr

from agentic_lakehouse.settings import Settings
from agentic_lakehouse.web.app import review_app
from agentic_lakehouse.web.door import Door


@dataclass(frozen=True)
class Served:
    """A page that answers."""

    address: str
    door: Door

    @property
    def link(self) -> str:
        """The link that opens it, once."""
        return f"{self.address}/?key={self.door.key}"


@contextmanager
def serving(settings: Settings, *, token: str | None = None) -> Iterator[Served]:
    """Serve the page of a lakehouse."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        door = Door.at("127.0.0.1", port)
        app = review_app(settings, door, token=SecretStr(token) if token else None)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Served(f"http://127.0.0.1:{port}", door)
        finally:
            server.should_exit = True
            thread.join()
