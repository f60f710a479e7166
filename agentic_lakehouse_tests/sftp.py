"""An SFTP server on loopback that serves one folder to one user, by key or password."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from pathlib import Path
from typing import Any, Self

import asyncssh
from sshfs import SSHFileSystem

USER, PASSWORD = "vendor", "p@ss/w:rd"
QUOTED = "p%40ss%2Fw%3Ard"


class _Door(asyncssh.SSHServer):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._server.connections.append(conn)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class SftpServer:
    """Serves `folder` as `/` from a thread. A context manager; may be stopped and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.landing = folder / "landing"
        self.landing.mkdir(parents=True)
        self.port = 0
        self.connections: list[asyncssh.SSHServerConnection] = []
        self.refused: set[str] = set()
        """Paths that may not be listed or opened."""
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._listener: asyncssh.SSHAcceptor | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        # fsspec keeps connections until their file system is collected: here, and not amid another test.
        SSHFileSystem.clear_instance_cache()
        gc.collect()
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"sftp://{USER}:{QUOTED}@127.0.0.1:{self.port}/landing"

    def put(self, path: str, content: str, *, at: int = 1_700_000_000) -> Path:
        """Put a file into the landing zone, as changed at an instant: SFTP tells whole seconds."""
        file = self.landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        os.utime(file, (at, at))
        return file

    def known_hosts(self) -> str:
        """The line that lets a client trust this server."""
        return f"[127.0.0.1]:{self.port} {self._key.export_public_key().decode()}"

    def start(self) -> None:
        self._wait(self._listen())

    def stop(self) -> None:
        """Take no more connections, and drop those that stand without a word."""
        self._wait(self._close())

    def drop_connections(self) -> None:
        self._wait(self._drop())

    def _wait(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _listen(self) -> None:
        self._listener = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _Door(self),
            server_host_keys=[self._key],
            sftp_factory=lambda channel: _Files(self, channel),
        )
        self.port = self._listener.get_port()

    async def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()
        await self._drop()

    async def _drop(self) -> None:
        for connection in self.connections:
            connection.abort()
        for connection in self.connections:
            await connection.wait_closed()
        self.connections.clear()


class _Files(asyncssh.SFTPServer):
    def __init__(self, server: SftpServer, channel: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(channel, chroot=str(server.folder).encode())
        self._server = server

    def _let(self, path: bytes) -> None:
        if path.decode("utf-8", "surrogateescape") in self._server.refused:
            raise asyncssh.SFTPPermissionDenied("Permission denied")

    def scandir(self, path: bytes) -> Any:
        self._let(path)
        return super().scandir(path)

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        self._let(path)
        return super().open(path, pflags, attrs)
