"""A word list gives a value to the words that somebody said, and to no others; what it does not know is kept."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agentic_lakehouse.sql.compiler import compile_expression, compile_loss
from agentic_lakehouse.sql.guard import guard_expression
from agentic_lakehouse.sql.word_lists import WordList, is_word, key_of, says_values, word_list, words_sql

TYPES = {"x": "string", "y": "string", "n": "long", "ok": "boolean"}
VALUES = ("new", "used")


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ('"x"', '"x"'),
        ("value_map(x, 'Neu', 'new', 'weg', NULL)", "value_map(\"x\", 'Neu', 'new', 'weg', NULL)"),
        ("(value_map(x, 'b', 'used', 'A', 'new'))", "value_map(\"x\", 'A', 'new', 'b', 'used')"),
        ("CASE x WHEN 'a' THEN 'new' WHEN 'b' THEN 'used' END", "value_map(\"x\", 'a', 'new', 'b', 'used')"),
        ("CASE x WHEN 'a' THEN 'new' ELSE NULL END", "value_map(\"x\", 'a', 'new')"),
        ("first_item(x, ',')", "FIRST_ITEM(\"x\", ',')"),
        ("coalesce(x, y)", 'COALESCE("x", "y")'),
    ],
)
def test_what_says_word_by_word_what_is_meant_is_a_word_list(expression: str, told: str) -> None:
    found = word_list(expression, columns=TYPES, values=VALUES)

    assert found is not None
    assert found.sql == told


@pytest.mark.parametrize(
    "expression",
    [
        "CASE x WHEN 'a' THEN 'new' ELSE 'used' END",
        "coalesce(value_map(x, 'a', 'new'), 'used')",
        "CASE WHEN x LIKE 'a%' THEN 'new' END",
        "CASE WHEN n > 0 THEN 'new' ELSE 'used' END",
        "value_map(CASE WHEN x = 'a' THEN 'new' ELSE x END, 'b', 'used')",
        "upper(value_map(x, 'a', 'new'))",
    ],
)
def test_what_gives_values_to_words_that_nobody_named_is_none(expression: str) -> None:
    assert word_list(expression, columns=TYPES, values=VALUES) is None
    assert says_values(expression, columns=TYPES, values=VALUES)


def test_a_constant_is_no_word_list_and_asks_nobody() -> None:
    assert word_list("'new'", columns=TYPES, values=VALUES) is None
    assert not says_values("'new'", columns=TYPES, values=VALUES)


@pytest.mark.parametrize("text", ["", " a", "a\t", "a\nb", "a\x00", "\ud800", "x" * 81])
def test_what_a_person_could_not_read_or_answer_is_no_word(text: str) -> None:
    assert not is_word(text)


def test_only_so_many_words_fit() -> None:
    assert WordList('"x"', {f"word {n}": "new" for n in range(250)}).fits
    assert not WordList('"x"', {f"word {n}": "new" for n in range(301)}).fits
    assert not WordList('"x"', {f"{n} {'ß' * 60}": "new" for n in range(100)}).fits


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


words = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12).filter(is_word)


@settings(max_examples=60, deadline=None)
@given(pairs=st.dictionaries(words, st.sampled_from([*VALUES, None]), min_size=1, max_size=6), cell=words)
def test_no_word_is_given_a_value_that_nobody_said(
    duck: duckdb.DuckDBPyConnection, pairs: dict[str, str | None], cell: str
) -> None:
    assume(len({key_of(word) for word in pairs}) == len(pairs))
    listed = WordList('"x"', pairs)
    again = word_list(listed.sql, columns=TYPES, values=VALUES)
    assert again is not None
    assert again.pairs == pairs

    for word in (cell, *pairs):
        value = compile_expression(listed.sql, types=TYPES, target_type="string")
        lost = compile_loss(listed.sql, types=TYPES, target_type="string")
        seen = words_sql(WordList('"x"', {}), TYPES)
        row = duck.execute(f'SELECT {value}, {lost}, {seen} FROM (SELECT ? AS x) AS bronze("x")', [word]).fetchone()

        known = again.known
        if word in pairs:
            assert row == (pairs[word], None, word)
        elif key_of(word) not in known:
            assert row == (None, word, word)


def test_case_and_space_around_make_no_other_word(duck: duckdb.DuckDBPyConnection) -> None:
    value = compile_expression(WordList('"x"', {"Neu": "new"}).sql, types=TYPES, target_type="string")
    guard_expression(WordList('"x"', {"Neu": "new"}).sql, columns=TYPES)

    found = duck.execute(f"SELECT {value} FROM (VALUES ('neu'), (' NEU '), ('neu er')) AS bronze(\"x\")").fetchall()

    assert found == [("new",), ("new",), (None,)]
