"""A file that is still being written is left for the next look, and holds nothing else up."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.feeds import keep
from agentic_lakehouse.testing import Sandbox

ROWS = "Artikelnummer;Bezeichnung;EAN;Preis;Währung\n" + "".join(f"R{n};Heft {n};;1,50;EUR\n" for n in range(20))
MORE = "S1;Block;;2,00;EUR\n"


@pytest.fixture
def grows(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Let a file grow just as its last byte was copied, once."""

    def grow(path: Path) -> None:
        copy, left = keep._copy, [path]

        def growing(*arguments: Any) -> tuple[str, int]:
            sha256, size = copy(*arguments)
            if left and size == left[0].stat().st_size:
                with left.pop().open("a", encoding="utf-8") as file:
                    file.write(MORE)
            return sha256, size

        monkeypatch.setattr(keep, "_copy", growing)

    return grow


def test_it_is_taken_by_the_next_run(sandbox: Sandbox, grows: Callable[[Path], None]) -> None:
    feed = sandbox.drop("acme/prices", ROWS)
    grows(sandbox.root / "landing" / "acme" / "prices" / "data.csv")

    first = sandbox.run(feed)
    assert (first.status, first.reason) == ("unchanged", "still being written: acme/prices/data.csv")
    assert sandbox.lakehouse.lake.ledger.deliveries(feed) == []
    assert sandbox.lakehouse.lake.branches() == []

    second = sandbox.run(feed)
    assert (second.status, second.rows_in) == ("published", 21)


def test_the_other_files_of_its_feed_are_not_held_up(sandbox: Sandbox, grows: Callable[[Path], None]) -> None:
    feed = sandbox.drop("acme/prices", ROWS, name="settled.csv")
    sandbox.drop("acme/prices", ROWS + MORE, name="growing.csv")
    growing = sandbox.root / "landing" / "acme" / "prices" / "growing.csv"
    os.utime(growing, (2_000_000_000, 2_000_000_000))
    grows(growing)

    run = sandbox.run(feed)

    assert (run.status, run.files, run.rows_in) == ("published", 1, 20)
    assert [d.path for d in sandbox.lakehouse.lake.ledger.deliveries(feed)] == ["acme/prices/settled.csv"]
