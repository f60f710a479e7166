from __future__ import annotations

from collections.abc import Callable

import pytest

from agentic_lakehouse.contracts.standard import ProductStandard, Rule

Standards = Callable[..., ProductStandard]

OWN = {"key_required", "key_unique", "vendor_name_required", "source_table_required"}


def rules(standard: ProductStandard) -> list[Rule]:
    return [rule for rule in standard.rules if rule.name not in OWN]


def query(predicate: str) -> str:
    check = f"{{type: sql, query: 'SELECT COUNT(*) FROM {{object}} WHERE {predicate}', mustBe: 0}}"
    return f"- {{name: x, logicalType: number, quality: [{check}]}}"


def only(standard: ProductStandard) -> Rule:
    (rule,) = rules(standard)
    return rule


@pytest.mark.parametrize(
    ("constraint", "name", "kind", "argument"),
    [
        ("logicalType: string, required: true", "x_required", "required", None),
        ("logicalType: string, logicalTypeOptions: {pattern: '^a'}", "x_pattern", "pattern", "^a"),
        ("logicalType: string, logicalTypeOptions: {minLength: 2}", "x_min_length", "min_length", 2),
        ("logicalType: string, logicalTypeOptions: {maxLength: 9}", "x_max_length", "max_length", 9),
        ("logicalType: number, logicalTypeOptions: {minimum: 0}", "x_minimum", "minimum", 0),
        ("logicalType: number, logicalTypeOptions: {maximum: 5.5}", "x_maximum", "maximum", 5.5),
        ("logicalType: date, logicalTypeOptions: {minimum: 2020-01-01}", "x_minimum", "minimum", "2020-01-01"),
        (
            "logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 0}",
            "x_exclusive_minimum",
            "expression",
            '"x" > 0',
        ),
        ("logicalType: integer, logicalTypeOptions: {multipleOf: 6}", "x_multiple_of", "expression", '"x" % 6 = 0'),
        ("logicalType: string, unique: true", "x_unique", "unique", None),
    ],
)
def test_a_constraint_of_a_column_is_a_rule(
    standard_of: Standards, constraint: str, name: str, kind: str, argument: object
) -> None:
    rule = only(standard_of(f"- {{name: x, {constraint}}}"))

    assert (rule.name, rule.kind, rule.column, rule.argument) == (name, kind, "x", argument)


@pytest.mark.parametrize(
    ("check", "kind", "argument"),
    [
        ("metric: nullValues, mustBe: 0", "required", None),
        ("metric: missingValues, mustBe: 0", "required", None),
        ("metric: duplicateValues, mustBe: 0", "unique", None),
        ("metric: invalidValues, arguments: {validValues: [a, 1]}, mustBe: 0", "valid_values", ["a", "1"]),
        ("metric: invalidValues, arguments: {pattern: '^a'}, mustBeLessThan: 1", "pattern", "^a"),
        ("type: custom, engine: agentic_lakehouse, implementation: digits(x) = x", "expression", "digits(x) = x"),
        ("type: custom, engine: agentic-lakehouse, implementation: '{column} > 1'", "expression", '"x" > 1'),
        ("type: sql, query: 'SELECT COUNT(*) FROM {object} WHERE x = 1', mustBe: 0", "row_sql", "x = 1"),
        ("type: sql, query: 'SELECT COUNT(*) FROM ${table} t WHERE t.x = 1', mustBe: 0", "row_sql", "x = 1"),
        (
            "type: sql, query: 'SELECT COUNT(1) AS bad FROM part WHERE ${column} = 1;', mustBeLessOrEqualTo: 0",
            "row_sql",
            '"x" = 1',
        ),
    ],
)
def test_a_quality_check_is_a_rule(standard_of: Standards, check: str, kind: str, argument: object) -> None:
    rule = only(standard_of(f"- {{name: x, logicalType: string, quality: [{{name: the check, {check}}}]}}"))

    assert (rule.name, rule.kind, rule.column, rule.argument, rule.compare) == ("the_check", kind, "x", argument, "= 0")


