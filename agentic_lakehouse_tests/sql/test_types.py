"""Names, literals and types as SQL writes them."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_lakehouse.errors import ContractInvalid
from agentic_lakehouse.sql.types import decimal_of, duckdb_type, literal, quote, quote_table, table_type


@pytest.mark.parametrize("word", ["string", "long", "double", "boolean", "date", "timestamp", "decimal(18,4)"])
def test_a_table_type_comes_back_from_duckdb(word: str, duck: duckdb.DuckDBPyConnection) -> None:
    row = duck.execute(f"SELECT typeof(CAST(NULL AS {duckdb_type(word)}))").fetchone()

    assert row is not None
    assert table_type(row[0]) == word


@pytest.mark.parametrize(
    "word", ["text", "LONG", "decimal", "decimal(39,2)", "decimal(4,5)", "decimal(0,0)", "", "enum"]
)
def test_an_unknown_type_is_named(word: str) -> None:
    with pytest.raises(ContractInvalid, match=re.escape(repr(word))) as refused:
        duckdb_type(word)

    assert refused.value.details["type"] == word


def test_a_type_without_a_table_type_is_none() -> None:
    assert table_type("INTEGER[]") is None
    assert table_type("INTERVAL") is None


def test_digits_of_a_decimal() -> None:
    assert decimal_of("decimal(18, 4)") == (18, 4)
    assert decimal_of("string") is None


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_any_text_is_quoted_so_that_it_comes_back(duck: duckdb.DuckDBPyConnection, text: str) -> None:
    row = duck.execute(f"SELECT {literal(text)} AS {quote('x' + text)}")

    assert row.description is not None
    assert row.description[0][0] == "x" + text
    assert row.fetchone() == (text,)


def test_both_parts_of_a_table_name_are_quoted() -> None:
    assert quote_table("core.my-product") == '"core"."my-product"'
    assert quote_table("slice") == '"slice"'
