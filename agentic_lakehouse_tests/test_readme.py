"""The README's commands run as they stand there, in its order, on a new home.

The first is a process of its own, as a user starts it; the others are spared its start-up.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from agentic_lakehouse.cli.app import run

PROJECT = Path(__file__).parents[1]


def commands() -> list[str]:
    """Every `$ lakehouse ...` line of the README's console blocks."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ lakehouse ")]


def test_the_readme_shows_commands() -> None:
    assert len(commands()) >= 8


def test_the_tour_runs_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("LAKEHOUSE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LAKEHOUSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.chdir(PROJECT)
    lakehouse = Path(sys.executable).with_name("lakehouse")
    first, *others = (shlex.split(command)[1:] for command in commands())

    assert subprocess.run([lakehouse, *first], check=False).returncode == 0
    for arguments in others:
        capsys.readouterr()
        if run(arguments) != 0:
            said = capsys.readouterr()
            pytest.fail(f"$ lakehouse {shlex.join(arguments)}\n{said.out}{said.err}")
