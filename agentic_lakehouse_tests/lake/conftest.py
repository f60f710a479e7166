from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.lake.scene import Scene
from agentic_lakehouse_tests.postgres import Postgres

ON_BOTH_DATABASES = {
    "test_compaction",
    "test_crash",
    "test_killed_calls",
    "test_leases",
    "test_many_processes",
    "test_orphans_beside_writers",
    "test_publish",
    "test_rebase",
    "test_rollback",
    "test_steps",
}
"""Modules about what happens at the same time: a lock, a snapshot and a lost race are not the same in each."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let tests of some modules run on Postgres as well."""
    name = metafunc.module.__name__.rpartition(".")[2]
    if name in ON_BOTH_DATABASES and "catalog_url" in metafunc.fixturenames:
        metafunc.parametrize("catalog_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def catalog_url(request: pytest.FixtureRequest) -> str:
    """Where the scene's catalog is; empty for an SQLite file in its folder."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return ""
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new_catalog()


@pytest.fixture
def scene(tmp_path: Path, catalog_url: str) -> Iterator[Scene]:
    with Scene(tmp_path, catalog_url) as scene:
        yield scene


@pytest.fixture
def feed() -> Feed:
    return Feed("acme", "prices")


@pytest.fixture
def other() -> Feed:
    return Feed("kontor", "preisliste_fuer_alle_filialen")
