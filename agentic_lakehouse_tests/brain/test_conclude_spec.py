"""A spec is a model's opinion beside facts; what the facts refute is said in exact words."""

from __future__ import annotations

import pytest

from agentic_lakehouse.brain.feed_specs import feed_spec
from agentic_lakehouse.brain.proposals import FeedProposal
from agentic_lakehouse.brain.unfit import Unfit
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.profile import TypeEvidence

FEED = Feed("acme", "prices")
DECIMAL = TypeEvidence(type="decimal", format="1.234,56", matches=10, max_scale=2, max_digits=2)


def faults(answer: dict[str, object], about) -> tuple[str, ...]:
    with pytest.raises(Unfit) as caught:
        feed_spec(FeedProposal.model_validate(answer), about, FEED)
    return caught.value.errors


def spec(answer: dict[str, object], about):
    return feed_spec(FeedProposal.model_validate(answer), about, FEED)


def one(**claim: object) -> dict[str, object]:
    return {"columns": [{"source_name": "x", "type": "string", **claim}]}


def test_the_format_comes_from_the_file_and_keys_become_bronze_names(prices, good) -> None:
    made = spec(good, prices)

    assert made.format == prices.format
    assert (made.vendor_name, made.table_name) == ("acme", "prices")
    assert made.primary_key == ("artikel",)


def test_columns_missing_unknown_or_doubled_are_all_named(prices) -> None:
    answer = {
        "columns": [{"source_name": "Artikel", "type": "string"}] * 2 + [{"source_name": "Prise", "type": "string"}]
    }

    assert faults(answer, prices) == (
        "columns: ['Preis'] stand in the file and are not described.",
        "columns: ['Prise'] are not in the file; copy source_name exactly.",
        "columns: ['Artikel'] are described more than once.",
    )


def test_a_type_that_too_few_values_fit_is_refused_with_the_count(column, profile) -> None:
    about = profile(column("x", evidence=(DECIMAL.model_copy(update={"matches": 9}),)))

    [fault] = faults(one(type="decimal"), about)

    assert "only 9 of 10 values are decimal" in fault


def test_values_set_aside_as_null_do_not_count_against_a_type(column, profile) -> None:
    values = {"1,5": 3, "2,5": 6, "auf Anfrage": 1}
    about = profile(column("x", values=values, evidence=(DECIMAL.model_copy(update={"matches": 9}),)))

    made = spec(one(type="decimal", null_tokens=["auf Anfrage"]), about)

    assert made.columns[0].type == "decimal"
    assert made.columns[0].null_tokens == ("auf Anfrage",)


@pytest.mark.parametrize(("kind", "token"), [("string", "M"), ("decimal", "0,00")])
def test_values_cannot_be_claimed_away_as_null(column, profile, kind, token) -> None:
    about = profile(column("x", values={token: 5, "1,5": 5}, evidence=(DECIMAL,)))

    [fault] = faults(one(type=kind, null_tokens=[token]), about)

    assert "null_tokens" in fault


def test_a_format_that_does_not_read_the_values_is_refused_with_those_that_do(column, profile) -> None:
    about = profile(column("x", evidence=(DECIMAL, DECIMAL.model_copy(update={"format": "1,234.56"}))))

    [fault] = faults(one(type="decimal", format="1'234.56"), about)

    assert "these do: ['1,234.56', '1.234,56']" in fault


def test_where_only_one_format_reads_the_values_a_wrong_one_is_not_worth_a_call(column, profile) -> None:
    about = profile(column("x", evidence=(DECIMAL,)))

    assert spec(one(type="decimal", format="1,234.56"), about).columns[0].format == "1.234,56"


def test_where_one_format_reads_more_than_the_others_a_wrong_one_is_not_worth_a_call(column, profile) -> None:
    values = {f"{n},5": 1 for n in range(100)}
    most = DECIMAL.model_copy(update={"matches": 100})
    about = profile(
        column(
            "x", rows=100, values=values, evidence=(most.model_copy(update={"format": "1234,56", "matches": 98}), most)
        )
    )

    assert spec(one(type="decimal", format="1,234.56"), about).columns[0].format == "1.234,56"
    assert spec(one(type="decimal", format="1234,56"), about).columns[0].format == "1234,56"


