"""What commands say: one JSON document, or tables that fit 80 columns. Everything else goes to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from agentic_lakehouse.errors import LakehouseError


def print_json(document: Any) -> None:
    """Print the command's one JSON document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def console() -> Console:
    """Return stdout as tables are printed on it: as wide as the terminal, 80 columns where there is none.

    What a vendor wrote between brackets is text, not style.
    """
    out = Console(highlight=False, soft_wrap=False, markup=False)
    return out if out.is_terminal else Console(highlight=False, width=80, markup=False)


def say(text: str) -> None:
    """Tell a person something that is not the answer, on stderr."""
    Console(stderr=True, highlight=False).print(text, markup=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """Print a plain table on stdout; columns named in `right` are numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console().print(table)


def print_error(error: LakehouseError, *, as_json: bool) -> None:
    """Print one clear message with its hint: on stderr, and as the JSON document where one is expected."""
    if as_json:
        print_json({"error": error.message, "hint": error.hint, "reason": error.reason, "details": error.details})
    # Not folded at the width of a terminal: the file that it names is to be copied.
    Console(stderr=True, highlight=False).print(f"{type(error).__name__}: {error}", markup=False, soft_wrap=True)
