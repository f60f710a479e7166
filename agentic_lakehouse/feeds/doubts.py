"""What a person should know of a column: measured, and in words that say what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from agentic_lakehouse.feeds.evidence import TypeTallies

ENOUGH = 0.95
"""Share of a column's values that would have one type if nothing stood in its way."""
CUT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+]?[0-9]+")
"""Scientific notation of large numbers: what a spreadsheet makes of a long identifier, its last digits lost."""


def doubts(
    types: TypeTallies, *, values: int, order: str | None, mark: str, is_mark_known: bool, seen: Iterable[str]
) -> tuple[str, ...]:
    """Return warnings about a column.

    Args:
        types: its readings.
        values: how many values it has.
        order: order of day, month and year that the vendor's locale names.
        mark: decimal mark to believe.
        is_mark_known: whether the locale or another column speaks for it.
        seen: values of the column.
    """
    return (
        *_cut_numbers(seen),
        *_open_dates(types, values, order),
        *([] if is_mark_known else _open_mark(types, values, mark)),
        *_several_units(types, values),
    )


def _cut_numbers(seen: Iterable[str]) -> Iterator[str]:
    example = next((text for text in seen if CUT.fullmatch(text)), None)
    if example is not None:
        yield (
            f"values such as {example!r} are in scientific notation: a spreadsheet may have cut their last digits. Ask "
            "the vendor for the column as text."
        )


def _open_dates(types: TypeTallies, values: int, order: str | None) -> Iterator[str]:
    layouts = types.open_orders(order)
    tally = types.instants[layouts[0]] if layouts else None
    if tally is not None and tally.least is not None and tally.matches >= ENOUGH * values:
        formats = " or ".join(fmt for _, fmt in layouts)
        yield (
            f"dates such as {tally.least[1]!r} may be {formats}, and nothing tells which: left as text. The vendor's "
            "`locale` in its facts settles it."
        )


def _open_mark(types: TypeTallies, values: int, mark: str) -> Iterator[str]:
    found = types.numbers.open_mark(mark, ENOUGH * values)
    if found is not None:
        example, fmt = found
        yield (
            f"numbers such as {example!r} may have a decimal mark or one between thousands, and nothing tells which: "
            f"read like {fmt}. The vendor's `locale` in its facts settles it."
        )


def _several_units(types: TypeTallies, values: int) -> Iterator[str]:
    units = types.numbers.units
    if len(units) > 1 and sum(units.values()) >= ENOUGH * values and not types.numbers.is_clear(ENOUGH * values):
        counted = ", ".join(f"{unit or 'no unit'} {count}" for unit, count in units.most_common())
        yield f"numbers in several units ({counted}): left as text, in which each cell says its own."
