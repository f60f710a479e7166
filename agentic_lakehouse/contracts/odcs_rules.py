"""From ODCS quality checks and column constraints to the rules of a standard.

A rule may be stated twice, as a constraint of a column and as a quality check: that is one rule, and the
written check names it. What a breach costs, unless `onBreach` of the check or of its column says so:

- a table check stops the feed;
- a row rule about one optional column alone empties that cell;
- any other row rule rejects the row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, cast, get_args

from agentic_lakehouse.contracts.base import canonical_json
from agentic_lakehouse.contracts.odcs_checks import Assertion, assertions
from agentic_lakehouse.contracts.odcs_custom import custom_properties
from agentic_lakehouse.contracts.odcs_sql import columns_read, quoted
from agentic_lakehouse.contracts.standard import ROW_RULES, OnBreach, Rule, StandardColumn
from agentic_lakehouse.contracts.yaml_file import Place, did_you_mean

_MILD = frozenset({"info", "warning", "warn", "low", "minor"})
"""Severities that only count. ODCS leaves the word free; any other, or none, is an error."""

_OPTIONS: dict[str, str] = {
    "pattern": "pattern",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "{column} > {bound}",
    "exclusiveMaximum": "{column} < {bound}",
    "multipleOf": "{column} % {bound} = 0",
}
"""ODCS `logicalTypeOptions` and the kind of rule, or the expression, that each asks for."""


def read_rules(table: Place, columns: Sequence[StandardColumn]) -> tuple[Rule, ...]:
    """Return every rule of a table: those that its columns imply and those written as quality checks.

    Raises:
        ContractInvalid: a check cannot be read, names no column of the table, or costs what it cannot cost.
    """
    by_name = {column.name: column for column in columns}
    rules: dict[str, Rule] = {}
    for place, rule in (*_implied(table, by_name), *_written(table, by_name)):
        _check_columns(place, rule, by_name)
        same = canonical_json([rule.kind, rule.column, rule.argument, rule.compare])
        stated = rules.pop(same, None)
        stricter = "error" if stated and stated.severity == "error" else rule.severity
        name = _free_name(rule, {other.name for other in rules.values()})
        rules[same] = rule.model_copy(update={"name": name, "severity": stricter})
    return tuple(rules.values())


def _free_name(rule: Rule, taken: Collection[str]) -> str:
    """Return the rule's name, told apart from rules that contracts call the same for another column."""
    if rule.name not in taken:
        return rule.name
    base = f"{_slug(rule.column)}_{rule.name}" if rule.column else rule.name
    names = (base, *(f"{base}_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _implied(table: Place, columns: dict[str, StandardColumn]) -> Iterator[tuple[Place, Rule]]:
    """Yield the rules that follow from the constraints of columns."""
    key = [column.name for column in columns.values() if column.primary_key]
    for place in table.at("properties"):
        column = columns[place.data["name"]]
        for suffix, assertion in _constraints(place, column, key):
            rule = _rule(f"{column.name}_{suffix}", assertion, columns)
            takes_cost = rule.is_row_rule and rule.kind != "required"
            yield place, _with_written_cost(place, rule, columns) if takes_cost else rule
    if len(key) > 1:
        yield table, _rule("primary_key_unique", Assertion("unique", None), columns)


def _constraints(place: Place, column: StandardColumn, key: Sequence[str]) -> Iterator[tuple[str, Assertion]]:
    if column.required:
        yield "required", Assertion("required", column.name)
    if place.data.get("unique") or key == [column.name]:
        yield "unique", Assertion("unique", column.name)
    options = place.at("logicalTypeOptions")
    for option, asked in _OPTIONS.items():
        bound = options.at(option).data
        if bound is None:
            continue
        suffix = re.sub(r"(?=[A-Z])", "_", option).lower()
        if option == "pattern":
            _check_pattern(options.at(option))
        if "{" in asked:
            literal = f"'{bound}'" if isinstance(bound, str) else str(bound)
            expression = asked.format(column=quoted(column.name), bound=literal)
            yield suffix, Assertion("expression", column.name, expression)
        else:
            yield suffix, Assertion(cast("Literal['pattern']", asked), column.name, bound)


def _check_pattern(place: Place) -> None:
    try:
        re.compile(place.data)
    except re.error as error:
        raise place.invalid(f"{place.data!r} is not a regular expression: {error.msg}.") from error


def _written(table: Place, columns: dict[str, StandardColumn]) -> Iterator[tuple[Place, Rule]]:
    """Yield the rules that are written out under columns and under the table."""
    physical = str(table.data.get("physicalName") or table.data["name"])
    names = {table.data["name"], physical, physical.rpartition(".")[2]}
    key = [column.name for column in columns.values() if column.primary_key]
    checks = [(check, place.data["name"]) for place in table.at("properties") for check in place.at("quality")]
    for check, column in (*checks, *((check, None) for check in table.at("quality"))):
        found = assertions(check, column, names, key)
        given = _slug(check.data.get("name") or check.data.get("id") or "")
        for position, assertion in enumerate(found):
            name = given or f"{assertion.column or _slug(table.data['name'])}_{assertion.kind}"
            if position:
                name = f"{name}_{assertion.kind}"
            rule = _rule(name, assertion, columns).model_copy(
                update={"severity": _severity(check), "description": check.data.get("description", "")}
            )
            yield check, _with_written_cost(check, rule, columns)


def _severity(check: Place) -> Literal["error", "warning"]:
    return "warning" if str(check.data.get("severity", "")).casefold() in _MILD else "error"


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")
    return slug if not slug or slug[0].isalpha() else f"rule_{slug}"


def _rule(name: str, assertion: Assertion, columns: dict[str, StandardColumn]) -> Rule:
    """Give an assertion its name and the cost that follows from what it reads."""
    kind, column, argument, compare = assertion
    read = frozenset({column} if column else ())
    if kind in {"expression", "row_sql"}:
        read |= columns_read(argument)
        column = column or (next(iter(read)) if len(read) == 1 else None)
    cost = _default_cost(kind, read, columns)
    return Rule(name=_slug(name), kind=kind, column=column, argument=argument, compare=compare, on_breach=cost)


def _default_cost(kind: str, read: frozenset[str], columns: dict[str, StandardColumn]) -> OnBreach:
    if kind not in ROW_RULES:
        return "stop_feed"
    about_optional = len(read) == 1 and all(name in columns and not columns[name].required for name in read)
    return "null_cell" if about_optional and kind != "required" else "reject_row"


def _with_written_cost(place: Place, rule: Rule, columns: dict[str, StandardColumn]) -> Rule:
    """Give a rule the `onBreach` of the check or column at `place`, tested against what it can cost."""
    cost = custom_properties(place).get("onBreach")
    if cost is None:
        return rule
    known = get_args(OnBreach)
    if cost.data not in known:
        raise cost.invalid(f"{cost.data!r} is not a cost of a breach.", did_you_mean(str(cost.data), known))
    target = columns.get(rule.column or "")
    if not rule.is_row_rule and cost.data != "stop_feed":
        raise cost.invalid(f"the table check {rule.name!r} cannot cost {cost.data!r}.", "It can only stop the feed.")
    if cost.data == "null_cell" and (target is None or target.required):
        problem = "is about no one column" if target is None else f"is about {target.name!r}, which is required"
        raise cost.invalid(f"the rule {rule.name!r} {problem}: no cell can be emptied.", "Use `reject_row`.")
    return rule.model_copy(update={"on_breach": cost.data})


def _check_columns(place: Place, rule: Rule, columns: dict[str, StandardColumn]) -> None:
    named = {rule.column or "", *map(str, place.at("arguments", "properties").data or ())}
    if rule.kind in {"expression", "row_sql"}:
        named |= columns_read(rule.argument)
    for name in sorted(named - {""}):
        if name not in columns:
            raise place.invalid(
                f"the rule {rule.name!r} names {name!r}, which is no column.", did_you_mean(name, columns)
            )
