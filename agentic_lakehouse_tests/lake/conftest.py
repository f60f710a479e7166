from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.lake.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Scene(tmp_path) as scene:
        yield scene


@pytest.fixture
def feed() -> Feed:
    return Feed("acme", "prices")


@pytest.fixture
def other() -> Feed:
    return Feed("kontor", "preisliste_fuer_alle_filialen")
