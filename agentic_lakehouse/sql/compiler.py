"""From an expression as people and models write it to SQL that an engine runs.

Guard, make total, write helpers out, convert to the target's type, render: always from the tree, never from
the text. Conversion rules, the same in every dialect:

- to `decimal(p,s)`: rounded half away from zero to `s` digits; a number with too many digits before the point
  is lost. The contract's scale is a statement of precision, so rounding to it is not a loss.
- to `long`: a number with a fraction is lost, never rounded: 2.5 pieces are a fault of the mapping.
- decimals to `string`: without trailing zeros, `42.50` as `42.5`.
- to `date`: of a timestamp its UTC day. Text becomes a date, timestamp, number or boolean only as ISO writes it.
- a number never becomes a date or back: that is refused here, not found out row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from sqlglot import exp

from agentic_lakehouse.sql.guard import guard_expression, guard_select
from agentic_lakehouse.sql.harden import as_text, harden
from agentic_lakehouse.sql.loss import loses, lost_text
from agentic_lakehouse.sql.macros import expand
from agentic_lakehouse.sql.scope import GIVEN
from agentic_lakehouse.sql.spark import spark_sql
from agentic_lakehouse.sql.trees import fill, render, rewrite
from agentic_lakehouse.sql.typecheck import check_types
from agentic_lakehouse.sql.types import Dialect, decimal_of, duckdb_type

_WHOLE = (
    "CASE WHEN TRY_CAST($x AS DECIMAL(38, 10)) = FLOOR(TRY_CAST($x AS DECIMAL(38, 10)))"
    " THEN TRY_CAST(TRY_CAST($x AS DECIMAL(38, 10)) AS BIGINT) END"
)


def compile_expression(
    text: str,
    *,
    types: Mapping[str, str],
    target_type: str | None,
    dialect: Dialect = "duckdb",
    given: Mapping[str, str | None] | None = None,
) -> str:
    """Return the SQL of an expression's value in its target's type; what cannot be computed is null.

    Args:
        text: one scalar expression.
        types: the columns it may read, with their table types.
        target_type: table type of the column it fills; `None` leaves the type as it comes.
        dialect: whose SQL to write.
        given: columns of text that have one value, or none, in all rows; it is written in their place.

    Raises:
        GuardRefused: the guard does not allow it, or its type can never become the target's.
        ContractInvalid: a type is not a table type.
    """
    return _value(text, tuple(types.items()), target_type, dialect, tuple((given or {}).items()))


def compile_loss(text: str, *, types: Mapping[str, str], target_type: str | None, dialect: Dialect = "duckdb") -> str:
    """Return SQL of the text that `compile_expression` with the same arguments lost, null where nothing was.

    `(...) IS NOT NULL` is true of exactly those rows whose value is null although there was something to
    convert: a cell to keep aside. A null source, or a null that the author asked for, is no loss.

    Raises:
        GuardRefused: as for `compile_expression`, or too many steps may lose a value.
        ContractInvalid: a type is not a table type.
    """
    return _loss(text, tuple(types.items()), target_type, dialect)


def may_lose(text: str, *, types: Mapping[str, str], target_type: str | None) -> bool:
    """Return whether `compile_loss` with the same arguments could ever find something lost.

    Raises:
        GuardRefused: as for `compile_expression`.
        ContractInvalid: a type is not a table type.
    """
    tree = guarded(text, types)
    kind = check_types(tree, types, target_type)
    hardened = harden(tree, types)
    return _converted(hardened.copy(), kind, target_type, types) != hardened or loses(hardened)


def compile_select(text: str, *, tables: Collection[str], dialect: Dialect = "duckdb") -> str:
    """Return the SQL of one read-only query over `tables` (`schema.table` names).

    Raises:
        GuardRefused: the guard does not allow it.
    """
    tree = expand(guard_select(text, tables=tables), dialect)
    return render(tree, dialect)


def tables_read(text: str, *, tables: Collection[str]) -> tuple[str, ...]:
    """Return those of `tables` that a query reads, in the order in which they first occur.

    Raises:
        GuardRefused: the guard does not allow it.
    """
    tree = guard_select(text, tables=tables)
    found = (table.meta.get(GIVEN) for table in tree.find_all(exp.Table, bfs=False))
    return tuple(dict.fromkeys(str(name) for name in found if name))


def columns_read(text: str, *, columns: Collection[str]) -> tuple[str, ...]:
    """Return the columns that an expression reads, in the order in which they first occur.

    Raises:
        GuardRefused: the guard does not allow it.
    """
    tree = _guarded(text, tuple(columns))
    return tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column, bfs=False)))


def guarded(text: str, types: Mapping[str, str]) -> exp.Expr:
    """Return a guarded expression's tree, to be used up.

    Raises:
        GuardRefused: the guard does not allow it.
    """
    return _guarded(text, tuple(types)).copy()


@lru_cache(maxsize=4096)
def _guarded(text: str, columns: tuple[str, ...]) -> exp.Expr:
    """Guard once: an expression's value, losses, doubts and columns are asked for one after the other, each run."""
    return guard_expression(text, columns=columns)


@lru_cache(maxsize=4096)
def _value(
    text: str,
    columns: tuple[tuple[str, str], ...],
    target_type: str | None,
    dialect: Dialect,
    given: tuple[tuple[str, str | None], ...],
) -> str:
    """Compile once: a standard's own expressions and rules are asked for with every feed and step."""
    types = dict(columns)
    tree = guarded(text, types)
    kind = check_types(tree, types, target_type)
    value = _converted(harden(tree, types), kind, target_type, types)
    return _written(expand(_with(dict(given), value) if given else value, dialect), dialect)


@lru_cache(maxsize=4096)
def _loss(text: str, columns: tuple[tuple[str, str], ...], target_type: str | None, dialect: Dialect) -> str:
    types = dict(columns)
    tree = guarded(text, types)
    kind = check_types(tree, types, target_type)
    hardened = harden(tree, types)
    converted = _converted(hardened.copy(), kind, target_type, types)
    return _written(expand(lost_text(hardened, converted), dialect), dialect)


def _converted(tree: exp.Expr, kind: str | None, target_type: str | None, types: Mapping[str, str]) -> exp.Expr:
    if target_type is None or (isinstance(tree, exp.Column) and types[tree.name] == target_type):
        return tree
    if target_type == "string":
        return as_text(tree, types)
    if target_type == "long" and kind != "long":
        return fill(_WHOLE, x=tree)
    digits = decimal_of(target_type)
    if digits and kind == "decimal":
        # A cast would round as well, but takes three times as long where it cuts a long number short.
        return fill(f"TRY_CAST(ROUND($x, {digits[1]}) AS {duckdb_type(target_type)})", x=tree)
    return fill(f"TRY_CAST($x AS {duckdb_type(target_type)})", x=tree)


def _with(given: Mapping[str, str | None], tree: exp.Expr) -> exp.Expr:
    """Write values in the place of their columns; the tree passed in is used up."""

    def change(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column) or node.name not in given:
            return node
        value = given[node.name]
        return fill("CAST(NULL AS VARCHAR)") if value is None else exp.Literal.string(value)

    return rewrite(tree, change)


def _written(tree: exp.Expr, dialect: Dialect) -> str:
    return spark_sql(tree) if dialect == "spark" else render(tree)
