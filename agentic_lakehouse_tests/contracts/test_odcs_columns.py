from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn

Standards = Callable[..., ProductStandard]


def column(standard: ProductStandard, name: str) -> StandardColumn:
    found = standard.column(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("logicalType: string", ("string", "string")),
        ("logicalType: integer", ("long", "integer")),
        ("logicalType: number", ("decimal(38,10)", "number")),
        ("logicalType: boolean", ("boolean", "boolean")),
        ("logicalType: date", ("date", "date")),
        ("logicalType: timestamp", ("timestamp", "timestamp")),
        ("logicalType: object", ("string", "object")),
        ("physicalType: VARCHAR(20)", ("string", "string")),
        ("physicalType: int", ("long", "integer")),
        ("physicalType: long", ("long", "integer")),
        ("physicalType: 'NUMERIC(10,2)'", ("decimal(10,2)", "number")),
        ("physicalType: decimal(12)", ("decimal(12,0)", "number")),
        ("physicalType: DOUBLE PRECISION", ("double", "number")),
        ("physicalType: timestamp with time zone", ("timestamp", "timestamp")),
        ("physicalType: time", ("string", "time")),
        ("physicalType: date", ("date", "date")),
        ("{logicalType: integer, physicalType: NUMBER}", ("long", "integer")),
        ("{logicalType: string, physicalType: geo point}", ("string", "string")),
        ("{logicalType: string, physicalType: ARRAY<STRING>}", ("string", "string")),
        ("{logicalType: string, physicalType: uuid}", ("string", "string")),
    ],
)
def test_a_column_has_the_table_type_that_its_types_ask_for(
    standard_of: Standards, types: str, expected: tuple[str, str]
) -> None:
    found = column(standard_of(f"- {{name: x, {types.strip('{}')}}}"), "x")

    assert (found.physical_type, found.logical_type) == expected


def test_synonyms_are_read_by_language_in_their_order(standard_of: Standards) -> None:
    standard = standard_of("""
        - name: price
          logicalType: number
          customProperties:
          - property: synonyms
            value: {en: [price, cost, price], no: [pris]}
    """)

    assert column(standard, "price").synonyms == {"en": ("price", "cost"), "no": ("pris",)}


def test_value_synonyms_are_lists_or_lists_by_language(standard_of: Standards) -> None:
    standard = standard_of("""
        - name: active
          logicalType: string
          quality:
          - {type: library, metric: invalidValues, arguments: {validValues: [live, gone]}, mustBe: 0}
          customProperties:
          - property: valueSynonyms
            value: {live: {en: [yes, 1, true], de: [ja, yes]}, gone: [no, 0]}
    """)

    found = column(standard, "active")
    assert found.valid_values == ("live", "gone")
    assert found.value_synonyms == {"live": ("yes", "1", "true", "ja"), "gone": ("no", "0")}


def test_unit_fallback_and_transform_logic_are_exposed_as_written(standard_of: Standards) -> None:
    standard = standard_of("""
        - {name: weight, logicalType: number, customProperties: [{property: unit, value: kg}]}
        - {name: code, logicalType: string, customProperties: [{property: fallbackLogic, value: "COALESCE(key, 'x')"}]}
        - {name: label, logicalType: string, transformLogic: UPPER(code)}
    """)

    assert column(standard, "weight").unit == "kg"
    assert column(standard, "code").fallback_logic == "COALESCE(key, 'x')"
    assert column(standard, "label").transform_logic == "UPPER(code)"
    assert [c.name for c in standard.offered] == ["key", "weight", "code"]


def test_a_standard_without_slice_columns_gets_them(standard_of: Standards) -> None:
    standard = standard_of()

    assert standard.partition_columns == ("vendor_name", "source_table")
    assert column(standard, "vendor_name").transform_logic == "_vendor_name"
    assert column(standard, "source_table").transform_logic == "_source_table"


def test_columns_that_are_named_for_a_fact_of_the_run_are_filled_by_it(standard_of: Standards) -> None:
    standard = standard_of("""
        - {name: ingestion_date, logicalType: date, partitioned: true, partitionKeyPosition: 1}
        - {name: vendor_name, logicalType: string, partitioned: true, partitionKeyPosition: 2}
    """)

    assert column(standard, "ingestion_date").transform_logic == "_ingestion_date"
    assert column(standard, "vendor_name").transform_logic == "_vendor_name"
    assert standard.partition_columns == ("vendor_name", "source_table")


def test_a_primary_key_is_required_and_unique(standard_of: Standards) -> None:
    key = column(standard_of(), "key")

    assert (key.required, key.unique, key.primary_key) == (True, True, True)


def test_the_table_is_named_by_its_physical_name_or_by_its_domain(
    contract_file: Callable[..., Path], standard_of: Standards
) -> None:
    assert standard_of().name == "parts_core.part"

    path = contract_file()
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("- name: part\n", "- name: part\n  physicalName: depot.spare_part\n"), encoding="utf-8"
    )
    standard = load_standard(path)

    assert (standard.name, standard.core_namespace, standard.raw_namespace) == (
        "depot.spare_part",
        "depot",
        "parts_raw",
    )


def test_a_domain_in_plain_words_becomes_a_namespace(contract_file: Callable[..., Path]) -> None:
    path = contract_file()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("domain: parts", "domain: Spare Parts & Tools"), encoding="utf-8")

    assert load_standard(path).name == "spare_parts_tools_core.part"


def test_the_same_file_gives_the_same_identity(standard_of: Standards) -> None:
    assert standard_of().sha256 == standard_of().sha256


def test_another_synonym_gives_another_identity(standard_of: Standards) -> None:
    text = "- {{name: x, logicalType: string, customProperties: [{{property: synonyms, value: {{en: [{}]}}}}]}}"

    assert standard_of(text.format("a")).sha256 != standard_of(text.format("b")).sha256
