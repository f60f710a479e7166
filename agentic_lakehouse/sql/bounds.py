"""How much SQL is too much: length, nesting and size, checked before and after parsing.

A parser that recurses and a helper that copies its argument both turn a short hostile text into a long
wait. These bounds are far above what a mapping or a report needs, and below what hurts.
"""

from __future__ import annotations

from math import ceil

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from agentic_lakehouse.errors import GuardRefused

MAX_BYTES = 8_192
MAX_TOKENS = 2_000
MAX_NESTING = 16
"""Brackets and `CASE`s inside one another; the parser needs about 25 Python frames for each."""
MAX_DEPTH = 60
"""Levels of the tree; a chain such as `a || b || c` is a level for each operator."""
MAX_NODES = 3_000
MAX_EXPANDED_NODES = 60_000
"""After helper macros, which copy their arguments, and the checks that the compiler adds."""
MAX_GROWTH = 10_000
"""How many times longer than its input a text may become through `replace`, `lpad` and the like."""

_OPEN = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSE = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}


def too_large(what: str, limit: int, node: str) -> GuardRefused:
    """Return the error for SQL past one of the bounds."""
    return GuardRefused(f"The SQL has {what} (at most {limit:,}).", hint="Write it shorter.", node=node)


def tokens(text: str) -> list[Token]:
    """Split `text`, without a trailing semicolon, checking length, nesting and that it is one statement.

    Raises:
        GuardRefused: it is empty, too long, nested too deep, not SQL, or more than one statement.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise too_large("too many bytes", MAX_BYTES, "text")
    try:
        found = sqlglot.tokenize(text, read="duckdb")
    except SqlglotError as error:
        raise GuardRefused("The SQL cannot be read.", hint="Check its quotes and comments.", node="syntax") from error
    if len(found) > MAX_TOKENS:
        raise too_large("too many words and signs", MAX_TOKENS, "text")
    while found and found[-1].token_type is TokenType.SEMICOLON:
        found.pop()
    if not found:
        raise GuardRefused("The SQL is empty.", hint="Write an expression such as `upper(brand)`.", node="empty")
    level = 0
    for token in found:
        if token.token_type is TokenType.SEMICOLON:
            raise GuardRefused("There is more than one statement.", hint="Remove all after the `;`.", node="Semicolon")
        level += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
        if level > MAX_NESTING:
            raise too_large("too many brackets inside one another", MAX_NESTING, "nesting")
    return found


def check_size(tree: exp.Expr) -> None:
    """Check the size and depth of a parsed tree.

    Raises:
        GuardRefused: it has too many nodes or levels.
    """
    nodes, depth = _measure(tree)
    if nodes > MAX_NODES:
        raise too_large("too many parts", MAX_NODES, "size")
    if depth > MAX_DEPTH:
        raise too_large("too many levels", MAX_DEPTH, "depth")


def check_expanded(tree: exp.Expr) -> None:
    """Check the size of a tree whose helper macros are expanded.

    Raises:
        GuardRefused: it has too many nodes.
    """
    if _measure(tree)[0] > MAX_EXPANDED_NODES:
        raise too_large("too many parts once its helpers are written out", MAX_EXPANDED_NODES, "size")


def _measure(tree: exp.Expr) -> tuple[int, int]:
    """Return the number of nodes and of levels."""
    nodes = depth = 0
    level: list[exp.Expr] = [tree]
    while level:
        nodes += len(level)
        depth += 1
        level = [child for node in level for child in node.iter_expressions()]
    return nodes, depth


def check_growth(tree: exp.Expr) -> None:
    """Check that no text can become much longer than the cell it came from.

    `replace(replace(a, 'x', 'xxxxxxxx'), 'x', 'xxxxxxxx')` and so on would fill the memory from one short cell.

    Raises:
        GuardRefused: the replacements along one branch could multiply a text by more than `MAX_GROWTH`.
    """
    pending = [(tree, 1)]
    while pending:
        node, factor = pending.pop()
        factor *= _growth(node)
        if factor > MAX_GROWTH:
            raise too_large("replacements that multiply a text too often", MAX_GROWTH, "growth")
        pending.extend((child, factor) for child in node.iter_expressions())


def _growth(node: exp.Expr) -> int:
    if isinstance(node, exp.Replace):
        return max(1, ceil(_width(node.args.get("replacement")) / max(1, _width(node.expression, unknown=1))))
    if isinstance(node, exp.RegexpReplace):
        return 1 + _width(node.args.get("replacement"))
    return 1


def _width(node: exp.Expr | None, *, unknown: int = 100) -> int:
    """Length of a literal; a computed text is taken to be `unknown` long."""
    if node is None:
        return 0
    return len(node.name) if isinstance(node, exp.Literal) else unknown
