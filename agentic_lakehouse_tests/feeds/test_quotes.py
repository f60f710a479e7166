from __future__ import annotations

import pytest

from agentic_lakehouse.feeds.quotes import readings
from agentic_lakehouse.feeds.splitting import Dialect

SEMICOLONS = Dialect(";")


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1;"a "b" c"', ("1", 'a "b" c')),
        ('"";x', ("", "x")),
        ('"a""b";x', ('a"b', "x")),
        ('"a;b";"c"', ("a;b", "c")),
        ('a"b;c', ('a"b', "c")),
        ('"a""";x', ('a"', "x")),
        ('""a;b";c', ('"a;b', "c")),
    ],
)
def test_a_quote_that_opens_a_cell_closes_it_at_an_edge(line: str, cells: tuple[str, ...]) -> None:
    assert [r.cells for r in readings(line, SEMICOLONS, most=2, closed=True)[2]] == [cells]


def test_a_quote_that_never_closes_is_text_where_that_is_allowed() -> None:
    assert readings('1;"open', SEMICOLONS, most=2, closed=True) == {}
    assert readings('1;"open', SEMICOLONS, most=2)[2] == [(1, ("1", '"open'))]


def test_the_least_strange_reading_of_each_width_is_returned() -> None:
    found = readings('"a;b;"c;d"', SEMICOLONS, most=4)

    assert found[3] == [(1, ('"a', "b", "c;d"))]
    assert found[1] == [(1, ('a;b;"c;d',))]


def test_escaped_quotes_and_delimiters_are_text() -> None:
    backslashes = Dialect(";", escape="\\")

    assert readings(r'"a\";b";c\;d;C:\new', backslashes, most=3)[3] == [(0, ('a";b', "c;d", r"C:\new"))]


def test_a_line_of_absurdly_many_pieces_is_not_read() -> None:
    assert readings(";" * 5_000, SEMICOLONS, most=9_000) == {}