def test_formats_that_read_the_same_numbers_are_one(column, profile) -> None:
    about = profile(column("x", evidence=(DECIMAL, DECIMAL.model_copy(update={"format": "1234,56"}))))

    assert spec(one(type="decimal", format="1,234.56"), about).columns[0].format == "1.234,56"


@pytest.mark.parametrize(
    ("header", "semantics", "unit", "kept"),
    [
        ("Gewicht [g]", {}, "g", "g"),
        ("Weight in kilograms", {}, "kg", "kg"),
        ("Gewicht", {"unit:g": 10}, "g", "g"),
        ("Preis", {}, "g", None),
        ("Datum", {}, "Datum der Geburt", None),
        ("x", {}, "", None),
    ],
)
def test_a_unit_is_kept_where_header_or_cells_name_it(column, profile, header, semantics, unit, kept) -> None:
    about = profile(column(header, semantics=semantics))

    answer = {"columns": [{"source_name": header, "type": "string", "unit": unit}]}

    assert spec(answer, about).columns[0].unit == kept


def test_a_format_left_out_is_taken_from_the_file(column, profile) -> None:
    about = profile(column("x", evidence=(DECIMAL,)))

    assert spec(one(type="decimal"), about).columns[0].format == "1.234,56"


def test_a_number_may_not_lose_leading_zeros(column, profile) -> None:
    integer = TypeEvidence(type="integer", matches=10, max_digits=5)
    about = profile(column("x", evidence=(integer,), semantics={"leading_zero": 1}))

    assert "leading zeros" in faults(one(type="integer"), about)[0]


def test_digits_beyond_64_bits_are_no_integer(column, profile) -> None:
    about = profile(column("x", evidence=(TypeEvidence(type="integer", matches=10, max_digits=20),)))

    assert "20 digits" in faults(one(type="integer"), about)[0]


def test_decimals_are_wide_enough_for_what_was_seen(column, profile) -> None:
    wide = TypeEvidence(type="decimal", format="1234.56", matches=10, max_scale=6, max_digits=15)

    [made] = spec(one(type="decimal"), profile(column("x", evidence=(wide,)))).columns

    assert (made.precision, made.scale) == (21, 6)


def test_an_empty_column_is_text_whatever_is_claimed(column, profile) -> None:
    assert spec(one(type="decimal"), profile(column("x", values={}))).columns[0].type == "string"


def test_a_column_with_gaps_is_nullable_whatever_is_claimed(column, profile) -> None:
    about = profile(column("x", values={"a": 9}))

    assert spec(one(nullable=False), about).columns[0].nullable


def test_null_words_found_in_the_file_are_kept(column, profile) -> None:
    about = profile(column("x", values={"a": 9}, null_tokens=("n/a",)))

    assert spec(one(), about).columns[0].null_tokens == ("n/a",)


@pytest.mark.parametrize("key", ["primary_key", "partition_candidates"])
def test_a_key_of_a_column_that_does_not_exist_is_refused(column, profile, key) -> None:
    [fault] = faults({**one(), key: ["y"]}, profile(column("x")))

    assert "'y' is not a source column" in fault


def test_more_columns_than_needed_are_still_a_key(column, profile) -> None:
    about = profile(column("x"), column("y", 1), keys=(("x",),))
    answer = {"columns": [{"source_name": n, "type": "string"} for n in "xy"], "primary_key": ["x", "y"]}

    assert spec(answer, about).primary_key == ("x", "y")


def test_names_a_model_gives_are_made_safe(column, profile) -> None:
    about = profile(column("F1"), column("F2", 1))
    answer = {"columns": [{"source_name": n, "type": "string", "name": "Vendor Name; --"} for n in ("F1", "F2")]}

    assert [c.name for c in spec(answer, about).columns] == ["src_vendor_name", "src_vendor_name_2"]
