"""Fixtures that every room's tests may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse.testing import Sandbox

PROJECT = Path(__file__).parents[1]
SHARED_DATA = PROJECT.parent / "shared" / "data"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A whole lakehouse in a folder of the test."""
    return Sandbox(tmp_path)


@pytest.fixture
def shared_data() -> Path:
    """Real feeds and standards that are not part of the project."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared sample data is not here")
    return SHARED_DATA
