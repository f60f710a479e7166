from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import splitting, text
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading

SEMICOLONS = FileFormat(kind="csv", encoding="utf-8", delimiter=";", quote='"', header_row=1)


def test_rows_that_are_too_long_or_too_short_are_kept_aside_verbatim(write: Write) -> None:
    found = reading(write("a.csv", "a;b;c\n1;2;3\n4;5\n6;7;8;9\n10;11;\n"), SEMICOLONS)

    assert found.rows == [("1", "2", "3"), ("10", "11", None)]
    assert [(b.row_number, b.line, b.code, b.raw) for b in found.broken] == [
        (2, 3, "too_few_cells", "4;5"),
        (3, 4, "too_many_cells", "6;7;8;9"),
    ]
    assert found.broken[0].message == "line 3 has 2 cells, not 3"
    assert found.numbers == [1, 4]


def test_blank_lines_are_no_records_but_count_as_lines(write: Write) -> None:
    found = reading(write("a.csv", "a;b\n\n1;2\n   \n\n3;4\n\n"), SEMICOLONS)

    assert found.rows == [("1", "2"), ("3", "4")]
    assert found.lines == [3, 6]
    assert found.numbers == [1, 2]


def test_a_row_of_empty_cells_is_a_record(write: Write) -> None:
    assert reading(write("a.csv", "a;b\n;\n1;2\n"), SEMICOLONS).rows == [(None, None), ("1", "2")]


def test_a_quoted_line_break_stays_in_its_cell_and_lines_are_counted(write: Write) -> None:
    found = reading(write("a.csv", 'a;b\r\n1;"x\r\ny"\r\n2;z\r\n'), SEMICOLONS)

    assert found.rows == [("1", "x\r\ny"), ("2", "z")]
    assert found.lines == [2, 4]
    assert found.raw == ['1;"x\r\ny"', "2;z"]


def test_a_quote_that_is_never_closed_costs_its_own_line_alone(write: Write) -> None:
    found = reading(write("a.csv", 'a;b\n1;"open\n2;x\n3;y\n'), SEMICOLONS)

    assert found.rows == [("2", "x"), ("3", "y")]
    assert [(b.line, b.code, b.raw) for b in found.broken] == [(2, "bad_quoting", '1;"open')]


def test_a_stray_quote_does_not_swallow_the_rows_behind_it(write: Write) -> None:
    lines = ["a;b", '1;"open', *(f"{i};x" for i in range(2, 50)), '50;"closed"', "51;y"]

    found = reading(write("a.csv", "\n".join(lines) + "\n"), SEMICOLONS)

    assert found.faults == []
    assert found.rows[0] == ("1", '"open')
    assert found.rows[-2:] == [("50", "closed"), ("51", "y")]


def test_a_quote_that_was_not_doubled_is_part_of_its_cell(write: Write) -> None:
    found = reading(write("a.csv", 'a;b\n1;"5" pipe"\n"2";"a "very" good; one"\n'), SEMICOLONS)

    assert found.rows == [("1", '5" pipe'), ("2", 'a "very" good; one')]
    assert found.broken == []


def test_a_quote_that_leaves_too_few_cells_breaks_the_row(write: Write) -> None:
    found = reading(write("a.csv", 'a;b;c\n"1;2;"x" y\n3;4;5\n'), SEMICOLONS)

    assert found.rows == [("3", "4", "5")]
    assert found.faults == [(2, "bad_quoting")]


def test_nul_characters_break_their_row(write: Write) -> None:
    found = reading(write("a.csv", "a;b\n1;\0\n2;x\n"), SEMICOLONS)

    assert found.rows == [("2", "x")]
    assert [(b.line, b.code, b.raw) for b in found.broken] == [(2, "nul_byte", "1;\0")]


def test_rubbish_can_be_stored_as_text(write: Write) -> None:
    found = reading(write("a.csv", b'a;b\n1;\0\x80\n2;\xff"\n"\xff\n3;x\n'), SEMICOLONS)

    assert found.rows == [("3", "x")]
    assert [b.raw for b in found.broken] == ["1;\0\\x80", '2;\\xff"', '"\\xff']


def test_a_lone_carriage_return_inside_a_row_breaks_it(write: Write) -> None:
    found = reading(write("a.csv", "a;b\n1;x\ry\n2;z\n"), SEMICOLONS)

    assert found.faults == [(2, "stray_line_break")]
    assert found.rows == [("2", "z")]


def test_mixed_line_ends_are_all_line_ends(write: Write) -> None:
    assert reading(write("a.csv", "a;b\r\n1;2\n3;4\r\n5;6"), SEMICOLONS).rows == [("1", "2"), ("3", "4"), ("5", "6")]


def test_batches_go_on_counting(write: Write) -> None:
    path = write("a.csv", "a;b\n" + "".join(f"{i};x\n" for i in range(1, 11)))

    found = reading(path, SEMICOLONS, batch_rows=3)

    assert found.numbers == list(range(1, 11))
    assert found.lines == list(range(2, 12))
    assert [row[0] for row in found.rows] == [str(i) for i in range(1, 11)]


def test_a_header_that_is_no_record_is_refused(write: Write) -> None:
    with pytest.raises(FeedUnreadable, match="its header cannot be read"):
        reading(write("a.csv", 'a;"b\n1;2\n'), SEMICOLONS)


def test_a_file_that_lost_its_header_line_is_refused(write: Write) -> None:
    with pytest.raises(FeedUnreadable, match="holds no rows"):
        reading(write("a.csv", "a;b\n1;2\n"), SEMICOLONS.model_copy(update={"header_row": 9}))


def test_a_line_without_end_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_LINE", 1000)

    with pytest.raises(FeedUnreadable, match="line 3 is longer than 1,000 characters"):
        reading(write("a.csv", "a;b\n1;2\n" + "x" * 2000 + ";3\n"), SEMICOLONS)


def test_a_table_of_absurd_width_is_refused(write: Write) -> None:
    with pytest.raises(FeedUnreadable, match="has 3,000 columns"):
        reading(write("a.csv", ";".join(f"c{i}" for i in range(3000)) + "\n"), SEMICOLONS)


def test_long_cells_are_no_fault(write: Write) -> None:
    cell = "x" * 500_000

    assert reading(write("a.csv", f'a;b\n1;"{cell}"\n'), SEMICOLONS).rows == [("1", cell)]


def test_a_quote_that_stays_open_too_long_was_never_meant(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "MAX_RECORD_LINES", 10)
    lines = ["a;b", '1;"open', *(f"{i};x" for i in range(2, 40)), '40;y"']

    found = reading(write("a.csv", "\n".join(lines) + "\n"), SEMICOLONS)

    assert found.rows[:2] == [("1", '"open'), ("2", "x")]
    assert len(found.rows) == 40
    assert found.faults == []