@pytest.mark.parametrize(
    ("query", "sql"),
    [
        ("SELECT COUNT(*) FROM {object}", "SELECT COUNT(*) FROM {object}"),
        ("SELECT MAX(x) FROM part WHERE x > 1", None),
        ("SELECT COUNT(*) FROM {object} GROUP BY x", None),
        ("SELECT COUNT(DISTINCT x) FROM {object} WHERE x > 1", None),
        ("SELECT COUNT(*) FROM {object} WHERE x > (SELECT AVG(x) FROM {object})", None),
        ("SELECT COUNT(*) FROM {object} a JOIN {object} b ON a.x = b.x WHERE a.x > 1", None),
        ("WITH big AS (SELECT x FROM {object}) SELECT COUNT(*) FROM big WHERE x > 1", None),
        ("SELECT COUNT(*) FROM {object} WHERE x > 1 LIMIT 1", None),
    ],
)
def test_a_query_that_one_row_cannot_decide_is_a_table_check(
    standard_of: Standards, query: str, sql: str | None
) -> None:
    quality = f"- {{name: q, type: sql, query: '{query}', mustBe: 0}}"
    rule = only(standard_of("- {name: x, logicalType: integer}", quality))

    assert (rule.kind, rule.on_breach) == ("table_sql", "stop_feed")
    assert "{object}" in rule.argument
    assert sql is None or rule.argument == sql


@pytest.mark.parametrize(
    ("operator", "compare"),
    [
        ("mustBe: 3", "= 3"),
        ("mustNotBe: 3", "<> 3"),
        ("mustBeGreaterThan: 0.5", "> 0.5"),
        ("mustBeGreaterOrEqualTo: 1", ">= 1"),
        ("mustBeLessThan: 5", "< 5"),
        ("mustBeLessOrEqualTo: 1000000", "<= 1000000"),
        ("mustBeBetween: [1, 5]", "BETWEEN 1 AND 5"),
        ("mustNotBeBetween: [1, 5]", "NOT BETWEEN 1 AND 5"),
    ],
)
def test_an_operator_is_what_the_number_must_be(standard_of: Standards, operator: str, compare: str) -> None:
    rule = only(standard_of(quality=f"- {{name: size, metric: rowCount, {operator}}}"))

    assert (rule.kind, rule.column, rule.argument, rule.compare) == ("row_count", None, None, compare)


def test_a_tolerated_number_of_bad_cells_is_a_table_check(standard_of: Standards) -> None:
    rule = only(
        standard_of("- {name: x, logicalType: string, quality: [{name: q, metric: nullValues, mustBeLessThan: 5}]}")
    )

    assert rule.kind == "table_sql"
    assert (rule.argument, rule.compare) == ('SELECT COUNT(*) FILTER (WHERE "x" IS NULL) FROM {object}', "< 5")


def test_a_tolerated_share_of_bad_cells_is_counted_in_percent(standard_of: Standards) -> None:
    check = "{name: q, metric: invalidValues, arguments: {validValues: [a]}, unit: percent, mustBeLessThan: 5}"
    rule = only(standard_of(f"- {{name: x, logicalType: string, quality: [{check}]}}"))

    assert rule.argument.startswith("SELECT COALESCE(100.0 * COUNT(*) FILTER (WHERE CAST(\"x\" AS TEXT) NOT IN ('a'))")


def test_a_composite_key_is_one_rule_over_the_key(standard_of: Standards) -> None:
    standard = standard_of(
        "- {name: part, logicalType: string, primaryKey: true}",
        "- {name: the pair, metric: duplicateValues, arguments: {properties: [part, key]}, mustBe: 0}",
    )

    (rule,) = (rule for rule in standard.rules if rule.kind == "unique")
    assert (rule.name, rule.column, rule.argument) == ("the_pair", None, None)
    assert standard.key == ("key", "part")


def test_duplicates_over_columns_that_are_no_key_are_counted_by_a_query(standard_of: Standards) -> None:
    rule = only(
        standard_of(
            "- {name: x, logicalType: string}",
            "- {name: pair, metric: duplicateValues, arguments: {properties: [key, x]}, mustBe: 0}",
        )
    )

    assert (rule.kind, rule.column, rule.on_breach) == ("table_sql", None, "stop_feed")
    assert rule.argument.endswith('WHERE "key" IS NOT NULL AND "x" IS NOT NULL GROUP BY "key", "x")')


