"""One landing zone's file system, whichever fsspec knows: opened, asked, and its failures told in our words.

Credentials come from where the user keeps them: the URL in a setting, fsspec's own `FSSPEC_<PROTOCOL>_<OPTION>`
variables, the ssh config and agent, the cloud's chain. None of them is ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.utils import infer_storage_options

from agentic_lakehouse.errors import LakehouseError, LandingUnavailable, SettingsInvalid
from agentic_lakehouse.feeds.storage_faults import about_path, why

T = TypeVar("T")

EXTRAS = {"sftp": "sftp", "ssh": "sftp", "s3": "s3", "s3a": "s3"}
"""Extra of this package that a protocol needs."""

SFTP_DEFAULTS: Mapping[str, Any] = {
    # Empty is the user's own known_hosts; sshfs would take any host key.
    "known_hosts": (),
    "connect_timeout": 20,
    "login_timeout": 20,
    # A server that falls silent is given up after a minute, not waited for.
    "keepalive_interval": 15,
    "keepalive_count_max": 3,
    # A name that is not UTF-8 must not hide the files beside it.
    "sftp_client_kwargs": {"path_errors": "surrogateescape"},
}


def masked(uri: str) -> str:
    """Return a URL as it may be shown: without password, token or query."""
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return uri
    host, slash, path = rest.partition("/")
    if "@" not in host and "@" in rest and ":" in host and not host.rpartition(":")[2].isdigit():
        # A password with a raw `/` in it: no valid URL, and no reason to show it.
        host, slash, path = rest, "", ""
    user, at, server = host.rpartition("@")
    name, secret, _ = user.partition(":")
    # Where there is no password, a user is a name for a login, and may be a token for anything else.
    shown = name if scheme in {"sftp", "ssh", "ftp"} else "***"
    place = re.sub(r"\?.*", "?***", f"{server}{slash}{path}", flags=re.DOTALL)
    return f"{scheme}://{shown}{':***' if secret else ''}{at}{place}" if at else f"{scheme}://{place}"


class Storage:
    """The file system behind a URL. A connection that is lost is made anew, once for each question."""

    def __init__(self, uri: str) -> None:
        """Open it.

        Raises:
            SettingsInvalid: the URL cannot be read, or needs a package that is not installed.
            LandingUnavailable: nothing answers, or it lets nobody in.
        """
        self._uri = uri
        self.shown = masked(uri)
        self._fs, self.root = self._open()
        self.is_local = isinstance(self._fs, LocalFileSystem)

    def ask(self, question: Callable[[Any], T]) -> T:
        """Put one question to the file system, again over a new connection where the first was lost.

        Raises:
            OSError: it is about the path: not there, not allowed, no folder; on a local disk anything.
            LandingUnavailable: nothing answers.
        """
        try:
            with self.telling():
                return question(self._fs)
        except LandingUnavailable:
            self._reopen()
            with self.telling():
                return question(self._fs)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell what goes wrong in the block as `ask` does."""
        try:
            yield
        except LakehouseError:
            raise
        except Exception as error:
            # An fsspec implementation raises whatever the library below it does: there is no common base.
            if self.is_local and isinstance(error, OSError):
                raise
            if (of_path := about_path(error)) is not None:
                raise of_path from error
            raise self._unavailable(error) from error

    def _reopen(self) -> None:
        # fsspec keeps instances for ever, with the connection that is gone.
        type(self._fs).clear_instance_cache()
        self._fs, self.root = self._open()

    def _open(self) -> tuple[Any, str]:
        protocol = urlsplit(self._uri).scheme if "://" in self._uri else "file"
        self._require_readable()
        try:
            if EXTRAS.get(protocol) == "sftp":
                return _sftp(self._uri)
            fs, root = fsspec.core.url_to_fs(self._uri)
        except (ValueError, ImportError) as error:
            raise SettingsInvalid(
                f"The landing zone {self.shown!r} cannot be opened: {self._scrubbed(error)}.",
                hint=f"Install what it needs: `pip install 'agentic-lakehouse[{EXTRAS[protocol]}]'`."
                if isinstance(error, ImportError) and protocol in EXTRAS
                else "Set LAKEHOUSE_LANDING to a folder or a URL such as `s3://bucket/prefix` or `sftp://user@host/path`.",
                setting="LANDING",
            ) from error
        except Exception as error:
            # As in `telling`: anything may be raised here, and all of it means that nobody let us in.
            raise self._unavailable(error) from error
        return fs, str(root)

    def _require_readable(self) -> None:
        try:
            urlsplit(self._uri).port  # noqa: B018 (it is read to be checked)
        except ValueError:
            # What the parser says may quote a piece of the password.
            raise SettingsInvalid(
                f"The landing zone {self.shown!r} is no URL that can be read.",
                hint="Write it as `sftp://user@host:22/path`, with `%40` for `@` and `%2F` for `/` in a password.",
                setting="LANDING",
            ) from None

    def _unavailable(self, error: Exception) -> LandingUnavailable:
        what, hint = why(error)
        return LandingUnavailable(
            f"The landing zone {self.shown} cannot be reached: {what or self._scrubbed(error)}.",
            hint=hint.format(host=urlsplit(self._uri).hostname or "", port=urlsplit(self._uri).port or 22),
            landing=self.shown,
        )

    def _scrubbed(self, error: Exception) -> str:
        """Return the words of a library in one line, without the secrets of the URL."""
        said = " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
        parts = urlsplit(self._uri)
        hidden = {parts.password or "", unquote(parts.password or ""), parts.query, self._uri}
        if self.shown.startswith(f"{parts.scheme}://***"):
            hidden.add(parts.username or "")
        for secret in sorted(hidden - {""}, key=len, reverse=True):
            said = said.replace(secret, self.shown if secret == self._uri else "***")
        return said


def _sftp(uri: str) -> tuple[Any, str]:
    from sshfs import SSHFileSystem

    told = infer_storage_options(uri)
    options = {key: told[key] for key in ("host", "port") if key in told}
    options |= {key: unquote(told[key]) for key in ("username", "password") if key in told}
    # sshfs names no protocol, so fsspec does not find the user's settings for it by itself.
    conf = {**fsspec.config.conf.get("ssh", {}), **fsspec.config.conf.get("sftp", {})}
    return SSHFileSystem(**{**SFTP_DEFAULTS, **conf, **options}), told["path"] or "/"
