"""What a helper macro is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from agentic_lakehouse.sql.types import Dialect

Arguments = Sequence[exp.Expr]


def _no_inputs(_: Arguments) -> tuple[exp.Expr, ...]:
    return ()


@dataclass(frozen=True)
class Macro:
    """A guarded function that is written out as plain SQL."""

    name: str
    usage: str
    """How it is called, such as `divide(x, y, scale)`."""
    doc: str
    """What it returns, in one sentence."""
    kind: str
    """Type of its result, as `sql.kinds` names types."""
    expand: Callable[[Arguments, Dialect], exp.Expr]
    """Arguments to plain SQL."""
    check: Callable[[Arguments], str | None]
    """Returns what is wrong with the arguments, or `None`."""
    inputs: Callable[[Arguments], Sequence[exp.Expr]] = _no_inputs
    """Values that, when none of them is null, must give a value: a null result then means that a value was lost.
    Empty for helpers whose null is an answer, such as `clean_text` of blanks."""
