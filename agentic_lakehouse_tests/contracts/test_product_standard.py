from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.standard import ProductStandard

REPOSITORY = Path(__file__).parents[2]
DRAFT = REPOSITORY / "../shared/data/standards/product_core.draft.odcs.yaml"


@pytest.fixture(scope="module")
def standard() -> ProductStandard:
    return load_standard(REPOSITORY / "data/contracts/product_core.odcs.yaml")


def test_it_is_version_3_2_1_of_the_product_table(standard: ProductStandard) -> None:
    assert standard.label == "product_core.product@3.2.1"
    assert (standard.raw_namespace, standard.core_namespace) == ("product_raw", "product_core")


def test_a_slice_is_a_vendors_feed_whatever_the_day(standard: ProductStandard) -> None:
    assert standard.partition_columns == ("vendor_name", "source_table")


def test_what_the_lake_derives_is_offered_to_no_model(standard: ProductStandard) -> None:
    derived = {column.name for column in standard.columns} - {column.name for column in standard.offered}

    assert derived == {"product_key", "vendor_name", "source_table", "ingestion_date"}
    assert standard.key == ("product_key",)


def test_every_offered_column_is_defined_and_named_in_six_languages(standard: ProductStandard) -> None:
    for column in standard.offered:
        assert column.definition, column.name
        assert set(column.synonyms) == {"en", "de", "fr", "es", "it", "nl"}, column.name
        assert all(len(column.synonyms[language]) >= 5 for language in ("en", "de", "fr")), column.name


def test_no_language_names_two_columns_by_one_word(standard: ProductStandard) -> None:
    seen: dict[tuple[str, str], str] = {}
    for column in standard.offered:
        for language, words in column.synonyms.items():
            for word in words:
                other = seen.setdefault((language, word.casefold()), column.name)
                assert other == column.name, f"{word!r} ({language}) names {other} and {column.name}"


def test_no_word_stands_for_two_values_of_a_column(standard: ProductStandard) -> None:
    for column in standard.columns:
        seen: dict[str, str] = {}
        for value, words in column.value_synonyms.items():
            for word in words:
                assert seen.setdefault(word.casefold(), value) == value, f"{column.name}: {word!r}"


def test_every_valid_value_has_words_in_several_languages(standard: ProductStandard) -> None:
    for name in ("availability", "condition", "status"):
        column = standard.column(name)
        assert column is not None
        assert set(column.value_synonyms) == set(column.valid_values)


def test_measures_say_their_unit(standard: ProductStandard) -> None:
    units = {column.name: column.unit for column in standard.columns if column.unit}

    assert units == {"weight_kg": "kg", "length_cm": "cm", "width_cm": "cm", "height_cm": "cm"}


def test_a_wrong_optional_number_does_not_unlist_a_product(standard: ProductStandard) -> None:
    costs = {rule.name: rule.on_breach for rule in standard.rules}

    assert costs["gtin_check_digit"] == costs["gtin_pattern"] == "null_cell"


def test_a_price_that_was_misread_is_not_published(standard: ProductStandard) -> None:
    costs = {rule.name: rule.on_breach for rule in standard.rules}

    for name in ("price_minimum", "sale_le_price", "sale_not_far_below_price", "price_near_cost"):
        assert costs[name] == "reject_row", name


def test_a_price_without_a_currency_only_counts(standard: ProductStandard) -> None:
    rule = next(rule for rule in standard.rules if rule.name == "currency_with_price")

    assert (rule.kind, rule.severity) == ("row_sql", "warning")


def test_a_missing_id_and_a_missing_currency_are_filled_from_what_is_known(standard: ProductStandard) -> None:
    fallbacks = {column.name: column.fallback_logic for column in standard.columns if column.fallback_logic}

    assert set(fallbacks) == {"source_product_id", "currency"}
    assert "_vendor_currency" in (fallbacks["currency"] or "")


@pytest.mark.skipif(not DRAFT.exists(), reason="the draft standard is not at hand")
def test_it_keeps_every_column_and_every_rule_of_the_draft(standard: ProductStandard) -> None:
    draft = load_standard(DRAFT)

    ours = {column.name: column.physical_type for column in standard.columns}
    assert ours == {column.name: column.physical_type for column in draft.columns}
    stated = {(rule.name, rule.kind, str(rule.argument), rule.severity) for rule in draft.rules}
    assert stated <= {(rule.name, rule.kind, str(rule.argument), rule.severity) for rule in standard.rules}


def test_the_file_is_plain_yaml_for_other_tools_too(standard: ProductStandard) -> None:
    text = (REPOSITORY / "data/contracts/product_core.odcs.yaml").read_text(encoding="utf-8")

    assert yaml.safe_load(text)["version"] == standard.version
