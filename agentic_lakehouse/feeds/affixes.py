"""What may stand before or behind a number in its cell, and which unit it says: currencies, `%`, units of measure.

Only what says one thing is known: `EUR` and `kg`, not `try` (lira or a word), `M` (metres or millions) or `"`.
"""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from agentic_lakehouse.feeds.vocabulary import CURRENCY_SIGNS, UNITS, currencies

AFFIX = r"[^\s\d.,'’\"_·+()|#-]{1,8}"
"""Regular expression, for Rust and Python, of an affix; whether it is one that is known is another question."""


def may_be_affixes(before: pl.Expr, after: pl.Expr) -> pl.Expr:
    """Whether both texts are empty or may be known: a look at many at once, before `unit_of` decides."""
    money = list(CURRENCY_SIGNS.keys() | currencies())
    return ((before == "") | before.is_in(money)) & (
        (after == "") | after.is_in(money) | after.str.to_lowercase().is_in(list(UNITS))
    )


@lru_cache(maxsize=4096)
def unit_of(before: str, after: str) -> str | None:
    """Return the unit that a number between these affixes is in: an ISO 4217 code or sign, `%`, or a unit of measure.

    `None` where there are two affixes, or one that is not known. Case counts: `Ft` are forints, `ft` feet.
    """
    if bool(before) == bool(after):
        return None
    affix = before or after
    currency = CURRENCY_SIGNS.get(affix) or (affix if affix in currencies() else None)
    if currency or before:
        return currency
    is_known = affix.lower() in UNITS and (affix.islower() or len(affix) > 1 or not affix.isalpha())
    return affix if is_known else None
