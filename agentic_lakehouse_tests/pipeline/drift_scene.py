"""Files of one feed, delivery by delivery, of which a test says what changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from agentic_lakehouse.brain.renames import renamings
from agentic_lakehouse.brain.settled import described_by_evidence
from agentic_lakehouse.contracts.drift import Change
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.pipeline.describe import profile_file
from agentic_lakehouse.pipeline.drift import Use, compare, formats
from agentic_lakehouse.pipeline.respec import carried, respecified

FEED = Feed("acme", "prices")
Cells = Callable[[int], str]
COLUMNS: dict[str, Cells] = {
    "Artikelnummer": lambda n: f"R{n:03d}",
    "Bezeichnung": lambda n: f"Ringordner A4 Nr. {n}",
    "Preis": lambda n: f"{n * 7 % 97 + 3},{n % 10}5",
    "Währung": lambda _: "EUR",
    "Lagerbestand": lambda n: str(n * 3 % 50 + 1),
    "Farbe": lambda n: ("rot", "blau", "grün")[n % 3],
}
"""A price list: what each column's cell is in the n-th row."""


def changed(**news: Cells | None) -> dict[str, Cells]:
    """Return the columns with other cells, or without those that are `None`; what is new stands at the end."""
    return {name: cells for name, cells in {**COLUMNS, **news}.items() if cells is not None}


def renamed(before: str, after: str, columns: Mapping[str, Cells] = COLUMNS) -> dict[str, Cells]:
    """Return the columns, one under another header."""
    return {after if name == before else name: cells for name, cells in columns.items()}


def written(columns: Mapping[str, Cells], *, rows: range = range(1, 61), delimiter: str = ";") -> str:
    """Return a file."""
    lines = [list(columns), *([cells(n) for cells in columns.values()] for n in rows)]
    return "".join(f"{delimiter.join(line)}\n" for line in lines)


def measured(folder: Path, text: str, *, name: str = "data.csv") -> FeedProfile:
    """Write a file and measure it."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return profile_file(path, name=name, facts=VendorFacts())


def described(profile: FeedProfile) -> FeedSpec:
    """Return the spec of a first delivery."""
    return described_by_evidence(profile, FEED, VendorFacts())


def respec(base: FeedSpec, before: FeedProfile, now: FeedProfile) -> FeedSpec:
    """Return the spec of a delivery that differs, as the lakehouse makes it."""
    known, there = set(before.source_names), set(now.source_names)
    found = renamings(
        [c for c in before.columns if c.source_name in known - there],
        [c for c in now.columns if c.source_name in there - known],
    )
    stands = carried(base, now, found)
    by_evidence = described(now)
    told = {c.source_name: c for c in by_evidence.columns}
    return respecified(base, now, stands, [told[n] for n in (*stands.added, *stands.retyped)], by_evidence)


def drift(folder: Path, text: str, *, use: Use) -> list[Change]:
    """Return what changes where a file follows the price list."""
    before, now = measured(folder, written(COLUMNS)), measured(folder, text)
    base = described(before)
    spec = respec(base, before, now)
    return [*compare(base, spec, use), *formats(base, spec)]
