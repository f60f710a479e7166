from __future__ import annotations

import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.names import unique_names
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed

ROWS = "".join(f"A-{i:03d};Stuhl {i};{i},50;{i % 28 + 1:02d}.03.2024\n" for i in range(20))
HEADER = "Nr;Name;Preis;Datum\n"


def test_a_header_in_the_first_line_is_found(write: Write) -> None:
    assert sniffed(write("a.csv", HEADER + ROWS)).header_row == 1


@pytest.mark.parametrize(
    "title",
    [
        "Preisliste 2024\n\n",
        "Preisliste 2024;;;\n;;;\n",
        "# created 2024-01-31 by ERP\n# confidential; do not share\n",
        "Firma GmbH\nMusterstr. 1\nStand: 01.01.2024\n\n\n",
    ],
)
def test_titles_and_notes_above_the_header_are_passed_over(write: Write, title: str) -> None:
    path = write("a.csv", title + HEADER + ROWS)

    assert sniffed(path).header_row == title.count("\n") + 1
    found = reading(path)
    assert found.names == ("Nr", "Name", "Preis", "Datum")
    assert found.lines[0] == title.count("\n") + 2
    assert len(found.rows) == 20
    assert found.broken == []


def test_a_file_without_header_has_numbered_columns(write: Write) -> None:
    path = write("a.csv", ROWS)

    assert sniffed(path).header_row is None
    assert reading(path).names == ("#1", "#2", "#3", "#4")
    assert len(reading(path).rows) == 20


def test_a_file_without_header_is_as_wide_as_most_rows(write: Write) -> None:
    path = write("a.csv", "A-900;kaputt\n" + ROWS)

    assert reading(path).names == ("#1", "#2", "#3", "#4")
    assert reading(path).faults == [(1, "too_few_cells")]


def test_a_header_of_words_above_words_is_a_header(write: Write) -> None:
    assert sniffed(write("a.csv", "name,city\nAnna,Berlin\nBob,Hamburg\n")).header_row == 1


def test_a_header_alone_is_a_table_without_rows(write: Write) -> None:
    path = write("a.csv", HEADER)

    assert reading(path).names == ("Nr", "Name", "Preis", "Datum")
    assert reading(path).rows == []


def test_one_line_of_data_has_no_header(write: Write) -> None:
    assert sniffed(write("a.csv", "4006381333931;Stuhl;12,50\n")).header_row is None


def test_a_header_over_line_breaks_is_one_record(write: Write) -> None:
    path = write("a.csv", 'Nr;"Preis\n(netto)"\n1;2,50\n2;3,50\n')

    assert reading(path).names == ("Nr", "Preis\n(netto)")
    assert reading(path).lines == [3, 4]


def test_repeated_headers_get_their_count(write: Write) -> None:
    path = write("a.csv", "Nr;Preis;Preis;Preis\n1;2,50;3,00;4,00\n2;2,50;3,00;4,00\n")

    assert reading(path).names == ("Nr", "Preis", "Preis#2", "Preis#3")
    assert reading(path).rows[0] == ("1", "2,50", "3,00", "4,00")


def test_empty_headers_get_their_position(write: Write) -> None:
    path = write("a.csv", ";Name; ;Farbe;Preis\n0;Stuhl;x;rot;2,50\n1;Tisch;y;blau;3,50\n")

    assert reading(path).names == ("#1", "Name", "#3", "Farbe", "Preis")


def test_made_up_names_never_meet_the_vendors_own() -> None:
    assert unique_names(["a", "a#2", "a", "a", None, "#5"]) == ("a", "a#2", "a#3", "a#4", "#5", "#5#2")


def test_a_repeated_header_line_is_no_row(write: Write) -> None:
    found = reading(write("a.csv", HEADER + ROWS + HEADER + ROWS))

    assert len(found.rows) == 40
    assert found.faults == [(22, "repeated_header")]


def test_units_below_the_names_belong_to_the_header(write: Write) -> None:
    path = write("a.csv", "Nr;Name;Preis;Datum\n;;EUR;TT.MM.JJJJ\n" + ROWS)

    assert (sniffed(path).header_row, sniffed(path).header_rows) == (1, 2)
    assert reading(path).names == ("Nr", "Name", "Preis EUR", "Datum TT.MM.JJJJ")
    assert len(reading(path).rows) == 20


def test_a_title_over_columns_is_part_of_each_of_their_names(write: Write) -> None:
    path = write("a.csv", "Liste 2024\nArtikel;;Wert;\nNr;Name;Preis;Datum\n" + ROWS)

    assert (sniffed(path).header_row, sniffed(path).header_rows) == (2, 2)
    assert reading(path).names == ("Artikel Nr", "Artikel Name", "Wert Preis", "Wert Datum")
    assert reading(path).lines[0] == 4


def test_a_row_with_a_word_among_its_numbers_is_no_header(write: Write) -> None:
    path = write("a.csv", "Nr;Name;Preis;Datum\nA-900;Stuhl;auf Anfrage;01.03.2024\n" + ROWS)

    assert sniffed(path).header_rows == 1
    assert len(reading(path).rows) == 21


def test_a_header_with_an_empty_title_too_many_is_as_wide_as_the_rows(write: Write) -> None:
    path = write("a.csv", "Nr;Name;;Preis;Datum\n" + ROWS)

    assert sniffed(path).header_row == 1
    assert reading(path).names == ("Nr", "Name", "Preis", "Datum")


def test_a_header_with_a_stray_quote_keeps_it(write: Write) -> None:
    path = write("a.csv", '"Nr;Name;"Preis";Datum\n' + ROWS)

    assert reading(path).names == ('"Nr', "Name", "Preis", "Datum")
    assert len(reading(path).rows) == 20


def test_a_header_that_lost_a_delimiter_names_nothing(write: Write) -> None:
    """Which of the titles ran into each other is not told by the rows."""
    found = reading(write("a.csv", "NrName;Preis;Datum\n" + ROWS))

    assert found.names == ("#1", "#2", "#3", "#4")
    assert found.faults == [(1, "too_few_cells")]


def test_header_lines_that_differ_in_width_are_refused(write: Write) -> None:
    path = write("a.csv", "Nr;Name\n" + ROWS)

    with pytest.raises(FeedUnreadable, match="not equally wide"):
        reading(path, sniffed(path).model_copy(update={"header_row": 1, "header_rows": 2}))
