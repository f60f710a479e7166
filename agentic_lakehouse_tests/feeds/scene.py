"""Files as vendors send them, and what the room makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.contracts.profile import ColumnProfile, TypeEvidence
from agentic_lakehouse.feeds.batch import BrokenRecord
from agentic_lakehouse.feeds.profile import profile
from agentic_lakehouse.feeds.read import read_batches, source_names
from agentic_lakehouse.feeds.sniff import sniff

Cells = tuple[str | None, ...]


@dataclass(frozen=True)
class Reading:
    """A whole file as read."""

    names: tuple[str, ...]
    rows: list[Cells]
    lines: list[int]
    numbers: list[int]
    raw: list[str]
    broken: list[BrokenRecord]

    @property
    def faults(self) -> list[tuple[int, str]]:
        return [(b.line, b.code) for b in self.broken]


def sniffed(path: Path) -> FileFormat:
    return sniff(path, name=path.name)


def reading(path: Path, fmt: FileFormat | None = None, *, batch_rows: int = 50_000) -> Reading:
    fmt = fmt or sniffed(path)
    found = list(read_batches(path, fmt, name=path.name, batch_rows=batch_rows))
    return Reading(
        names=source_names(path, fmt, name=path.name),
        rows=[row for b in found for row in b.rows.iter_rows()],
        lines=[line for b in found for line in b.line],
        numbers=[number for b in found for number in b.row_number],
        raw=[raw for b in found for raw in b.raw],
        broken=[broken for b in found for broken in b.broken],
    )


def column_of(path: Path, name: str, *, locale: str | None = None) -> ColumnProfile:
    measured = profile(path, sniffed(path), name=path.name, locale=locale)
    return next(c for c in measured.columns if c.source_name == name)


def values_file(folder: Path, values: list[str], *, header: str = "value") -> Path:
    """A file with an id and one column of interest, divided by tabs, so that no value needs quotes."""
    path = folder / "values.tsv"
    lines = [f"id\t{header}", *(f"k{i}\t{value}" for i, value in enumerate(values))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def measured(folder: Path, values: list[str], *, locale: str | None = None) -> ColumnProfile:
    """The profile of one column with these values."""
    return column_of(values_file(folder, values), "value", locale=locale)


def readings(column: ColumnProfile, kind: str) -> list[tuple[str | None, int]]:
    """Format and matches of the evidence for one type."""
    return [(e.format, e.matches) for e in column.evidence if e.type == kind]


def best(column: ColumnProfile) -> TypeEvidence:
    return column.evidence[0]
