"""`lakehouse drift`: what changed in feeds, told in 80 columns."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from agentic_lakehouse.contracts.drift import Change, Drift
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse_tests.cli.conftest import Command

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def test_changes_are_listed_with_their_use(landing: Path, lakehouse: Command) -> None:
    assert lakehouse("drift").out.strip() == "Nothing changed."
    renamed = Change(
        kind="column_renamed",
        columns=("Preis",),
        after="VK-Preis",
        used_by=("price",),
        severity="review",
        evidence="by name 0.67 and values 0.98",
    )
    added = Change(kind="column_added", columns=("Farbe",), after="string in farbe")
    with Lakehouse().lake as lake:
        lake.drifts.tell(Drift(feed="acme/prices", delivery="1", since="a" * 64, changes=(renamed, added)), at=NOW)

    table = lakehouse("drift", "acme/prices").out

    assert max(map(len, table.splitlines())) <= 80
    assert "price: 'Preis' is now 'VK-Preis'" in table
    assert [(d["severity"], d["kind"], d["count"]) for d in lakehouse("drift", "--json").json] == [
        ("info", "column_added", 1),
        ("review", "column_renamed", 1),
    ]
    assert lakehouse("drift", "other/feed", "--json").json == []
