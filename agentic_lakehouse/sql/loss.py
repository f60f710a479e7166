"""Which nulls hide a value: the text that a conversion lost, so that a cell can be kept aside, not silently nulled.

An expression's null is honest when its inputs are null or its author chose null. It hides a value where a
conversion that was reached had a non-null input and gave null: a cast that does not fit, a word that a
`value_map` does not know, a sum that overflows. Losses that the expression itself mends (`coalesce(TRY_CAST(a
AS DATE), b)` with a good `b`) or asks about (`TRY_CAST(a AS DATE) IS NULL`) do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from agentic_lakehouse.sql.bounds import too_large
from agentic_lakehouse.sql.macros import macro_of
from agentic_lakehouse.sql.trees import fill
from agentic_lakehouse.sql.types import Dialect

MAX_STEPS = 40
"""Steps of one expression that may lose a value: each is written out again in the check."""

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul)


def lost_text(tree: exp.Expr, converted: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Return an expression giving the text that was lost on the way to `converted`, null where nothing was.

    Args:
        tree: the hardened expression, helpers not yet written out.
        converted: the same converted to its target type.
        dialect: DuckDB raises on overflow, so what raises is wrapped in `TRY`; in Spark such a step is null.

    Raises:
        GuardRefused: it has more than `MAX_STEPS` steps that may lose a value.
    """
    attempt = "TRY({})" if dialect == "duckdb" else "{}"
    whens = [f"WHEN NOT {attempt.format('$converted')} IS NULL THEN NULL"]
    whens.append(f"WHEN NOT {attempt.format('$whole')} IS NULL THEN CAST({attempt.format('$whole')} AS VARCHAR)")
    parts: dict[str, exp.Expr] = {"converted": converted, "whole": tree}
    for n, (reached, inputs, output) in enumerate(_losses(tree, dialect)):
        if n >= MAX_STEPS:
            raise too_large("too many casts and helpers", MAX_STEPS, "size")
        parts |= {f"r{n}": reached, f"o{n}": output} | {f"i{n}_{m}": part for m, part in enumerate(inputs)}
        holes = [f"$i{n}_{m}" for m in range(len(inputs))]
        given = " AND ".join(f"NOT {hole} IS NULL" for hole in holes)
        texts = ", ".join(f"CAST({hole} AS VARCHAR)" for hole in holes)
        whens.append(
            f"WHEN COALESCE({attempt.format(f'$r{n} AND {given} AND $o{n} IS NULL')}, FALSE)"
            f" THEN {attempt.format(f'CONCAT_WS({chr(39)}, {chr(39)}, {texts})')}"
        )
    if dialect == "duckdb":
        # Null, though nothing above explains it: either an honest null or a step that raised.
        columns = sorted({column.name for column in tree.find_all(exp.Column)})
        parts |= {f"c{n}": exp.column(name, quoted=True) for n, name in enumerate(columns)}
        texts = ", ".join(f"CAST($c{n} AS VARCHAR)" for n in range(len(columns))) or "NULL"
        whens.append(f"WHEN TRY($whole IS NULL) IS NULL THEN CONCAT_WS(', ', {texts})")
    return fill(f"CASE {' '.join(whens)} END", **parts)


def _losses(tree: exp.Expr, dialect: Dialect) -> Iterator[tuple[exp.Expr, Sequence[exp.Expr], exp.Expr]]:
    """Yield each step that can lose a value: when it is reached, what goes in, and what comes out."""
    for node in tree.walk():
        inputs = _inputs(node, dialect)
        if inputs and not _is_asked_about(node):
            yield _reached(node), inputs, node


def _inputs(node: exp.Expr, dialect: Dialect) -> Sequence[exp.Expr]:
    macro = macro_of(node)
    if macro:
        return macro.inputs(tuple(node.expressions))
    if isinstance(node, exp.TryCast):
        return () if isinstance(node.this, exp.Literal) else (node.this,)
    if isinstance(node, exp.Anonymous) and node.name.lower() == "try_strptime":
        return (node.expressions[0],)
    if isinstance(node, exp.DateFromParts):
        return tuple(node.iter_expressions())
    if dialect == "spark" and isinstance(node, _ARITHMETIC):
        return node.this, node.expression
    return ()


def _is_asked_about(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Is) and isinstance(parent.expression, exp.Null)


def _reached(node: exp.Expr) -> exp.Expr:
    """Return the condition under which a step's result decides the expression's: the branches it stands in."""
    conditions: list[exp.Expr] = []
    child, parent, in_value = node, node.parent, False
    while parent is not None:
        if isinstance(parent, exp.Coalesce):
            conditions.append(fill("$x IS NULL", x=parent))
        elif isinstance(parent, exp.If):
            in_value = child.arg_key == "true"
        elif isinstance(parent, exp.Case) and child.arg_key != "this":
            conditions.extend(_branch(parent, child, in_value=in_value))
        child, parent = parent, parent.parent
    return exp.and_(*conditions) if conditions else exp.true()


def _branch(case: exp.Case, child: exp.Expr, *, in_value: bool) -> Iterator[exp.Expr]:
    """Yield the conditions for a `CASE` to come to the test of its branch `child`, or on to its value."""
    for branch in case.args["ifs"]:
        test = fill("$x = $y", x=case.this, y=branch.this) if case.this else branch.this
        if branch is child:
            if in_value:
                yield fill("$x IS TRUE", x=test)
            return
        yield fill("NOT $x IS TRUE", x=test)
