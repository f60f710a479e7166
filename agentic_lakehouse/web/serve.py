"""Serves the page until it is told to stop."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from pydantic import SecretStr

from agentic_lakehouse.errors import SettingsInvalid, UsageInvalid
from agentic_lakehouse.pipeline import review
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.settings import Settings
from agentic_lakehouse.web.app import review_app
from agentic_lakehouse.web.door import LOOPBACK, Door

STOP_SECONDS = 5
"""How long requests that run may take to end once the page is told to stop."""


class _Server(uvicorn.Server):
    """Ends in peace on a signal, where uvicorn would raise it again once it has stopped."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        def stop(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve(
    settings: Settings, *, host: str, port: int, token: SecretStr | None, announce: Callable[[str], None]
) -> None:
    """Serve the page until SIGINT or SIGTERM.

    Args:
        settings: of the lakehouse.
        host: address to listen on, as browsers name it.
        port: to listen on; 0 for any that is free.
        token: review token of the environment.
        announce: is told the link that opens the page, once it is served.

    Raises:
        SettingsInvalid: the address is another than this machine's own, and no review token is set.
        ReviewRefused: the lake has another review token.
        UsageInvalid: nobody can listen there.
    """
    house = Lakehouse(settings)
    if token is not None:
        review.require_token(house, token)
    require_safe(host, has_token=review.token_is_set(house))
    with _listening(host, port) as listening:
        door = Door.at(host, listening.getsockname()[1])
        app = review_app(settings, door, token=token)
        # Nothing is logged of requests: the first one's address holds the key.
        config = uvicorn.Config(
            app,
            ws="none",
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        announce(f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/?key={door.key}")
        _Server(config).run(sockets=[listening])


def require_safe(host: str, *, has_token: bool) -> None:
    """Refuse to be reached from elsewhere where nothing but the link's key would keep others from deciding.

    Raises:
        SettingsInvalid: the address is not loopback and no token is set, or it is every address of the machine.
    """
    if f"[{host}]" in LOOPBACK or host in LOOPBACK:
        return
    if _is_any(host):
        raise SettingsInvalid(
            f"{host} is every address of this machine: the page must know the one that browsers name.",
            hint="Name it, such as `--host 192.0.2.7`.",
            host=host,
        )
    if not has_token:
        raise SettingsInvalid(
            f"{host} can be reached by others than this machine's users.",
            hint="Set LAKEHOUSE_REVIEW_TOKEN, or keep to 127.0.0.1 and reach it through an ssh tunnel.",
            host=host,
        )


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host or "0.0.0.0").is_unspecified  # noqa: S104 (to be refused)
    except ValueError:  # a name
        return False


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen()
        except OSError:
            made.close()
            raise
    except OSError as error:
        raise UsageInvalid(
            f"Nobody can listen on {host}:{port}: {error.strerror or error}.",
            hint="Take another port with `--port`; 0 takes any that is free.",
            host=host,
            port=port,
        ) from error
    return made
