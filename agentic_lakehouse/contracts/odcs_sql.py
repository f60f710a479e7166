"""The SQL of ODCS quality checks: placeholders, the one table it may read, and whether one row decides it.

Only shape is judged here; what an expression may hold is for the guard in `sql`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from agentic_lakehouse.contracts.yaml_file import Place

_OBJECT = re.compile(r"\$?\{(?:object|table|model)\}", re.IGNORECASE)
_PROPERTY = re.compile(r"\$?\{(?:property|column|field)\}", re.IGNORECASE)
_STAND_IN = "__object__"
_PLAIN_CLAUSES = frozenset({"expressions", "from_", "where"})


def quoted(column: str) -> str:
    """Return a column name as SQL, quoted."""
    return exp.column(column, quoted=True).sql("duckdb")


def read_expression(place: Place, text: str, column: str | None) -> str:
    """Return a check's boolean expression, its placeholders filled and its syntax tested."""
    return _parse(place, _fill(text, column)).sql("duckdb", comments=False, normalize_functions=False)


def read_query(place: Place, text: str, column: str | None, table_names: Collection[str]) -> exp.Query:
    """Parse a check's query.

    Raises:
        ContractInvalid: it is not one SELECT, or reads another table than `{object}`.
    """
    query = _parse(place, _fill(text, column))
    if not isinstance(query, exp.Query):
        raise place.invalid("the check is not a SELECT.", "Write a query whose result is one number.")
    own = {cte.alias for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        name = table.sql("duckdb", identify=False).split(" ", maxsplit=1)[0]
        if table.name in own:
            continue
        if name != _STAND_IN and name not in table_names:
            raise place.invalid(f"the check reads {name!r}.", "A standard's checks read `{object}` alone.")
        table.set("this", exp.to_identifier(_STAND_IN))
        table.set("db", None)
    return query


def render(query: exp.Expr) -> str:
    """Return SQL text in which the table is written `{object}`."""
    return query.sql("duckdb", comments=False, normalize_functions=False).replace(_STAND_IN, "{object}")


def row_predicate(query: exp.Query) -> str | None:
    """Return `p` of `SELECT COUNT(*) FROM {object} WHERE p` where `p` looks at one row; else `None`."""
    if not isinstance(query, exp.Select) or len(query.expressions) != 1:
        return None
    if {name for name, value in query.args.items() if value} != _PLAIN_CLAUSES:
        return None
    count = query.expressions[0].unalias()
    if not isinstance(count, exp.Count) or not isinstance(count.this, exp.Star | exp.Literal):
        return None
    predicate = query.args["where"].this.copy()
    if predicate.find(exp.Query, exp.Window, exp.AggFunc):
        return None
    for column in predicate.find_all(exp.Column):
        column.set("table", None)
    return render(predicate)


def columns_read(expression: str) -> frozenset[str]:
    """Return the names of the columns in an expression."""
    return frozenset(column.name for column in parse_one(expression, read="duckdb").find_all(exp.Column))


def _fill(text: str, column: str | None) -> str:
    filled = _OBJECT.sub(_STAND_IN, text.strip().removesuffix(";"))
    return _PROPERTY.sub(quoted(column), filled) if column else filled


def _parse(place: Place, text: str) -> exp.Expr:
    try:
        return parse_one(text, read="duckdb")
    except SqlglotError as error:
        details = getattr(error, "errors", None) or [{}]
        problem = str(details[0].get("description") or "it cannot be parsed").partition(" but got ")[0]
        raise place.invalid(f"this is not SQL: {problem}.", "Checks are written in DuckDB's dialect.") from error
