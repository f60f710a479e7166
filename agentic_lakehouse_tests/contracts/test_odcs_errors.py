from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.errors import ContractInvalid

Standards = Callable[..., ProductStandard]
NUMBER = "- {name: x, logicalType: number}"


def custom(name: str, value: str) -> str:
    given = f"customProperties: [{{property: {name}, value: {value}}}]"
    return f"- {{name: x, logicalType: string, logicalTypeOptions: {{minLength: 1}}, {given}}}"


@pytest.mark.parametrize(
    ("properties", "complaint", "hint"),
    [
        ("- {name: x, requird: true, logicalType: string}", "properties\\[1\\].requird.*is unknown", "'required'"),
        ("- {name: x, logicalType: string, synonyms: [y]}", "'synonyms' is unknown", "customProperties"),
        ("- {name: x, logicalType: strng}", "'strng' is not one of", "'string'"),
        ("- {logicalType: string}", "'name' is a required property", "schema of ODCS"),
        ("- {name: x, logicalType: string, logicalTypeOptions: {minLen: 1}}", "'minLen' is unknown", "'minLength'"),
        ("- {name: x y, logicalType: string}", "cannot be called 'x y'", "letters, digits"),
        ("- {name: _x, logicalType: string}", "cannot be called '_x'", "begin with a letter"),
        ("- {name: KEY, logicalType: string}", "'KEY' stands twice", "in more than case"),
        ("- {name: x}", "the column has no type", "Set `logicalType`"),
        ("- {name: x, physicalType: blob of things}", "'blob of things' is unknown", "Set `logicalType`"),
        ("- {name: x, physicalType: 'decimal(50,2)'}", "physicalType: decimal\\(50,2\\) cannot be kept", "38 digits"),
        ("- {name: x, logicalType: string, logicalTypeOptions: {pattern: '('}}", "not a regular expression", ""),
        ("- {name: vendor_name, logicalType: string, transformLogic: brand}", "always holds `_vendor_name`", "own"),
        (custom("unit", "3"), "expected a text", ""),
        (custom("onbreach", "reject_row"), "'onbreach' is unknown", "'onBreach'"),
        (custom("synonyms", "[a]"), "by language", "en:"),
        (custom("synonyms", "{en: a}"), "expected a list of words", ""),
        (custom("onBreach", "nul_cell"), "'nul_cell' is not a cost", "'null_cell'"),
    ],
)
def test_a_column_that_cannot_be_read_is_named_with_its_line(
    standard_of: Standards, properties: str, complaint: str, hint: str
) -> None:
    with pytest.raises(ContractInvalid, match=complaint) as caught:
        standard_of(properties)

    assert caught.value.details["line"] == 11
    assert hint in (caught.value.hint or "")
    assert "part.odcs.yaml, line 11, at schema[0].properties[1]" in caught.value.message


@pytest.mark.parametrize(
    ("check", "complaint", "hint"),
    [
        ("metric: nulValues, mustBe: 0", "'nulValues' is not one of", "'nullValues'"),
        ("metric: rowCount", "exactly one of mustBe, mustNotBe", ""),
        ("metric: rowCount, mustBe: many", "'many' is not a number", ""),
        ("metric: nullValues, mustBe: 0", "is not about a column", "under its property"),
        ("metric: duplicateValues, mustBe: 0", "names no column", "arguments.properties"),
        ("metric: duplicateValues, arguments: {properties: [key, y]}, mustBe: 0", "names 'y', which is no column", ""),
        ("type: custom, implementation: x > 1", "'engine' is a required property", ""),
        ("type: custom, engine: agentic_lakehous, implementation: x > 1", "is unknown", "'agentic_lakehouse'"),
        ("type: custom, engine: agentic_lakehouse, implementation: keys > 1", "names 'keys'", "'key'"),
        ("type: custom, engine: agentic_lakehouse, implementation: 'f((x'", "this is not SQL: Expecting \\)", "DuckDB"),
        ("type: custom, engine: agentic_lakehouse, implementation: {a: 1}", "not an expression", "boolean"),
        ("type: sql, query: 'SELECT COUNT(*) FROM other WHERE x > 1', mustBe: 0", "reads 'other'", "`{object}` alone"),
        ("type: sql, query: 'DELETE FROM {object}', mustBe: 0", "not a SELECT", "one number"),
        ("type: sql, query: 'SELECT FROM WHERE', mustBe: 0", "this is not SQL", "DuckDB"),
        ("query: SELECT 1, mustBe: 0", "the key 'mustBe' is unknown", "says `type: sql`"),
        ("type: sql, mustBe: 0", "'query' is a required property", ""),
        ("metric: rowCount, mustBe: 1, customProperties: [{property: onBreach, value: null_cell}]", "cannot cost", ""),
    ],
)
def test_a_check_that_cannot_be_read_is_named_with_its_line(
    standard_of: Standards, check: str, complaint: str, hint: str
) -> None:
    with pytest.raises(ContractInvalid, match=complaint) as caught:
        standard_of(NUMBER, f"- {{name: q, {check}}}")

    assert caught.value.details["line"] == 13
    assert hint in (caught.value.hint or "")


