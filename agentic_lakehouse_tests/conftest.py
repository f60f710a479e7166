"""Fixtures that every room's tests may use."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.postgres import Postgres

if TYPE_CHECKING:
    from agentic_lakehouse_tests.sftp import SftpServer

PROJECT = Path(__file__).parents[1]
SHARED_DATA = PROJECT.parent / "shared" / "data"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A whole lakehouse in a folder of the test."""
    with Sandbox(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A Postgres server, started when the first test asks for it."""
    with Postgres() as postgres:
        yield postgres


@pytest.fixture
def ssh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: no key, config or agent of this user is asked."""
    home = tmp_path / "ssh_home"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return home


@pytest.fixture
def server(tmp_path: Path, ssh_home: Path) -> Iterator[SftpServer]:
    """An SFTP server that the user knows."""
    from agentic_lakehouse_tests.sftp import SftpServer

    with SftpServer(tmp_path / "served") as server:
        (ssh_home / ".ssh" / "known_hosts").write_text(server.known_hosts())
        yield server


@pytest.fixture
def shared_data() -> Path:
    """Real feeds and standards that are not part of the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared sample data is not here")
    return SHARED_DATA


def pytest_collection_finish() -> None:
    """Let the collector leave alone what was imported: going through it again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let what was set aside be collected: extension modules complain of what outlives them."""
    gc.unfreeze()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: archives hold the time of their making, and each worker makes its own."""
    return argname if isinstance(val, bytes) else None
