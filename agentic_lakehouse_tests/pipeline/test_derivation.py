"""What one slice decides alone, so that the audit of a feed reads no other feed's rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.standard import ProductStandard, Rule
from agentic_lakehouse.pipeline.derivation import is_decided_by_slice

ROOT = Path(__file__).parents[2]
UNIQUE = Rule(name="key_unique", kind="unique", column="product_key")


@pytest.fixture
def standard() -> ProductStandard:
    return load_standard(ROOT / "data" / "contracts" / "product_core.odcs.yaml")


def derived(standard: ProductStandard, logic: str | None) -> ProductStandard:
    """The standard with its key derived otherwise."""
    columns = [
        c.model_copy(update={"transform_logic": logic}) if c.name == "product_key" else c for c in standard.columns
    ]
    return standard.model_copy(update={"columns": tuple(columns)})


def test_a_surrogate_key_over_the_slices_facts_is_decided_by_it(standard: ProductStandard) -> None:
    assert is_decided_by_slice(UNIQUE, standard)


@pytest.mark.parametrize(
    "logic",
    [
        None,
        "surrogate_key(_vendor_name, source_product_id)",
        "CONCAT(_vendor_name, _source_table, source_product_id)",
        "LEFT(surrogate_key(_vendor_name, _source_table, sku), 4)",
        "surrogate_key(CONCAT(_vendor_name, _source_table), sku)",
    ],
)
def test_what_may_be_alike_in_two_slices_is_not(standard: ProductStandard, logic: str | None) -> None:
    assert not is_decided_by_slice(UNIQUE, derived(standard, logic))


def test_a_key_that_holds_the_slices_columns_is_decided_by_it(standard: ProductStandard) -> None:
    keys = {"vendor_name", "source_table", "source_product_id"}
    columns = [c.model_copy(update={"primary_key": c.name in keys}) for c in standard.columns]

    assert is_decided_by_slice(
        UNIQUE.model_copy(update={"column": None}), standard.model_copy(update={"columns": columns})
    )


@pytest.mark.parametrize(
    "rule",
    [
        Rule(name="gtin_unique", kind="unique", column="gtin"),
        Rule(name="few", kind="unique", column="product_key", compare="< 5"),
        Rule(name="rows", kind="row_count", compare="> 0"),
        Rule(name="sql", kind="table_sql", argument="SELECT COUNT(*) FROM {object}"),
    ],
)
def test_other_table_rules_are_not(standard: ProductStandard, rule: Rule) -> None:
    assert not is_decided_by_slice(rule, standard)
