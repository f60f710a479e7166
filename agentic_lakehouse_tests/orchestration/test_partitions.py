"""Feeds become partitions, whoever else adds them at the same time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy.exc import IntegrityError

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.orchestration.partitions import add_missing
from agentic_lakehouse.testing import Sandbox

FEEDS = [Feed("acme", f"prices_{number}") for number in range(4)]


def test_each_is_added_once(sandbox: Sandbox) -> None:
    add_missing(sandbox.instance, FEEDS[:2])
    add_missing(sandbox.instance, FEEDS)

    assert sandbox.instance.get_dynamic_partitions("feeds") == [str(feed) for feed in FEEDS]


def test_one_that_another_process_adds_between_look_and_write_is_no_fault(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = sandbox.instance.add_dynamic_partitions

    def overtaken(name: str, keys: Sequence[str]) -> None:
        add(name, keys)
        if keys == [str(FEEDS[1])]:
            raise IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed"))

    monkeypatch.setattr(sandbox.instance, "add_dynamic_partitions", overtaken)

    add_missing(sandbox.instance, FEEDS)

    assert sandbox.instance.get_dynamic_partitions("feeds") == [str(feed) for feed in FEEDS]