def test_a_required_cell_cannot_be_emptied(standard_of: Standards) -> None:
    with pytest.raises(ContractInvalid, match="'x', which is required: no cell can be emptied"):
        standard_of("""
            - name: x
              logicalType: number
              required: true
              logicalTypeOptions: {minimum: 0}
              customProperties: [{property: onBreach, value: null_cell}]
        """)


def test_a_rule_over_two_columns_has_no_cell_to_empty(standard_of: Standards) -> None:
    with pytest.raises(ContractInvalid, match="is about no one column"):
        standard_of(
            NUMBER,
            """
            - name: q
              type: sql
              query: SELECT COUNT(*) FROM {object} WHERE x > LENGTH(key)
              mustBe: 0
              customProperties: [{property: onBreach, value: null_cell}]
            """,
        )


def test_words_for_a_value_that_is_not_valid_are_refused(standard_of: Standards) -> None:
    with pytest.raises(ContractInvalid, match="'instock' is not a valid value") as caught:
        standard_of("""
            - name: x
              logicalType: string
              quality: [{metric: invalidValues, arguments: {validValues: [in_stock]}, mustBe: 0}]
              customProperties: [{property: valueSynonyms, value: {instock: [yes]}}]
        """)

    assert caught.value.hint == "Did you mean 'in_stock'?"


def test_a_contract_without_a_schema_is_refused_though_odcs_allows_it(contract_file: Callable[..., Path]) -> None:
    path = contract_file()
    path.write_text(path.read_text(encoding="utf-8").partition("schema:")[0], encoding="utf-8")

    with pytest.raises(ContractInvalid, match="the contract describes 0 tables"):
        load_standard(path)


def test_a_contract_with_two_tables_is_refused(contract_file: Callable[..., Path]) -> None:
    path = contract_file()
    with path.open("a", encoding="utf-8") as file:
        file.write("- name: other\n  properties:\n  - {name: key, logicalType: string}\n")

    with pytest.raises(ContractInvalid, match="the contract describes 2 tables"):
        load_standard(path)


def test_a_table_without_columns_is_refused(contract_file: Callable[..., Path]) -> None:
    with pytest.raises(ContractInvalid, match="the table has no columns"):
        load_standard(contract_file("[]"))


def test_a_table_without_a_primary_key_is_refused(contract_file: Callable[..., Path]) -> None:
    with pytest.raises(ContractInvalid, match="no primary key") as caught:
        load_standard(contract_file("- {name: x, logicalType: string}"))

    assert "`primaryKey: true`" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "instead", "complaint"),
    [
        ("version: 1.0.0", "", "'version' is a required property"),
        ("version: 1.0.0", "version: 3.2", "is not of type 'string'"),
        ("apiVersion: v3.1.0", "apiVersion: v9", "'v9' is not one of"),
        ("domain: parts", "", "has no `domain`"),
        ("domain: parts", "domain: 99", "is not of type 'string'"),
        ("- name: part\n", "- name: part\n  physicalName: a b\n", "cannot be called 'a b'"),
        ("- name: part\n", "- name: part\n  physicalName: parts_raw.part\n", "the lakehouse's own"),
        ("kind: DataContract", "kind: [", "not valid YAML"),
    ],
)
def test_a_head_that_does_not_fit_is_refused(
    contract_file: Callable[..., Path], line: str, instead: str, complaint: str
) -> None:
    path = contract_file()
    path.write_text(path.read_text(encoding="utf-8").replace(line, instead, 1), encoding="utf-8")

    with pytest.raises(ContractInvalid, match=complaint):
        load_standard(path)
