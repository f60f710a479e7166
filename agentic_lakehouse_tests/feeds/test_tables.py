"""One file, one table: what stands below it is kept aside, with where it begins."""

from __future__ import annotations

from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading

TABLE = "nr;name;price;day\n" + "".join(f"A-{i:03d};Chair {i};{i},50;0{i % 9 + 1}.03.2024\n" for i in range(30))


def test_a_second_table_is_not_taken_for_the_first(write: Write) -> None:
    found = reading(write("a.csv", TABLE + "\ncity;people;area\n" + "Bonn;300000;141,1\n" * 5))

    assert len(found.rows) == 30
    assert [b.code for b in found.broken] == ["second_table"] * 6
    assert {b.message for b in found.broken} == {"line 33 begins a second table"}


def test_rows_of_another_width_without_a_header_are_faults_of_their_own(write: Write) -> None:
    found = reading(write("a.csv", TABLE + "Bonn;300000;141,1\n" * 5 + "A-031;Chair;1,50;01.03.2024\n"))

    assert [b.code for b in found.broken] == ["too_few_cells"] * 5
    assert len(found.rows) == 31


def test_ragged_rows_of_words_are_no_second_table(write: Write) -> None:
    words = "".join(f"{name};{name} city\n" for name in ("Ann", "Bob", "Cid", "Dan", "Eva"))
    found = reading(write("a.csv", f"name;city\n{words * 3}" + "Fay;Rome;Italy\nGus;Oslo;Norway\n" * 3 + words))

    assert len(found.rows) == 20
    assert [b.code for b in found.broken] == ["too_many_cells"] * 6


def test_notes_and_totals_below_the_last_row_are_the_footer(write: Write) -> None:
    found = reading(write("a.csv", TABLE + "Total;;450,00;\n\nall prices net\ncreated by ERP; 2024\n"))

    assert len(found.rows) == 30
    assert [(b.line, b.code, b.raw) for b in found.broken] == [
        (32, "footer", "Total;;450,00;"),
        (34, "footer", "all prices net"),
        (35, "footer", "created by ERP; 2024"),
    ]


def test_a_last_row_with_an_empty_cell_is_a_row(write: Write) -> None:
    found = reading(write("a.csv", TABLE + "A-030;;1,50;01.03.2024\n"))

    assert found.broken == []
    assert len(found.rows) == 31


def test_short_lines_between_rows_are_no_footer(write: Write) -> None:
    found = reading(write("a.csv", TABLE + "a note\nA-030;Chair;1,50;01.03.2024\n"))

    assert found.faults == [(32, "too_few_cells")]
    assert len(found.rows) == 31
