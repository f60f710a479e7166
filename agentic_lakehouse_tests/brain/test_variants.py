"""Variants of a product: what is filled down is a fact, and what tells them apart is their key."""

from __future__ import annotations

import pytest

from agentic_lakehouse.brain.feed_specs import feed_spec
from agentic_lakehouse.brain.proposals import FeedProposal
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FillDown
from agentic_lakehouse.pipeline.describe import claims_of

FEED = Feed("acme", "shop")


def shop(*, sku: bool) -> str:
    """Twelve products in three sizes, with a number each or with none."""
    rows = [
        f"p{p};{f'Shirt {p};Acme' if s == 'S' else ';'};{s};{f'A-{p}{s}' if sku else ''};{p + 5}.50"
        for p in range(12)
        for s in "SML"
    ]
    return "\n".join(["handle;title;vendor;size;sku;price", *rows]) + "\n"


@pytest.fixture
def about(measure):
    return lambda *, sku: measure(shop(sku=sku))


def claimed(about, **nullable: bool) -> FeedProposal:
    return FeedProposal.model_validate(
        {
            "columns": [
                {"source_name": name, "type": "string", "nullable": nullable.get(name, True)}
                for name in about.source_names
            ]
        }
    )


def test_what_was_measured_is_in_the_spec_whatever_a_model_says(about) -> None:
    spec = feed_spec(claimed(about(sku=True)), about(sku=True), FEED)

    assert spec.fill_down == FillDown(group="handle", columns=("title", "vendor"))


def test_never_null_is_claimed_of_what_stands_there_once_it_is_filled_down(about) -> None:
    measured = about(sku=False)

    spec = feed_spec(claimed(measured, title=False, sku=False), measured, FEED)

    assert {c.source_name: c.nullable for c in spec.columns} | {"title": False, "sku": True} == {
        "handle": True, "title": False, "vendor": True, "size": True, "sku": True, "price": True,
    }  # fmt: skip
    assert claims_of(measured)(spec) == []
    unfilled = spec.model_copy(update={"fill_down": None})
    assert claims_of(measured)(unfilled) == ["column 'title' is claimed never null, but 24 cells are"]


def test_a_number_of_its_own_is_a_variants_key(about, spec_of) -> None:
    assert spec_of(about(sku=True)).primary_key == ("sku",)


def test_without_one_the_group_and_what_differs_within_it_are_the_key(about, spec_of, mapping_of, product) -> None:
    measured = about(sku=False)

    made = {line.target: line for line in mapping_of(measured, product).columns}

    assert spec_of(measured).primary_key == ("handle", "size")
    assert made["source_product_id"].sources == ("handle", "size")
    assert made["source_product_id"].expression == 'concat_ws(\'/\', "handle", "size")'
    assert (made["title"].sources, made["size"].sources) == (("title",), ("size",))


def test_a_key_of_several_columns_is_joined_only_for_variants(measure, mapping_of, product) -> None:
    rows = [f"p{p};Shirt {p};{size};{p + 5}.50" for p in range(12) for size in "SML"]
    measured = measure("\n".join(["model code;title;size;price", *rows]) + "\n")

    made = {line.target: line.sources for line in mapping_of(measured, product).columns}

    assert measured.unique_keys[0] == ("model code", "size")
    assert len(made.get("source_product_id", ("one",))) == 1
