"""The README's commands run as they stand there, in its order, on a new home."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


def commands() -> list[str]:
    """Every `$ lakehouse ...` line of the README's console blocks."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ lakehouse ")]


def test_the_readme_shows_commands() -> None:
    assert len(commands()) >= 8


def test_the_tour_runs_as_written(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LAKEHOUSE_")}
    environment["LAKEHOUSE_HOME"] = str(tmp_path / "home")
    lakehouse = Path(sys.executable).with_name("lakehouse")

    for command in commands():
        done = subprocess.run(
            [lakehouse, *shlex.split(command)[1:]],
            cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            pytest.fail(f"$ {command}\n{done.stdout}{done.stderr}")
