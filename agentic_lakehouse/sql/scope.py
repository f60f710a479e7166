"""Which table a name in a query means: one of the tables given, or a `WITH` query that is in sight there.

DuckDB finds more behind a bare name: catalog views, settings, files. So a name that is neither is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz, process
from sqlglot import exp

from agentic_lakehouse.errors import GuardRefused

GIVEN = "given"
"""Key under which a resolved table reference keeps the name that it was given by."""


def nearest(word: str, known: Iterable[str], *, at_least: int = 60) -> str:
    """Return a hint: the known name most like `word` (by a score of up to 100), or a list of what there is."""
    names = sorted(known)
    match = process.extractOne(word, names, scorer=fuzz.WRatio, score_cutoff=at_least)
    if match:
        return f"Did you mean {match[0]!r}?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"There is: {shown}." if names else "There is none."


def resolve_table(table: exp.Table, known: dict[str, str]) -> None:
    """Check a table reference, and write a given table's name as it was given.

    Args:
        table: a node of a query's tree.
        known: names of the given tables, by their lower-case form.

    Raises:
        GuardRefused: it is no plain name, or names nothing that the query may read.
    """
    extra = [key for key, value in table.args.items() if value and key not in {"this", "db", "alias", "joins"}]
    if extra or not isinstance(table.this, exp.Identifier):
        shown = table.this.sql(dialect="duckdb") if table.this is not None else table.sql(dialect="duckdb")
        what = type(table.this).__name__ if not isinstance(table.this, exp.Identifier) else extra[0]
        raise GuardRefused(
            f"{shown[:80]!r} is not a plain table.",
            hint=f"Table functions, files and other catalogs are not read. {nearest(table.name, known.values())}",
            node=table.this.name.lower() if isinstance(table.this, exp.Anonymous) else what,
        )
    name = f"{table.db}.{table.name}" if table.db else table.name
    if not table.db and name.lower() in set(_with_names(table)):
        return
    if name.lower() not in known:
        raise GuardRefused(f"There is no table {name!r}.", hint=nearest(name, known.values()), node="Table", table=name)
    table.meta[GIVEN] = known[name.lower()]
    schema, _, bare = known[name.lower()].rpartition(".")
    table.set("this", exp.to_identifier(bare, quoted=True))
    table.set("db", exp.to_identifier(schema, quoted=True) if schema else None)


def _with_names(node: exp.Expr) -> Iterator[str]:
    """Yield the `WITH` queries in sight of `node`: of the queries around it; inside a `WITH`, the earlier ones."""
    child, parent = node, node.parent
    while parent is not None:
        if isinstance(parent, exp.With):
            for query in parent.expressions:
                if query is child:
                    break
                yield query.alias.lower()
        else:
            own = parent.args.get("with_")
            if own is not None and own is not child:
                yield from (query.alias.lower() for query in own.expressions)
        child, parent = parent, parent.parent