def test_words_for_a_missing_value_are_a_rule_of_their_own(standard_of: Standards) -> None:
    check = "{name: q, metric: missingValues, arguments: {missingValues: [null, '', n/a, it's]}, mustBe: 0}"
    standard = standard_of(
        f"- {{name: x, logicalType: string, quality: [{check.replace('it' + chr(39) + 's', 'none')}]}}"
    )

    assert [(rule.name, rule.kind) for rule in rules(standard)] == [("q", "required"), ("q_row_sql", "row_sql")]
    assert rules(standard)[1].argument == "CAST(\"x\" AS TEXT) IN ('n/a', 'none')"


def test_a_rule_that_is_stated_twice_is_one_rule_under_its_written_name(standard_of: Standards) -> None:
    standard = standard_of("""
        - name: x
          logicalType: string
          unique: true
          required: true
          quality:
          - {name: x never repeats, metric: duplicateValues, mustBe: 0, description: Why.}
          - {name: x is there, metric: nullValues, mustBe: 0, severity: warning}
    """)

    assert [(rule.name, rule.kind) for rule in rules(standard)] == [
        ("x_never_repeats", "unique"),
        ("x_is_there", "required"),
    ]
    assert rules(standard)[0].description == "Why."
    assert rules(standard)[1].severity == "error"


def test_rules_that_contracts_call_the_same_are_told_apart_by_their_column(standard_of: Standards) -> None:
    standard = standard_of("""
        - {name: a, logicalType: string, quality: [{name: no nulls, metric: nullValues, mustBe: 0}]}
        - {name: b, logicalType: string, quality: [{name: no nulls, metric: nullValues, mustBe: 0}]}
    """)

    assert [rule.name for rule in rules(standard)] == ["no_nulls", "b_no_nulls"]


@pytest.mark.parametrize(
    ("properties", "cost"),
    [
        ("- {name: x, logicalType: number, logicalTypeOptions: {minimum: 0}}", "null_cell"),
        ("- {name: x, logicalType: number, required: true, logicalTypeOptions: {minimum: 0}}", "reject_row"),
        (query("x > 1"), "null_cell"),
        (query("x > LENGTH(key)"), "reject_row"),
        ("- {name: x, logicalType: number, unique: true}", "stop_feed"),
        ("- {name: x, logicalType: number, quality: [{metric: nullValues, mustBe: 0}]}", "reject_row"),
    ],
)
def test_what_a_breach_costs_follows_from_what_the_rule_reads(
    standard_of: Standards, properties: str, cost: str
) -> None:
    assert rules(standard_of(properties))[-1].on_breach == cost


def test_a_written_cost_wins(standard_of: Standards) -> None:
    standard = standard_of("""
        - name: x
          logicalType: number
          logicalTypeOptions: {minimum: 0}
          customProperties: [{property: onBreach, value: stop_feed}]
          quality:
          - name: q
            type: sql
            query: SELECT COUNT(*) FROM {object} WHERE x > LENGTH(key)
            mustBe: 0
            customProperties: [{property: onBreach, value: null_cell}]
    """)

    assert {rule.name: rule.on_breach for rule in rules(standard)} == {"x_minimum": "stop_feed", "q": "null_cell"}


def test_a_check_over_the_table_that_reads_one_column_is_about_that_column(standard_of: Standards) -> None:
    quality = "- {name: q, type: sql, query: 'SELECT COUNT(*) FROM part WHERE x < 0', mustBe: 0}"
    rule = only(standard_of("- {name: x, logicalType: number}", quality))

    assert (rule.column, rule.on_breach) == ("x", "null_cell")


@pytest.mark.parametrize(
    ("severity", "ours"),
    [("warning", "warning"), ("INFO", "warning"), ("error", "error"), ("critical", "error"), ("high", "error")],
)
def test_only_a_mild_severity_is_a_warning(standard_of: Standards, severity: str, ours: str) -> None:
    rule = only(standard_of(quality=f"- {{name: q, metric: rowCount, mustBeGreaterThan: 0, severity: {severity}}}"))

    assert rule.severity == ours


@pytest.mark.parametrize(
    "check",
    ["type: text, description: should look right", "type: custom, engine: soda, implementation: 'checks: []'"],
)
def test_prose_and_the_checks_of_other_engines_are_left_to_others(standard_of: Standards, check: str) -> None:
    assert rules(standard_of(quality=f"- {{name: q, {check}}}")) == []
