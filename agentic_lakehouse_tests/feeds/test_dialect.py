from __future__ import annotations

import random

import pytest

from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "#", "~", "^", "\x01", "¦"])
def test_any_usual_delimiter_is_found(write: Write, delimiter: str) -> None:
    rows = [["id", "Bezeichnung", "Preis"], ["1", "Stuhl (rot)", "12.50"], ["2", "Tisch & Lampe", "3.00"]]
    path = write("a.csv", "".join(delimiter.join(row) + "\n" for row in rows))

    assert sniffed(path).delimiter == delimiter
    assert reading(path).rows == [tuple(row) for row in rows[1:]]


def test_decimal_commas_do_not_make_the_comma_a_delimiter(write: Write) -> None:
    rows = "".join(f"A{i};{i},50;2,{i:02d}\n" for i in range(50))

    assert sniffed(write("a.csv", rows)).delimiter == ";"


def test_apostrophes_in_a_piped_file_are_no_quotes(write: Write) -> None:
    lines = [f"{i}|Stand 2-1/2' Woofer|'Tis {i}' high|9.99" for i in range(200)]
    path = write("a.csv", "id|name|text|price\n" + "\n".join(lines) + "\n")

    assert sniffed(path).quote == '"'
    assert reading(path).rows[3] == ("3", "Stand 2-1/2' Woofer", "'Tis 3' high", "9.99")
    assert reading(path).broken == []


def test_inch_signs_at_the_edge_of_cells_are_no_quotes(write: Write) -> None:
    rows = "".join(f'{i};"flat screen;24" wide\n' for i in range(30))
    path = write("a.csv", "id;name;size\n" + rows)

    assert sniffed(path).quote is None
    assert reading(path).rows[0] == ("0", '"flat screen', '24" wide')


def test_single_quotes_are_seen_where_they_hold_delimiters(write: Write) -> None:
    rows = "".join(f"{i},'Chair, red','5,0'\n" for i in range(30))
    path = write("a.csv", "id,name,price\n" + rows)

    assert sniffed(path).quote == "'"
    assert reading(path).rows[2] == ("2", "Chair, red", "5,0")


def test_single_quotes_are_seen_where_they_are_a_habit(write: Write) -> None:
    rows = "".join(f"'{i}';'Chair'\n" for i in range(30))

    assert reading(write("a.csv", "'id';'name'\n" + rows)).rows[1] == ("1", "Chair")


def test_a_backslash_escape_is_seen(write: Write) -> None:
    rows = "".join(f'{i},"Table, 48\\"","round"\n' for i in range(20))
    path = write("a.csv", "id,name,shape\n" + rows)

    assert sniffed(path).escape == "\\"
    assert reading(path).rows[0] == ("0", 'Table, 48"', "round")


def test_a_space_behind_every_delimiter_belongs_to_it(write: Write) -> None:
    rows = "".join(f'{i}, "Chair, red", 5.00\n' for i in range(20))
    path = write("a.csv", "id, name, price\n" + rows)

    assert sniffed(path).delimiter == ", "
    assert reading(path).names == ("id", "name", "price")
    assert reading(path).rows[0] == ("0", "Chair, red", "5.00")


def test_one_column_needs_no_delimiter(write: Write) -> None:
    path = write("a.csv", "ean\n4006381333931\n4006381333948\n")

    assert reading(path).names == ("ean",)
    assert reading(path).rows == [("4006381333931",), ("4006381333948",)]


def test_one_column_of_prose_with_commas_stays_one_column(write: Write) -> None:
    texts = ["Good, cheap and round", "Red", "Very, very, very, long", "Nice", "Plain one", "Two, three", "Blue"]
    path = write("a.csv", "text\n" + "\n".join(texts * 5) + "\n")

    assert sniffed(path).delimiter is None
    assert reading(path).rows[0] == ("Good, cheap and round",)


def test_a_line_may_end_in_a_lone_carriage_return(write: Write) -> None:
    path = write("a.csv", b"a;b\r1;2\r3;4\r")

    assert reading(path).rows == [("1", "2"), ("3", "4")]
    assert reading(path).lines == [2, 3]


def test_a_dialect_that_fits_only_the_start_of_a_big_file_loses(write: Write) -> None:
    """The first 128 kB hold two commas a line; commas stop there, semicolons do not."""
    chance = random.Random(1)
    start = [f"{i};part, blue, {chance.randint(0, 9)}" for i in range(9_000)]
    rest = [f"{i};part {chance.randint(0, 9)}" for i in range(30_000)]
    path = write("a.csv", "\n".join(["id, a, b;name", *start, *rest]) + "\n")

    assert sniffed(path).delimiter == ";"


@pytest.mark.parametrize("delimiter", ["||", "~~", "::", ";;", "|~|", "^|^", " | ", " ; "])
def test_a_delimiter_may_be_several_characters(write: Write, delimiter: str) -> None:
    rows = [(f"A{i}", f"Chair; no. {i}", "", f"{i},50", "https://a.example/x|y") for i in range(20)]
    text = "".join(delimiter.join(row) + "\n" for row in [("id", "name", "note", "price", "link"), *rows])

    path = write(
        "a.csv", text.replace("Chair; no", '"Chair; no').replace(f"{delimiter}{delimiter}", f'"{delimiter * 2}')
    )

    assert sniffed(path).delimiter == delimiter
    assert reading(path).rows == [tuple(cell or None for cell in row) for row in rows]


def test_a_column_that_is_always_empty_makes_no_longer_delimiter(write: Write) -> None:
    path = write("a.csv", "id;name;note;price\n" + "".join(f"{i};Chair {i};;{i}.50\n" for i in range(20)))

    assert sniffed(path).delimiter == ";"


def test_signs_in_front_of_numbers_are_no_part_of_the_delimiter(write: Write) -> None:
    path = write("a.csv", "id;low;high\n" + "".join(f"-{i};-{i + 1};-{i + 2}\n" for i in range(20)))

    assert sniffed(path).delimiter == ";"


def test_a_colon_divides_where_nothing_else_does_always(write: Write) -> None:
    path = write("a.csv", "id:name:price\n" + "".join(f'{i}:"Chair, {"red, " * (i % 2)}x":{i},5\n' for i in range(20)))

    assert sniffed(path).delimiter == ":"


def test_a_backslash_before_a_letter_is_no_escape(write: Write) -> None:
    rows = "".join(f'{i},"C:\\new, 48\\" wide","a\\\\b"\n' for i in range(20))

    assert reading(write("a.csv", "id,path,note\n" + rows)).rows[0] == ("0", 'C:\\new, 48" wide', "a\\b")


def test_line_ends_may_be_of_three_kinds_in_one_file(write: Write) -> None:
    ends = ["\r", "\n", "\r\n"]
    path = write("a.csv", b"id;name\n" + "".join(f"{i};Chair {i}{ends[i % 3]}" for i in range(30)).encode())

    assert reading(path).rows == [(str(i), f"Chair {i}") for i in range(30)]


def test_a_few_lone_carriage_returns_end_whole_rows_too(write: Write) -> None:
    rows = "".join(f"{i};Chair {i}\n" for i in range(200))
    found = reading(write("a.csv", b"id;name\n" + rows.replace("7;Chair 7\n", "7;Chair 7\r", 1).encode()))

    assert len(found.rows) == 200
    assert found.broken == []
