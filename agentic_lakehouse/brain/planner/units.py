"""Units of measure in headers and cells: which unit a word means, and what it measures.

The units are those that `convert_unit` knows; their spellings follow UN/CEFACT Recommendation 20 and common use.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from agentic_lakehouse.brain.planner.tokens import words

if TYPE_CHECKING:
    from agentic_lakehouse.brain.question import TargetColumn

_SPELLINGS: dict[str, dict[str, str]] = {
    "mass": {
        "mg": "mg milligram milligrams milligramm milligramme milligrammo miligramo",
        "g": "g gr gram grams gramm gramme grammes gramos gramo grammo grammi grm",
        "kg": "kg kgs kgm kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes kilogramos kilogrammi",
        "lb": "lb lbs lbr pound pounds pfund libra libras libbra libbre",
        "oz": "oz onz ounce ounces unze unzen once onza oncia",
        "t": "t tne tonne tonnes tonnen ton tons",
    },
    "length": {
        "mm": "mm mmt millimeter millimetre millimeters millimetres milimetro milimetros millimetro millimetri",
        "cm": "cm cmt centimeter centimetre centimeters centimetres zentimeter centimetro centimetros centimetri",
        "m": "m mtr meter metre meters metres metro metros metri",
        "in": "in inch inches inh zoll pouce pouces pulgada pulgadas pollice pollici",
        "ft": "ft feet foot fuss fot pied pieds",
    },
    "volume": {
        "ml": "ml mlt milliliter millilitre milliliters millilitres mililitro mililitros millilitro",
        "cl": "cl clt centiliter centilitre zentiliter",
        "l": "l ltr liter litre liters litres litro litros litri",
    },
    "money": {
        "cent": "cent cents ct cts pence centimes centimos centesimi",
    },
}
DIMENSION = {unit: dimension for dimension, units in _SPELLINGS.items() for unit in units}
"""What each unit measures."""
UNITS = {
    spelling: unit for units in _SPELLINGS.values() for unit, listed in units.items() for spelling in listed.split()
}
"""Spelling to unit."""
PERCENT = "%"
SHARED_SIGNS = frozenset({"$", "¥", "kr"})
"""Signs that several currencies share."""
_BRACKETS = re.compile(r"[(\[{]\s*([^)\]}]+?)\s*[)\]}]")
SURE_LENGTH = 3
"""Letters from which a unit's spelling means it wherever it stands; shorter ones only at the end."""


def header_unit(header: str) -> str | None:
    """Return the unit that a header names: `Gewicht (kg)`, `width_mm`, `Weight in grams`, `Grams`; else `None`."""
    for bracketed in _BRACKETS.findall(header):
        inside = words(bracketed)
        if inside and inside[-1] in UNITS:
            return UNITS[inside[-1]]
    listed = words(header)
    for position, word in enumerate(listed):
        at_end = position == len(listed) - 1 and len(listed) > 1 and word != "t"
        if word in UNITS and (len(word) >= SURE_LENGTH or at_end):
            return UNITS[word]
    return None


def unit_named(text: str | None) -> str | None:
    """Return the unit that a text names alone, such as the cell `KG` or the fact `g`; else `None`."""
    listed = words(text or "")
    return UNITS.get(listed[0]) if len(listed) == 1 else None


def target_unit(target: TargetColumn) -> str | None:
    """Return the unit in which a target is kept: what the standard says, else what the column's name does."""
    return unit_named(target.unit) if target.unit else header_unit(target.name)


def is_unit(word: str) -> bool:
    """Say whether a word may be a unit."""
    return word in UNITS


def is_currency(unit: str | None) -> bool:
    """Say whether a unit is an ISO 4217 code; a sign that several countries share (`$`) names none."""
    return unit in _currencies()


def is_money(unit: str) -> bool:
    """Say whether a unit is a currency, by code or by sign."""
    return unit in SHARED_SIGNS or is_currency(unit)


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies())
