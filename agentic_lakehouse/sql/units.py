"""Units of measure and their exact factors.

Sources: the International Bureau of Weights and Measures' SI brochure for metric units, and the
international yard and pound agreement of 1959 for the others (1 lb = 0.45359237 kg, 1 in = 2.54 cm, exact).
Temperatures are not here: between their scales lies an offset, which is no factor.
"""

from __future__ import annotations

from fractions import Fraction

UNITS: dict[str, tuple[str, Fraction]] = {
    "mg": ("mass", Fraction(1, 1000)),
    "g": ("mass", Fraction(1)),
    "kg": ("mass", Fraction(1000)),
    "t": ("mass", Fraction(1_000_000)),
    "lb": ("mass", Fraction("453.59237")),
    "oz": ("mass", Fraction("28.349523125")),
    "mm": ("length", Fraction(1, 1000)),
    "cm": ("length", Fraction(1, 100)),
    "m": ("length", Fraction(1)),
    "in": ("length", Fraction("0.0254")),
    "ft": ("length", Fraction("0.3048")),
    "km": ("length", Fraction(1000)),
    "mi": ("length", Fraction("1609.344")),
    "ml": ("volume", Fraction(1, 1000)),
    "cl": ("volume", Fraction(1, 100)),
    "l": ("volume", Fraction(1)),
    "m3": ("volume", Fraction(1000)),
    "cm2": ("area", Fraction(1, 10_000)),
    "m2": ("area", Fraction(1)),
    "ha": ("area", Fraction(10_000)),
    "ft2": ("area", Fraction("0.09290304")),
    "wh": ("energy", Fraction(1)),
    "kwh": ("energy", Fraction(1000)),
    "mwh": ("energy", Fraction(1_000_000)),
    "w": ("power", Fraction(1)),
    "kw": ("power", Fraction(1000)),
    "s": ("time", Fraction(1)),
    "min": ("time", Fraction(60)),
    "h": ("time", Fraction(3600)),
    "cent": ("money", Fraction(1, 100)),
    "unit": ("money", Fraction(1)),
}
"""Unit to its dimension and how many of the dimension's base unit (g, m, l, m2, Wh, W, s, currency unit) it is."""


def unit_problem(source: str, target: str) -> str | None:
    """Return why `source` cannot be converted to `target`, or `None`."""
    for unit in (source, target):
        if unit.lower() not in UNITS:
            return f"{unit!r} is not a unit it knows ({', '.join(UNITS)})"
    one, other = UNITS[source.lower()][0], UNITS[target.lower()][0]
    return None if one == other else f"{source!r} is a unit of {one}, {target!r} of {other}"


def factor(source: str, target: str) -> Fraction:
    """Return the exact number of `target` units in one `source` unit; both are of one dimension."""
    return UNITS[source.lower()][1] / UNITS[target.lower()][1]


def units_like(target: str) -> tuple[str, ...]:
    """Return the units of `target`'s dimension."""
    dimension = UNITS[target.lower()][0]
    return tuple(unit for unit, (other, _) in UNITS.items() if other == dimension)
