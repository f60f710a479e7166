"""What SQL may be run: two profiles, both an allow-list over the parsed tree.

`expression`: one scalar expression over the columns of one row, as mappings and rules hold. `select`: one
read-only query over given tables, as people, checks and agents ask. A guarded tree is what is rendered and
run; the text it came from never is. Helper macros stay calls here; `sql.macros` writes them out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.bounds import check_growth, check_size, tokens
from agentic_lakehouse.sql.canonical import canonical, check_round_trip
from agentic_lakehouse.sql.checks import text_literal
from agentic_lakehouse.sql.functions import CAST_TYPES, FUNCTIONS, HINTS, LEAVES, OPERATORS, function_of
from agentic_lakehouse.sql.macros import MACROS, macro_of
from agentic_lakehouse.sql.reading import not_a_query, parse, refuse_statement, refuse_tilde, unreadable
from agentic_lakehouse.sql.scope import nearest, resolve_table
from agentic_lakehouse.sql.select_functions import NAMES, QUERY_TYPES, SELECT_NODES

_QUERY_STARTS = {TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN}
_QUERIES = (exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg)
_EXPRESSION_NODES = OPERATORS | LEAVES | {f.node for f in FUNCTIONS.values() if f.node is not exp.Anonymous}


def guard_expression(text: str, *, columns: Collection[str]) -> exp.Expr:
    """Return the tree of one scalar expression over `columns`; columns stand quoted and as given.

    Raises:
        GuardRefused: it is anything else, or too large. `details["node"]` names what is refused; for an unknown
            column `details["column"]` names it.
    """
    found = tokens(text)
    refuse_tilde(found)
    try:
        query = parse(f"SELECT {text}\n")
    except GuardRefused:
        refuse_statement(found)
        raise
    clauses = [key.strip("_") for key, value in query.args.items() if value and key != "expressions"]
    if not isinstance(query, exp.Select) or clauses or len(query.expressions) != 1:
        refuse_statement(found)
        what = clauses[0] if clauses and isinstance(query, exp.Select) else type(query).__name__
        raise GuardRefused(
            "The SQL is more than one expression.", hint="Write one value, such as `upper(brand)`.", node=what
        )
    check_size(query)
    tree = query.expressions[0]
    if isinstance(tree, exp.Alias):
        refuse_statement(found)
    known = {name.lower(): name for name in columns}
    for node in list(tree.walk()):
        if isinstance(node, exp.Column):
            _resolve_column(node, known, set(columns))
        elif isinstance(node, exp.Anonymous):
            _check_call(node, "an expression", lambda name: name in FUNCTIONS)
        elif type(node) not in _EXPRESSION_NODES:
            raise _refused(node, "an expression")
        _check_form(node)
        _check_arguments(node)
    check_growth(tree)
    guarded: exp.Expr = canonical(query).expressions[0].pop()
    check_round_trip(guarded)
    return guarded


def guard_select(text: str, *, tables: Collection[str]) -> exp.Expr:
    """Return the tree of one read-only query over `tables`, which are `schema.table` or bare names.

    Joins, subqueries, `WITH`, windows and aggregates are allowed; table functions, files, other catalogs and
    every other statement are not. Columns are not checked: binding does that.

    Raises:
        GuardRefused: it is anything else, or too large. `details["node"]` names what is refused; for an unknown
            table `details["table"]` names it.
    """
    found = tokens(text)
    refuse_tilde(found)
    if found[0].token_type not in _QUERY_STARTS:
        raise not_a_query(found[0].text)
    query = parse(text)
    if not isinstance(query, _QUERIES):
        raise not_a_query(type(query).__name__)
    check_size(query)
    known = {name.lower(): name for name in tables}
    for node in list(query.walk()):
        if isinstance(node, exp.Table):
            resolve_table(node, known)
        elif isinstance(node, exp.Anonymous):
            _check_call(node, "a query", lambda name: name in NAMES)
        elif type(node) not in SELECT_NODES:
            raise _refused(node, "a query")
        if isinstance(node, exp.Select) and not node.expressions:
            raise unreadable("a SELECT names no columns")
        if isinstance(node, exp.With) and node.args.get("recursive"):
            raise GuardRefused("A recursive WITH may never end.", hint="Join the table to itself.", node="With")
        if isinstance(node, exp.DataType) and node.this not in QUERY_TYPES:
            raise _refused(node, "a query")
    return canonical(query)


def _refused(node: exp.Expr, where: str) -> GuardRefused:
    name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__
    hint = HINTS.get("Window" if isinstance(node, exp.AggFunc) else name)
    if hint is None and isinstance(node, exp.Func):
        called = name if isinstance(node, exp.Anonymous) else node.sql_name().lower()
        hint = nearest(called, [*FUNCTIONS, *MACROS], at_least=80)
    return GuardRefused(
        f"{name!r} is not allowed in {where}: {_shown(node)}", hint=hint or "Use plain functions of columns.", node=name
    )


def _shown(node: exp.Expr) -> str:
    """Return the start of a refused node's SQL."""
    try:
        return " ".join(node.sql(dialect="duckdb", comments=False).split())[:80]
    except (SqlglotError, ValueError, RecursionError):
        return type(node).__name__


