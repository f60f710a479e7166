"""Which nulls hide a value: the text that a conversion lost, so that a cell can be kept aside, not silently nulled.

An expression's null is honest when its inputs are null or its author chose null. It hides a value where a
step that was reached had non-null inputs and could not give one: a cast that does not fit, a word that a
`value_map` does not know, a sum that overflows. Losses that the expression itself mends (`coalesce(TRY_CAST(a
AS DATE), b)` with a good `b`) or asks about (`TRY_CAST(a AS DATE) IS NULL`) do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from agentic_lakehouse.sql.bounds import too_large
from agentic_lakehouse.sql.macros import macro_of
from agentic_lakehouse.sql.trees import fill

MAX_STEPS = 60
"""Steps of one expression that may lose a value: each is written out again in the check."""

_HONEST = (exp.Case, exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least, exp.And, exp.Or)
"""Steps whose null says nothing: it may be one of their inputs."""


def lost_text(tree: exp.Expr, converted: exp.Expr) -> exp.Expr:
    """Return an expression giving the text that was lost on the way to `converted`, null where nothing was.

    Args:
        tree: the hardened expression, helpers not yet written out.
        converted: the same converted to its target type.

    Raises:
        GuardRefused: it has more than `MAX_STEPS` steps that may lose a value.
    """
    whens = ["WHEN NOT $converted IS NULL THEN NULL", "WHEN NOT $whole IS NULL THEN CAST($whole AS VARCHAR)"]
    parts: dict[str, exp.Expr] = {"converted": converted, "whole": tree}
    for n, (reached, inputs, output) in enumerate(_losses(tree)):
        if n >= MAX_STEPS:
            raise too_large("too many casts, sums and helpers", MAX_STEPS, "size")
        holes = [f"$i{n}_{m}" for m in range(len(inputs))]
        given = " AND ".join(f"NOT {hole} IS NULL" for hole in holes)
        texts = ", ".join(f"CAST({hole} AS VARCHAR)" for hole in holes)
        text = f"CONCAT_WS(', ', {texts})" if len(inputs) > 1 else texts
        whens.append(f"WHEN $r{n} AND {given} AND $o{n} IS NULL THEN {text}")
        parts |= {f"r{n}": reached, f"o{n}": output} | {f"i{n}_{m}": part for m, part in enumerate(inputs)}
    return fill(f"CASE {' '.join(whens)} END", **parts)


def loses(tree: exp.Expr) -> bool:
    """Return whether a hardened expression has a step that may lose a value."""
    return next(_losses(tree), None) is not None


def _losses(tree: exp.Expr) -> Iterator[tuple[exp.Expr, Sequence[exp.Expr], exp.Expr]]:
    """Yield each step that can lose a value: when it is reached, what goes in, and what comes out."""
    for node in tree.walk():
        inputs = _inputs(node)
        if inputs and not _is_asked_about(node):
            yield _reached(node), inputs, node


def _inputs(node: exp.Expr) -> Sequence[exp.Expr]:
    """Return the values that, when none is null, must give a value; empty for steps that lose nothing."""
    macro = macro_of(node)
    if macro:
        return macro.inputs(tuple(node.expressions))
    if isinstance(node, exp.TryCast):
        return () if isinstance(node.this, exp.Literal) else (node.this,)
    if isinstance(node, exp.Anonymous) and node.name.lower() == "try_strptime":
        return (node.expressions[0],)
    return _tried(node.this) if isinstance(node, exp.Try) else ()


def _tried(node: exp.Expr) -> Sequence[exp.Expr]:
    if isinstance(node, exp.Anonymous):  # only json_extract_string: a path may be absent, the document not broken
        return (fill("CASE WHEN NOT JSON_VALID($x) THEN $x END", x=node.expressions[0]),)
    if isinstance(node, exp.Mod):
        return node.this, fill("NULLIF($x, 0)", x=node.expression)
    if isinstance(node, _HONEST):
        return ()
    return tuple(part for part in node.iter_expressions() if not isinstance(part, exp.Literal))


def _is_asked_about(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Try):
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
