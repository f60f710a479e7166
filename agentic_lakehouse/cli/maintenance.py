"""`lakehouse maintain`: what nobody needs any more goes, and small files become large ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from agentic_lakehouse.cli.output import console, print_json, print_table

if TYPE_CHECKING:
    from agentic_lakehouse.pipeline.maintain import Tidied

WHAT = {
    "scratch_folders": "scratch folders that dead runs left",
    "branches": "branches that dead runs left",
    "unfinished": "changes of main that dead runs left unfinished",
    "compaction": "small files put together",
    "history": "old commits whose tables are let go",
    "settled_bytes": "kept bytes of deliveries settled long ago",
    "stray_bytes": "kept bytes that no delivery names",
    "orphans": "files that no table refers to",
}
"""What each part counts."""

UNITS = ("B", "kB", "MB", "GB", "TB")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(maintain)


def maintain(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document, with every name.")] = False,
) -> None:
    """Put small files together, and let go of what the policy's `retention` keeps no longer.

    Safe while feeds run; a feed that is being worked on is left alone. `lakehouse dev` does it daily.

    Example: lakehouse maintain --dry-run
    """
    from agentic_lakehouse.pipeline.lakehouse import Lakehouse

    done: list[Tidied] = []
    try:
        Lakehouse().maintain(dry_run=dry_run, on_done=done.append)
    finally:  # what is done is done, whatever stops the rest
        if done and not json:
            _print(done, dry_run=dry_run)
    if json:
        print_json({"dry_run": dry_run, "parts": [_facts(part) for part in done]})


def _print(done: Sequence[Tidied], *, dry_run: bool) -> None:
    print_table(("what", "how many", "size"), [_line(part) for part in done], right=("how many", "size"))
    out = console()
    for name in (name for part in done if part.part == "compaction" for name in part.names):
        out.print(f"Put together: {name}.", markup=False)
    if busy := [feed for part in done for feed in part.busy]:
        out.print(f"Left alone, since they are being worked on: {', '.join(busy)}.", markup=False)
    if dry_run:
        out.print("Nothing was done. With `--json` every name is told.", markup=False)


def _facts(part: Tidied) -> dict[str, object]:
    return {
        "part": part.part,
        "what": WHAT[part.part],
        "count": part.count,
        "bytes": part.byte_size,
        "names": list(part.names),
        "busy": list(part.busy),
        "approximate": part.approximate,
    }


def _line(part: Tidied) -> tuple[str, str, str]:
    about = "at least " if part.approximate else ""
    return WHAT[part.part], f"{about}{part.count}", _size(part.byte_size) if part.byte_size else ""


def _size(byte_size: int) -> str:
    """Return a number of bytes as a person reads it."""
    size, unit = float(byte_size), 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {UNITS[unit]}" if unit == 0 else f"{size:.1f} {UNITS[unit]}"