def _check_call(node: exp.Anonymous, where: str, is_allowed: Callable[[str], bool]) -> None:
    macro = macro_of(node)
    if macro is None:
        if not is_allowed(node.name.lower()):
            raise _refused(node, where)
        return
    problem = macro.check(tuple(node.expressions))
    if problem:
        raise GuardRefused(
            f"{macro.name} cannot be called so: {problem}.", hint=f"Usage: {macro.usage}.", node=macro.name
        )


def _resolve_column(node: exp.Column, known: dict[str, str], columns: set[str]) -> None:
    if not isinstance(node.this, exp.Identifier) or node.table:
        raise GuardRefused(f"{_shown(node)!r} is not a plain column.", hint="Name the column alone.", node="Column")
    name = node.name if node.name in columns else known.get(node.name.lower())
    if name is None:
        raise GuardRefused(
            f"There is no column {node.name!r}.", hint=nearest(node.name, columns), node="Column", column=node.name
        )
    node.set("this", exp.to_identifier(name, quoted=True))


def _check_form(node: exp.Expr) -> None:
    """Check what an expression's operators hold besides other nodes."""
    problem = None
    if isinstance(node, exp.In) and any(node.args.get(key) for key in ("query", "unnest", "field")):
        problem = "takes a list of values"
    elif isinstance(node, exp.Is) and not isinstance(node.expression, exp.Null | exp.Boolean):
        problem = "takes NULL, TRUE or FALSE"
    elif isinstance(node, exp.Like | exp.ILike) and "\\" in node.expression.name:
        problem = "takes a pattern without backslashes"
    elif isinstance(node, exp.Cast) and (node.args.get("format") or node.args.get("default")):
        problem = "takes a type and nothing else"
    elif isinstance(node, _ARITHMETIC) and any(text_literal(part) is not None for part in node.iter_expressions()):
        problem = "takes numbers, not a quoted text"
    elif isinstance(node, exp.Trim) and node.args.get("collation"):
        problem = "takes no collation"
    elif isinstance(node, exp.DataType) and (node.this not in CAST_TYPES or node.args.get("nested")):
        raise GuardRefused(
            f"The type {_shown(node)} is not allowed.",
            hint="Cast to VARCHAR, INTEGER, BIGINT, DECIMAL(p, s), DOUBLE, BOOLEAN, DATE or TIMESTAMP.",
            node="DataType",
        )
    elif isinstance(node, exp.Var) and not isinstance(node.parent, exp.TimestampTrunc | exp.Extract):
        raise _refused(node, "an expression")
    if problem:
        name = type(node).__name__
        raise GuardRefused(f"{name.upper()} {problem}: {_shown(node)}", hint="Write it in plain SQL.", node=name)


def _check_arguments(node: exp.Expr) -> None:
    function = function_of(node)
    problem = function.check(node) if function else None
    if function and problem:
        called = _shown(node).partition("(")[0].lower()
        name = called if called in FUNCTIONS else function.name
        hint = HINTS.get(name, "Write that argument as a plain literal.")
        raise GuardRefused(f"{_shown(node)} cannot be called so: {problem}.", hint=hint, node=name)
