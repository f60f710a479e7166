"""Quality rules as SQL: which rows break a row rule, and the number that a table check is about.

As in SQL's own `CHECK`, a row breaks a rule only where the rule is known to be broken: a null cell passes
every rule but `required`, and so does a row for which an expression has no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from agentic_lakehouse.contracts.standard import Rule
from agentic_lakehouse.contracts.tables import RULES_SHA256
from agentic_lakehouse.errors import ContractInvalid
from agentic_lakehouse.sql.checks import check_pattern
from agentic_lakehouse.sql.compiler import compile_expression, compile_select
from agentic_lakehouse.sql.kinds import NUMBERS
from agentic_lakehouse.sql.typecheck import WRITTEN
from agentic_lakehouse.sql.types import listed, literal, quote, quote_table

_HOLE = re.compile(r"\$?\{(object|property|column|table)\}", re.IGNORECASE)
"""What ODCS queries write for the table and the column they are about."""


def breach(rule: Rule, *, types: Mapping[str, str]) -> str:
    """Return DuckDB SQL that is true of the rows which break a row rule, else false, never null.

    A rule of a rule set is broken only by rows that were conformed under it.

    Args:
        rule: of a kind in `contracts.standard.ROW_RULES`.
        types: columns of the target table with their types.

    Raises:
        ContractInvalid: the rule's column or argument does not fit its kind.
        GuardRefused: the guard does not allow its expression.
    """
    write = _ROW_RULES.get(rule.kind)
    if write is None:
        raise _unfit(rule, "is a table check, not a row rule")
    broken = write(rule, types)
    if not rule.versions:
        return broken
    return f"COALESCE({quote(RULES_SHA256)} IN ({listed(rule.versions)}), FALSE) AND ({broken})"


def _expression(rule: Rule, types: Mapping[str, str]) -> str:
    return f"NOT COALESCE({_compiled(rule, types)}, TRUE)"


def _row_sql(rule: Rule, types: Mapping[str, str]) -> str:
    return f"COALESCE({_compiled(rule, types)}, FALSE)"


def _required(rule: Rule, types: Mapping[str, str]) -> str:
    return f"{_column(rule, types)} IS NULL"


def _pattern(rule: Rule, types: Mapping[str, str]) -> str:
    problem = check_pattern(rule.argument) if isinstance(rule.argument, str) else "it is no text"
    if problem:
        raise _unfit(rule, f"has a pattern that cannot be used: {problem}")
    return f"NOT COALESCE(REGEXP_MATCHES({_text(rule, types)}, {literal(rule.argument)}), TRUE)"


def _too_short(rule: Rule, types: Mapping[str, str]) -> str:
    return f"COALESCE(LENGTH({_text(rule, types)}) < {_length(rule)}, FALSE)"


def _too_long(rule: Rule, types: Mapping[str, str]) -> str:
    return f"COALESCE(LENGTH({_text(rule, types)}) > {_length(rule)}, FALSE)"


def _too_small(rule: Rule, types: Mapping[str, str]) -> str:
    return f"COALESCE({_column(rule, types)} < {_bound(rule, types)}, FALSE)"


def _too_large(rule: Rule, types: Mapping[str, str]) -> str:
    return f"COALESCE({_column(rule, types)} > {_bound(rule, types)}, FALSE)"


def _not_valid(rule: Rule, types: Mapping[str, str]) -> str:
    return f"NOT COALESCE({_column(rule, types)} IN ({', '.join(_values(rule, types))}), TRUE)"


_ROW_RULES: dict[str, Callable[[Rule, Mapping[str, str]], str]] = {
    "required": _required,
    "pattern": _pattern,
    "min_length": _too_short,
    "max_length": _too_long,
    "minimum": _too_small,
    "maximum": _too_large,
    "valid_values": _not_valid,
    "expression": _expression,
    "row_sql": _row_sql,
}


def table_check(rule: Rule, table: str, *, key: Sequence[str] = ()) -> str:
    """Return a DuckDB query that gives the one number which a table check compares.

    `unique`: how many values (of its column, else of `key`) occur more than once, nulls apart.
    `row_count`: how many rows there are. `table_sql`: what its own query gives.

    Args:
        rule: of a kind outside `contracts.standard.ROW_RULES`.
        table: full name of the table that it is about.
        key: primary key, for a `unique` rule without a column.

    Raises:
        ContractInvalid: the rule's argument does not fit its kind.
        GuardRefused: the guard does not allow its query.
    """
    if rule.kind == "row_count":
        return f"SELECT COUNT(*) FROM {quote_table(table)}"
    if rule.kind == "unique":
        columns = [quote(name) for name in ([rule.column] if rule.column else key)]
        if not columns:
            raise _unfit(rule, "names no column, and the table has no key")
        present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        groups = f"SELECT 1 FROM {quote_table(table)} WHERE {present} GROUP BY {', '.join(columns)} HAVING COUNT(*) > 1"
        return f"SELECT COUNT(*) FROM ({groups})"
    if rule.kind == "table_sql" and isinstance(rule.argument, str):
        names = {"object": quote_table(table), "table": quote_table(table)}
        if rule.column:
            names |= {"property": quote(rule.column), "column": quote(rule.column)}
        query = _HOLE.sub(lambda hole: names.get(hole[1].lower(), hole[0]), rule.argument)
        return compile_select(query, tables=[table])
    raise _unfit(rule, "is not a table check with a query")


def table_verdict(rule: Rule, table: str, *, key: Sequence[str] = ()) -> str:
    """Return a DuckDB query of one row: the number of `table_check` as `found`, and whether it `passed`.

    Raises:
        ContractInvalid: the rule's argument does not fit its kind.
        GuardRefused: the guard does not allow its query or its comparison.
    """
    test = compile_expression(f'"found" {rule.compare}', types={"found": "double"}, target_type=None)
    counted = f'({table_check(rule, table, key=key)}) AS "counted"("found")'
    return f'SELECT "found", COALESCE({test}, FALSE) AS "passed" FROM {counted}'


def _compiled(rule: Rule, types: Mapping[str, str]) -> str:
    if not isinstance(rule.argument, str):
        raise _unfit(rule, "has no expression")
    return compile_expression(rule.argument, types=types, target_type=None)


def _column(rule: Rule, types: Mapping[str, str]) -> str:
    if rule.column is None or rule.column not in types:
        raise _unfit(rule, f"is about a column that the table does not have ({rule.column})")
    return quote(rule.column)


def _text(rule: Rule, types: Mapping[str, str]) -> str:
    return f"CAST({_column(rule, types)} AS VARCHAR)"


def _length(rule: Rule) -> int:
    if isinstance(rule.argument, bool) or not isinstance(rule.argument, int):
        raise _unfit(rule, f"needs a whole number of characters, not {rule.argument!r}")
    return rule.argument


def _bound(rule: Rule, types: Mapping[str, str]) -> str:
    """Return a bound as SQL: a date or timestamp for such a column, else a number."""
    kind = types[str(rule.column)].partition("(")[0]
    value: Any = rule.argument
    try:
        if kind == "date":
            return f"CAST({literal(date.fromisoformat(str(value)).isoformat())} AS DATE)"
        if kind == "timestamp":
            return f"CAST({literal(datetime.fromisoformat(str(value)).isoformat())} AS TIMESTAMPTZ)"
        number = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
    except (ValueError, InvalidOperation) as error:
        raise _unfit(rule, f"needs a {kind} as its bound, not {value!r}") from error
    if kind not in NUMBERS or not number.is_finite():
        raise _unfit(rule, f"needs a number as its bound and as its column, not {value!r}")
    return format(number, "f")


def _values(rule: Rule, types: Mapping[str, str]) -> list[str]:
    """Return the valid values as string literals, which take the type of the column they are compared with."""
    if not isinstance(rule.argument, Sequence) or isinstance(rule.argument, str) or not rule.argument:
        raise _unfit(rule, "has no list of values")
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in rule.argument]
    written = WRITTEN.get(types[str(rule.column)].partition("(")[0])
    wrong = [text for text in texts if written is not None and not written.fullmatch(text)]
    if wrong:
        raise _unfit(rule, f"lists {wrong[0]!r}, which its column cannot hold")
    return [literal(text) for text in texts]


def _unfit(rule: Rule, why: str) -> ContractInvalid:
    return ContractInvalid(f"Rule {rule.name!r} {why}.", hint="Mend the rule in the standard.", rule=rule.name)
