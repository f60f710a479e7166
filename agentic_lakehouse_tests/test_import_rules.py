"""The house's import rules hold, and importing it does no work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def test_rooms_import_downwards_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    heavy = "{'dagster', 'polars', 'duckdb', 'pyiceberg', 'pydantic_ai', 'pyarrow', 'scipy'}"
    code = f"import sys, agentic_lakehouse.cli.app; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
