"""A damaged line is read where one reading makes a row of it, and kept aside where none or several do."""

from __future__ import annotations

import pytest

from agentic_lakehouse.feeds import mend
from agentic_lakehouse.feeds.mend import Mender
from agentic_lakehouse.feeds.splitting import Dialect
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading

SOUND = [[f"AB-{1000 + i}", f"Chair no {i}, red", f"{i + 10}.50", f"2024-01-{i % 28 + 1:02d}", ""] for i in range(40)]
HEADER = "code,text,price,day,note\n"
ROWS = [f'{code},"{text}",{price},{day},{note}' for code, text, price, day, note in SOUND]


def mended(line: str) -> tuple[str, ...] | None:
    return Mender(SOUND, 5, Dialect(",")).mend(line)


@pytest.mark.parametrize(
    "line",
    [
        'AB-1001"Chair, blue",10.50,2024-01-01,',
        'AB-1001,"Chair, blue"10.50,2024-01-01,',
        'AB-1001,"Chair, blue",10.502024-01-01,',
        'AB-1001,"Chair, blue",10.50,2024-01-01',
    ],
)
def test_a_lost_delimiter_is_found_where_one_cut_alone_fits(line: str) -> None:
    assert mended(line) == ("AB-1001", "Chair, blue", "10.50", "2024-01-01", "")


@pytest.mark.parametrize("at", range(5))
def test_an_empty_cell_too_many_is_dropped_where_the_others_then_fit(at: int) -> None:
    cells = ["AB-1001", '"Chair, blue"', "10.50", "2024-01-01", ""]

    assert mended(",".join([*cells[:at], "", *cells[at:]])) == ("AB-1001", "Chair, blue", "10.50", "2024-01-01", "")


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('"AB-1001,"Chair, blue",10.50,2024-01-01,', ('"AB-1001', "Chair, blue", "10.50", "2024-01-01", "")),
        ('AB-1001,""Chair, blue",10.50,2024-01-01,', ("AB-1001", '"Chair, blue', "10.50", "2024-01-01", "")),
        ('AB-1001,"Chair, blue",10.50,2024-01-01,"', ("AB-1001", "Chair, blue", "10.50", "2024-01-01", '"')),
    ],
)
def test_a_stray_quote_stays_in_its_cell(line: str, cells: tuple[str, ...]) -> None:
    assert mended(line) == cells


def test_a_line_of_another_delimiter_is_read_by_it() -> None:
    assert mended("AB-1001;Chair, blue;10.50;2024-01-01;") == ("AB-1001", "Chair, blue", "10.50", "2024-01-01", "")


@pytest.mark.parametrize(
    "line",
    [
        "AB-1001,Chair,blue,10.50,2024-01-01,",  # a cell too many, and it is not empty
        "AB-1001,10.50,2024-01-01,",  # the text is missing, which never is
        "AB-1001,Chair",
        "nothing at all",
        '"""""",,,""',
    ],
)
def test_what_cannot_be_told_apart_is_not_guessed(line: str) -> None:
    assert mended(line) is None


def test_two_texts_that_ran_into_each_other_stay_so() -> None:
    texts = [[f"some text {'x' * i}", f"other {'y' * i} text", str(i)] for i in range(40)]

    assert Mender(texts, 3, Dialect(";")).mend("some textother text;3") is None


def test_few_rows_prove_no_habit() -> None:
    assert Mender(SOUND[:3], 5, Dialect(",")).mend("AB-1001,Chair,10.502024-01-01,") is None


def test_so_much_damage_that_trying_would_take_long_is_no_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mend, "MAX_TRIES", 1)
    mender = Mender(SOUND, 5, Dialect(","))

    assert mender.mend("AB-1001,Chair,10.502024-01-01,") is not None
    assert mender.mend("AB-1001,Chair,10.502024-01-01,") is None


def test_a_mended_row_keeps_its_line_and_raw_text(write: Write) -> None:
    lines = [*ROWS[:20], "AB-1020,Chair,30.502024-01-21,", *ROWS[21:]]

    found = reading(write("a.csv", HEADER + "\n".join(lines) + "\n"))

    assert found.broken == []
    assert (found.rows[20], found.lines[20]) == (("AB-1020", "Chair", "30.50", "2024-01-21", None), 22)
    assert found.raw[20] == "AB-1020,Chair,30.502024-01-21,"


def test_a_quote_that_swallows_lines_is_read_as_text(write: Write) -> None:
    lines = [*ROWS[:20], '"AB-1020,"Chair",30.50,2024-01-21,', *ROWS[21:]]

    found = reading(write("a.csv", HEADER + "\n".join(lines) + "\n"))

    assert found.broken == []
    assert found.rows[20][0] == '"AB-1020'
    assert len(found.rows) == 40


def test_a_cell_that_goes_on_below_is_no_row(write: Write) -> None:
    lines = [*ROWS[:20], 'AB-1020,Chair,30.50,2024-01-21,"a note', 'over "two lines"', *ROWS[21:]]

    found = reading(write("a.csv", HEADER + "\n".join(lines) + "\n"))

    assert found.faults == [(22, "bad_quoting"), (23, "too_few_cells")]
    assert len(found.rows) == 39


def test_a_last_line_that_was_cut_off_is_no_row(write: Write) -> None:
    found = reading(write("a.csv", HEADER + "\n".join(ROWS) + "\nAB-1040,Chair,30.50,2024-01-2"))

    assert found.faults == [(42, "footer")]
    assert len(found.rows) == 40
