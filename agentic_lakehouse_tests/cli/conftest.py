"""The command line as a user has it: a process of its own is not needed, its environment is."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.cli.app import run
from agentic_lakehouse.orchestration import instance
from agentic_lakehouse_tests.model_server import ModelServer, serving

FORGETFUL = f"""\
{instance.DAGSTER_YAML}
event_log_storage:
  module: dagster._core.storage.event_log
  class: InMemoryEventLogStorage
"""
"""Dagster's events are forgotten with their command: nobody looks at them here, and on disk they are a third of it."""


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with serving() as stub:
        yield stub


@dataclass(frozen=True)
class Result:
    """What a command left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Result]


def settle_in(root: Path, patch: pytest.MonkeyPatch) -> Path:
    """Let the settings of the environment point at folders below `root`; return its landing zone."""
    landing = root / "landing"
    landing.mkdir(parents=True, exist_ok=True)
    patch.chdir(root)
    for name in ("HOME", "LANDING", "VENDORS"):
        patch.setenv(f"LAKEHOUSE_{name}", str(root / name.lower()))
    patch.setenv("DAGSTER_HOME", "")
    patch.setattr(instance, "DAGSTER_YAML", FORGETFUL)
    return landing


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty landing zone; settings of the environment point at folders of the test."""
    return settle_in(tmp_path, monkeypatch)


def goods(first: int, *, what: str = "Stapler") -> str:
    """A file of forty products, and a row that does not fit."""
    rows = [f"S{n},{what} {n},{n}.50,EUR" for n in range(first, first + 40)]
    return "\n".join(["sku,title,price,currency", *rows, "S999,Broken,call us,EUR", ""])


def drop(landing: Path, feed: str, content: str, name: str = "data.csv") -> Path:
    """Put a file into the landing zone."""
    path = landing / feed / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a lakehouse in which `acme/feed` published two deliveries and `other/feed` one."""
    root = tmp_path_factory.mktemp("published") / "here"
    with pytest.MonkeyPatch.context() as patch:
        landing = settle_in(root, patch)
        drop(landing, "acme/feed", goods(0))
        drop(landing, "other/feed", goods(500))
        assert run(["run"]) == 0
        drop(landing, "acme/feed", goods(20, what="Pen"), "second.csv")
        assert run(["run"]) == 0
    with closing(sqlite3.connect(root / "home" / "catalog.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the database is one file then
    return root.rename(root.with_name("kept"))


@pytest.fixture
def restored(published: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The landing zone of that lakehouse, which is put back where it was made: tables know where they stand."""
    root = published.with_name("here")
    shutil.copytree(published, root, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    yield settle_in(root, monkeypatch)
    shutil.rmtree(root)


@pytest.fixture
def lakehouse(landing: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `lakehouse ...` and return what it printed and its exit code."""

    def command(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return command
