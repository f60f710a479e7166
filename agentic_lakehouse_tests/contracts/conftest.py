"""Builders of small ODCS files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.standard import ProductStandard

KEY = "- {name: key, logicalType: string, primaryKey: true}"
HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: urn:parts
version: 1.0.0
status: active
domain: parts
"""


@pytest.fixture
def contract_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a contract whose one table `part` has the given properties and checks, as YAML lists."""

    def write(properties: str = KEY, quality: str = "[]", head: str = HEAD) -> Path:
        path = tmp_path / "part.odcs.yaml"
        path.write_text(
            f"{head}schema:\n- name: part\n  properties:\n"
            + indent(dedent(properties).strip(), "    ")
            + "\n  quality:\n"
            + indent(dedent(quality).strip(), "    ")
            + "\n",
            encoding="utf-8",
        )
        return path

    return write


@pytest.fixture
def standard_of(contract_file: Callable[..., Path]) -> Callable[..., ProductStandard]:
    """Load a contract with a `key` column and the given properties and checks."""

    def load(properties: str = "", quality: str = "[]", head: str = HEAD) -> ProductStandard:
        return load_standard(contract_file(f"{KEY}\n{dedent(properties).strip()}", quality, head))

    return load
