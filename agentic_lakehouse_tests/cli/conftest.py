"""The command line as a user has it: a process of its own is not needed, its environment is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.cli.app import run


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


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty landing zone; settings of the environment point at folders of the test."""
    folder = tmp_path / "landing"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAKEHOUSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LAKEHOUSE_LANDING", str(folder))
    monkeypatch.setenv("LAKEHOUSE_VENDORS", str(tmp_path / "vendors"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    return folder


@pytest.fixture
def lakehouse(landing: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `lakehouse ...` and return what it printed and its exit code."""

    def command(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return command
