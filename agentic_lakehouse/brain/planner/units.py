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

NUMERIC = re.compile(r"^(decimal|long|integer|int|double|float|number|bigint|smallint)\b")
"""Types of targets that hold numbers."""
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
        "km": "km kms kilometer kilometre kilometers kilometres kilometro kilometros chilometri",
        "mi": "mi mile miles meilen millas miglia",
    },
    "volume": {
        "ml": "ml mlt milliliter millilitre milliliters millilitres mililitro mililitros millilitro",
        "cl": "cl clt centiliter centilitre zentiliter",
        "l": "l ltr liter litre liters litres litro litros litri",
        "m3": "cbm kubikmeter",
    },
    "area": {
        "cm2": "sqcm",
        "m2": "qm sqm mq quadratmeter",
        "ha": "ha hectare hectares hektar hectarea hectareas ettari",
        "ft2": "sqft sf",
    },
    "energy": {
        "wh": "wh",
        "kwh": "kwh kilowattstunden kilowatthours",
        "mwh": "mwh megawattstunden",
    },
    "power": {
        "w": "w watt watts",
        "kw": "kw kilowatt kilowatts",
    },
    "time": {
        "s": "s sec secs seconds sekunden secondes segundos secondi",
        "min": "min mins minutes minuten minutos minuti",
        "h": "h hr hrs hours stunden heures horas uren",
    },
    "temperature": {
        "celsius": "celsius centigrade",
        "fahrenheit": "fahrenheit",
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
AMBIGUOUS = frozenset({"t", "s", "h", "w", "min", "sf", "mi", "ha", "sec", "mtr"})
"""Spellings that mean a unit only where nothing else can be meant: in brackets, or alone in a cell."""
_BRACKETS = re.compile(r"[(\[{]\s*([^)\]}]+?)\s*[)\]}]")
SURE_LENGTH, ALONE_LENGTH = 4, 3
"""Letters from which a unit's spelling means it within a header, not as its first word: a `Meter number` is no length.
Shorter ones do only at the end, or of three letters alone."""


def header_unit(header: str) -> str | None:
    """Return the unit that a header names: `Gewicht (kg)`, `width_mm`, `Weight in grams`, `Grams`; else `None`."""
    for bracketed in _BRACKETS.findall(header):
        inside = words(bracketed)
        if inside and inside[-1] in UNITS:
            return UNITS[inside[-1]]
    listed = words(header)
    for place, word in enumerate(listed):
        at_end = place == len(listed) - 1 and (place > 0 or len(word) >= ALONE_LENGTH)
        inside_it = place > 0 and len(word) >= SURE_LENGTH
        if word in UNITS and word not in AMBIGUOUS and (at_end or inside_it):
            return UNITS[word]
    return None


def unit_named(text: str | None) -> str | None:
    """Return the unit that a text names alone, such as the cell `KG` or the fact `g`; else `None`."""
    listed = words(text or "")
    return UNITS.get(listed[0]) if len(listed) == 1 else None


def target_unit(target: TargetColumn) -> str | None:
    """Return the unit in which a target is kept: what the standard says, else what the column's name does."""
    if target.unit:
        return unit_named(target.unit)
    return header_unit(target.name) if NUMERIC.match(target.type) else None


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
