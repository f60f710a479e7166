"""From text to one parsed statement, or a refusal that names what stands there instead."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.bounds import MAX_NESTING, too_large

_STATEMENTS = frozenset(
    {
        "ALTER", "ANALYZE", "ATTACH", "BEGIN", "CALL", "CHECKPOINT", "COMMIT", "COPY", "CREATE", "DELETE", "DESCRIBE",
        "DETACH", "DROP", "EXECUTE", "EXPLAIN", "EXPORT", "FROM", "IMPORT", "INSERT", "INSTALL", "LOAD", "MERGE",
        "PIVOT", "PRAGMA", "PREPARE", "RESET", "ROLLBACK", "SELECT", "SET", "SHOW", "SUMMARIZE", "TRUNCATE", "UPDATE",
        "USE", "VACUUM", "VALUES", "WITH",
    }
)  # fmt: skip


def parse(text: str) -> exp.Expr:
    """Parse one DuckDB statement.

    Raises:
        GuardRefused: it cannot be read, or is more than one.
    """
    try:
        trees = sqlglot.parse(text, read="duckdb")
    except RecursionError as error:
        raise too_large("too many brackets inside one another", MAX_NESTING, "nesting") from error
    except ParseError as error:
        why = error.errors[0].get("description") if error.errors else None
        raise unreadable(why or "it is not complete") from error
    except (SqlglotError, ValueError) as error:
        raise unreadable("it is not SQL") from error
    if len(trees) != 1 or trees[0] is None:
        raise GuardRefused("There is more than one statement.", hint="Write one.", node="Semicolon")
    return trees[0]


def unreadable(why: str) -> GuardRefused:
    """Return the error for text that is not SQL."""
    return GuardRefused(
        f"The SQL cannot be read: {why.rstrip('.')}.",
        hint="Check brackets and quotes; names that are SQL words stand in double quotes.",
        node="syntax",
    )


def not_a_query(what: str) -> GuardRefused:
    """Return the error for a statement where a query was expected."""
    return GuardRefused(
        f"Only a SELECT can be run, not {what.upper()!r}.",
        hint="Write one query that reads.",
        node=what.capitalize() if what.isupper() or what.islower() else what,
    )


def refuse_statement(found: list[Token]) -> None:
    """Name the statement where an expression was expected; columns may be called so, hence only after a fault."""
    word = found[0].text.upper()
    if word in _STATEMENTS:
        raise GuardRefused(
            f"An expression was expected, not a {word} statement.",
            hint="Write one value over the columns of one row, such as `upper(brand)`.",
            node=word.capitalize(),
        )


def refuse_tilde(found: list[Token]) -> None:
    """Refuse `~`: it matches the whole text in DuckDB and a part of it elsewhere."""
    if any(token.token_type is TokenType.TILDE for token in found):
        raise GuardRefused("`~` is not allowed.", hint="Use regexp_full_match or regexp_matches.", node="Tilde")
