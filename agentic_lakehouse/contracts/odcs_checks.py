"""What one ODCS quality check asserts, in the words of our rules."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from agentic_lakehouse.contracts.odcs_custom import scalar_text
from agentic_lakehouse.contracts.odcs_sql import quoted, read_expression, read_query, render, row_predicate
from agentic_lakehouse.contracts.standard import RuleKind
from agentic_lakehouse.contracts.yaml_file import Place, near_word

ENGINE = "agentic_lakehouse"
"""`engine` of the custom checks that are ours to run."""

_OPERATORS = {
    "mustBe": "= {}",
    "mustNotBe": "<> {}",
    "mustBeGreaterThan": "> {}",
    "mustBeGreaterOrEqualTo": ">= {}",
    "mustBeLessThan": "< {}",
    "mustBeLessOrEqualTo": "<= {}",
    "mustBeBetween": "BETWEEN {} AND {}",
    "mustNotBeBetween": "NOT BETWEEN {} AND {}",
}
_NONE_ALLOWED = frozenset({"= 0", "< 1", "<= 0", "BETWEEN 0 AND 0"})
"""Comparisons of a count of bad rows that let no bad row through."""


class Assertion(NamedTuple):
    """A rule without its name and cost."""

    kind: RuleKind
    column: str | None
    argument: Any = None
    compare: str = "= 0"


def assertions(check: Place, column: str | None, table_names: Collection[str], key: Sequence[str]) -> list[Assertion]:
    """Return what a quality check asserts: nothing where it is prose or another engine's.

    Args:
        check: one item of a `quality` list.
        column: the property that the check stands under; `None` under the table.
        table_names: names by which a query may call the table, besides `{object}`.
        key: primary key of the table.

    Raises:
        ContractInvalid: the check lacks what its type needs, or its SQL is not SQL.
    """
    kind = check.data.get("type", "library")
    if kind == "custom":
        return _custom(check, column)
    if kind == "sql":
        return _sql(check, column, table_names)
    return _library(check, column, key) if kind == "library" else []


def _custom(check: Place, column: str | None) -> list[Assertion]:
    engine = re.sub(r"[^a-z0-9]", "_", str(check.data["engine"]).casefold())
    if engine != ENGINE:
        if near_word(engine, [ENGINE]):
            raise check.at("engine").invalid(f"the engine {engine!r} is unknown.", f"Did you mean {ENGINE!r}?")
        return []
    place = check.at("implementation")
    if not isinstance(place.data, str) or not place.data.strip():
        raise place.invalid("the implementation is not an expression.", "Write a boolean that is true of good values.")
    return [Assertion("expression", column, read_expression(place, place.data, column))]


def _sql(check: Place, column: str | None, table_names: Collection[str]) -> list[Assertion]:
    query = read_query(check.at("query"), check.data["query"], column, table_names)
    compare = _compare(check)
    predicate = row_predicate(query) if compare in _NONE_ALLOWED else None
    if predicate is not None:
        return [Assertion("row_sql", column, predicate)]
    return [Assertion("table_sql", column, render(query), compare)]


def _library(check: Place, column: str | None, key: Sequence[str]) -> list[Assertion]:
    metric = check.data.get("metric")
    compare = _compare(check)
    if metric == "rowCount":
        return [Assertion("row_count", None, None, compare)]
    if metric == "duplicateValues":
        return [_duplicates(check, column, key, compare)]
    if column is None:
        raise check.invalid(f"{metric!r} is not about a column.", "Move the check under its property.")
    if metric == "invalidValues":
        found = _invalid_values(check, column)
    elif metric in {"nullValues", "missingValues"}:
        found = _missing_values(check, column)
    else:
        raise check.invalid("the check has no metric.", "Name one, such as `metric: nullValues`.")
    return found if compare in _NONE_ALLOWED else [_share(check, column, found, compare)]


def _invalid_values(check: Place, column: str) -> list[Assertion]:
    values, pattern = (check.at("arguments", name).data for name in ("validValues", "pattern"))
    found = []
    if isinstance(values, list) and values:
        found.append(Assertion("valid_values", column, [scalar_text(value) for value in values]))
    if isinstance(pattern, str):
        found.append(Assertion("pattern", column, pattern))
    if not found:
        raise check.invalid("`invalidValues` says nothing of valid values.", "Give `arguments.validValues` a list.")
    return found


def _missing_values(check: Place, column: str) -> list[Assertion]:
    words = check.at("arguments", "missingValues").data or []
    if not isinstance(words, list):
        raise check.at("arguments", "missingValues").invalid("expected a list of words.")
    found = [Assertion("required", column)]
    literals = ", ".join("'" + scalar_text(word).replace("'", "''") + "'" for word in words if word not in {None, ""})
    if literals:
        found.append(Assertion("row_sql", column, f"CAST({quoted(column)} AS TEXT) IN ({literals})"))
    return found


def _duplicates(check: Place, column: str | None, key: Sequence[str], compare: str) -> Assertion:
    names = check.at("arguments", "properties").data or ([column] if column else [])
    if not isinstance(names, list) or not names:
        raise check.invalid("the check names no column.", "List them under `arguments.properties`.")
    if compare in _NONE_ALLOWED and len(names) == 1:
        return Assertion("unique", names[0])
    if compare in _NONE_ALLOWED and set(names) == set(key):
        return Assertion("unique", None)
    keys = ", ".join(quoted(name) for name in names)
    present = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in names)
    copies = f"SELECT COUNT(*) - 1 AS copies FROM {{object}} WHERE {present} GROUP BY {keys}"
    total = "SUM(copies)" if not _is_percent(check) else "100.0 * SUM(copies) / NULLIF(SUM(copies + 1), 0)"
    return Assertion("table_sql", column, f"SELECT COALESCE({total}, 0) FROM ({copies})", compare)


def _share(check: Place, column: str, found: list[Assertion], compare: str) -> Assertion:
    """Return the table check for a count or percentage of bad cells that need not be none."""
    bad = " OR ".join(_bad_cell(part) for part in found)
    count = f"COUNT(*) FILTER (WHERE {bad})"
    value = f"COALESCE(100.0 * {count} / NULLIF(COUNT(*), 0), 0)" if _is_percent(check) else count
    return Assertion("table_sql", column, f"SELECT {value} FROM {{object}}", compare)


def _bad_cell(part: Assertion) -> str:
    cell = quoted(part.column or "")
    if part.kind == "valid_values":
        literals = ", ".join("'" + value.replace("'", "''") + "'" for value in part.argument)
        return f"CAST({cell} AS TEXT) NOT IN ({literals})"
    if part.kind == "pattern":
        literal = "'" + part.argument.replace("'", "''") + "'"
        return f"NOT REGEXP_MATCHES(CAST({cell} AS TEXT), {literal})"
    return f"{cell} IS NULL" if part.kind == "required" else str(part.argument)


def _is_percent(check: Place) -> bool:
    return str(check.data.get("unit", "rows")).casefold() in {"percent", "%", "percentage"}


def _compare(check: Place) -> str:
    """Return the check's operator as SQL, such as `<= 5`."""
    name = next(operator for operator in _OPERATORS if operator in check.data)
    bounds = check.data[name] if isinstance(check.data[name], list) else [check.data[name]]
    for bound in bounds:
        if isinstance(bound, bool) or not isinstance(bound, int | float):
            raise check.at(name).invalid(f"{bound!r} is not a number.", "A check compares one number.")
    return _OPERATORS[name].format(*(int(bound) if float(bound).is_integer() else bound for bound in bounds))
