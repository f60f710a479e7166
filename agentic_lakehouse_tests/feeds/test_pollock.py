"""The Pollock benchmark's files (Vitagliano et al., 2023): real faults, one a file, with the table that was meant."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse_tests.feeds.scene import Reading, reading


def meant(path: Path) -> list[tuple[str, ...]]:
    with (path.parents[1] / "clean" / path.name).open(newline="", encoding="utf-8") as source:
        return [tuple(row) for row in csv.reader(source)]


def read(path: Path) -> tuple[Reading, list[tuple[str, ...]]]:
    found = reading(path)
    return found, [tuple(cell or "" for cell in row) for row in found.rows]


def test_a_broken_row_costs_itself_alone(shared_data: Path) -> None:
    for path in sorted((shared_data / "pollock" / "csv").glob("row_*")):
        if "row0_" in path.name or "quote0_" in path.name:
            continue  # the header itself is at fault
        found, rows = read(path)
        header, *expected = meant(path)
        assert list(found.names) == list(header), path.name
        assert [row for row in expected if row in rows] == rows, path.name
        assert len(found.broken) <= 1, path.name
        assert len(rows) + len(found.broken) == len(expected), path.name


@pytest.mark.parametrize(
    "name",
    [
        "file_double_trailing_newline",
        "file_field_delimiter_0x2C_0x20",
        "file_field_delimiter_0x9",
        "file_one_data_row",
        "file_record_delimiter_0xD",
    ],
)
def test_a_strange_dialect_loses_nothing(shared_data: Path, name: str) -> None:
    path = shared_data / "pollock" / "csv" / f"{name}.csv"
    found, rows = read(path)

    assert [tuple(found.names), *rows] == meant(path)
    assert found.broken == []


def test_a_header_of_several_lines_is_one(shared_data: Path) -> None:
    path = shared_data / "pollock" / "csv" / "file_header_multirow_3.csv"
    found, rows = read(path)

    assert [tuple(found.names), *rows] == meant(path)
    assert found.broken == []


def test_nothing_of_a_second_table_is_taken_for_the_first(shared_data: Path) -> None:
    path = shared_data / "pollock" / "csv" / "file_multitable_less.csv"
    found, rows = read(path)

    assert [tuple(found.names), *rows] == meant(path)
    assert {b.code for b in found.broken} == {"second_table"}
    assert found.broken[0].message == "line 85 begins a second table"


def test_a_file_without_payload_is_refused(shared_data: Path) -> None:
    with pytest.raises(FeedUnreadable, match="is empty"):
        read(shared_data / "pollock" / "csv" / "file_no_payload.csv")
