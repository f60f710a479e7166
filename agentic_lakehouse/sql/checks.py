"""What a function's arguments must be, so that both dialects agree and no row can surprise.

Each check looks at one parsed call and returns what is wrong with it, or `None`. A pattern, format or
position that decides how a call behaves must be a literal: it is reviewed once and cannot come from a cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

Check = Callable[[exp.Expr], str | None]

MAX_PATTERN = 500
"""Characters in a regular expression."""
MAX_PAD = 1_000
"""Characters that `lpad` and `rpad` may fill up to."""

_NOT_RE2 = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=|[*+?}]\+")
"""Look-around, back-references, possessive repeats: Java has them, RE2 (DuckDB's engine) does not."""
_BACKSLASH = re.compile(r"\\(.|$)", re.DOTALL)
_NO_GROUP = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
"""Where a bracket opens no group: after a backslash, and in a class."""
_GROUP = re.compile(r"\((?!\?)|\(\?P?<[A-Za-z]")
_DIRECTIVE = re.compile(r"%(-?.|$)", re.DOTALL)
_DIRECTIVES = frozenset({"Y", "y", "m", "d", "H", "I", "p", "M", "S", "f", "b", "B", "j", "-m", "-d", "-H", "-M", "-S"})
"""`strptime` marks that both dialects know."""
_JSON_PATH = re.compile(r"\$(?:\.[A-Za-z_][A-Za-z0-9_]*|\[[0-9]+\])*")
"""Plain keys and positions: the JSON paths that DuckDB and Spark read alike."""
UNITS_OF_TIME = frozenset({"YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"})


def check_pattern(pattern: str) -> str | None:
    """Return what is wrong with a regular expression, or `None`."""
    if len(pattern) > MAX_PATTERN:
        return f"its pattern has more than {MAX_PATTERN} characters"
    if _NOT_RE2.search(pattern):
        return "its pattern uses look-around, a back-reference or a possessive repeat, which RE2 does not have"
    return None


def text_literal(node: exp.Expr | None) -> str | None:
    """Return the value of a string literal, or `None` for anything else."""
    return node.name if isinstance(node, exp.Literal) and node.is_string else None


def integer_literal(node: exp.Expr | None) -> int | None:
    """Return the value of an integer literal, signed or not, or `None` for anything else."""
    sign = 1
    if isinstance(node, exp.Neg):
        node, sign = node.this, -1
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdecimal():
        return sign * int(node.name)
    return None


def anything(_: exp.Expr) -> str | None:
    """Accept every call."""
    return None


def regex(node: exp.Expr) -> str | None:
    """Check a call with a pattern and no options."""
    pattern = text_literal(node.args.get("expression"))
    if pattern is None:
        return "its pattern must be a string literal"
    if node.args.get("flag") or node.args.get("options") or node.args.get("parameters"):
        return "options are not allowed: write `(?i)` at the start of the pattern"
    return check_pattern(pattern)


def regex_group(node: exp.Expr) -> str | None:
    """Check `regexp_extract`: the group is a number from 0 to 9."""
    group = node.args.get("group")
    if group is not None and integer_literal(group) not in range(10):
        return "its group must be a number from 0 to 9"
    return regex(node)


def regex_replace(node: exp.Expr) -> str | None:
    """Check `regexp_replace`: DuckDB replaces the first match unless told 'g', Spark replaces all."""
    if text_literal(node.args.get("modifiers")) != "g":
        return "it must end with the option 'g'"
    replacement, pattern = text_literal(node.args.get("replacement")), text_literal(node.args.get("expression"))
    if replacement is None:
        return "its replacement must be a string literal"
    marks = _BACKSLASH.findall(replacement)
    if any(not mark.isdigit() or int(mark) > _groups(pattern or "") for mark in marks):
        return "its replacement may hold a backslash only before the number of a group in its pattern"
    return regex(node)


def _groups(pattern: str) -> int:
    """Return the number of capturing groups in a regular expression."""
    return len(_GROUP.findall(_NO_GROUP.sub("", pattern)))


def split_index(node: exp.Expr) -> str | None:
    """Check `split_part`: positions count from 1, or from -1 backwards."""
    if not integer_literal(node.args.get("part_index")):
        return "its position must be a whole number other than 0"
    return None if text_literal(node.args.get("delimiter")) else "its separator must be a string literal"


def substring_start(node: exp.Expr) -> str | None:
    """Check `substring`: the dialects disagree on a start of 0."""
    return "its start must not be 0: the first character is 1" if integer_literal(node.args.get("start")) == 0 else None


def pad(node: exp.Expr) -> str | None:
    """Check `lpad` and `rpad`."""
    if integer_literal(node.expression) not in range(MAX_PAD + 1):
        return f"its length must be a whole number from 0 to {MAX_PAD}"
    return None if text_literal(node.args.get("fill_pattern")) else "its filling must be a string literal"


def digits_literal(node: exp.Expr) -> str | None:
    """Check `round`."""
    digits = node.args.get("decimals")
    return None if digits is None or integer_literal(digits) is not None else "its digits must be a whole number"


def time_format(node: exp.Expr) -> str | None:
    """Check a `strptime` or `strftime` format."""
    pattern = text_literal(node.args.get("format") or (node.expressions[1] if len(node.expressions) == 2 else None))
    if pattern is None:
        return "its format must be a string literal"
    unknown = [mark for mark in _DIRECTIVE.findall(pattern) if mark not in _DIRECTIVES]
    return f"its format uses %{unknown[0]}" if unknown else None


def time_unit(node: exp.Expr) -> str | None:
    """Check the unit of `date_trunc` and `extract`."""
    unit = node.args.get("unit") or node.this
    known = unit.name.upper() in UNITS_OF_TIME
    return None if known else f"its unit must be one of {', '.join(sorted(UNITS_OF_TIME)).lower()}"


def json_path(node: exp.Expr) -> str | None:
    """Check that a JSON path is a literal of plain keys and positions."""
    path = node.expression
    text = path.sql(dialect="duckdb").strip("'") if isinstance(path, exp.JSONPath) else text_literal(path)
    return None if text and _JSON_PATH.fullmatch(text) else "its path must be a literal such as '$.images[0].src'"
