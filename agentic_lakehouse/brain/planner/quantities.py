"""Numbers and their units as expressions: read out of text where need be, converted to the target's unit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentic_lakehouse.brain.planner.tokens import lexicon, words
from agentic_lakehouse.brain.planner.units import DIMENSION, UNITS, header_unit, target_unit, unit_named
from agentic_lakehouse.brain.planner.values import numeric_share, shown
from agentic_lakehouse.brain.question import MapQuestion, SourceColumn, TargetColumn
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.sql.number_macros import is_number_example
from agentic_lakehouse.sql.types import literal, quote

NUMBER_IN_TEXT = literal("[-+]?[0-9][0-9.,]*")
UNIT_AT_END = literal("[a-z]+[.]?$")
"""Regular expressions, as SQL, of the first number in a text, and of the unit behind it."""


def number_expression(question: MapQuestion, source: SourceColumn, target: TargetColumn) -> tuple[str, list[str]]:
    """Write a number in the target's unit; return the expression and the source columns that it reads."""
    facts = question.vendor_facts
    number = quote(source.name) if source.type in {"integer", "decimal"} else _parsed(source, facts)
    wanted, unit = target_unit(target), source_unit(source, target, facts)
    if wanted is None:
        is_money = unit is not None and DIMENSION[unit] == "money"
        return (f"convert_unit({number}, {literal(unit or '')}, 'unit')" if is_money else number), [source.source_name]
    if DIMENSION[wanted] == "temperature":
        return _temperature(number, unit or wanted, wanted), [source.source_name]
    if source.type == "string" and len(inside := _units_inside(source, wanted)) > 1:
        return f"convert_unit({number}, {unit_at_end(quote(source.name), inside)}, {literal(wanted)})", [
            source.source_name
        ]
    if (beside := unit_column(question, source, target)) is not None:
        return (
            f"convert_unit({number}, {_unit_beside(beside)}, {literal(wanted)})",
            [source.source_name, beside.source_name],
        )
    if unit is None or unit == wanted or DIMENSION[unit] != DIMENSION[wanted]:
        return number, [source.source_name]
    return f"convert_unit({number}, {literal(unit)}, {literal(wanted)})", [source.source_name]


def _temperature(number: str, unit: str, wanted: str) -> str:
    """Bring degrees to the other scale: between them lies an offset, for which `convert_unit` has no factor."""
    if unit == wanted:
        return number
    return f"divide(({number} - 32) * 5, 9, 4)" if wanted == "celsius" else f"{number} * 1.8 + 32"


def source_unit(source: SourceColumn, target: TargetColumn, facts: VendorFacts) -> str | None:
    """Return the unit in which a source is kept: the spec's, else the header's, else what the vendor's facts say."""
    wanted = target_unit(target)
    known = unit_named(source.unit) or header_unit(source.source_name)
    if known is None and wanted is not None and len(inside := _units_inside(source, wanted)) == 1:
        known = next(iter(inside.values()))
    if known is None and wanted is not None:
        known = unit_named(facts.units.get(DIMENSION[wanted]))
    return known


def unit_column(question: MapQuestion, source: SourceColumn, target: TargetColumn) -> SourceColumn | None:
    """Return the column that names each row's unit, such as `weight_unit` beside `weight`, where there is one."""
    wanted = target_unit(target)
    if wanted is None or unit_named(source.unit) or header_unit(source.source_name):
        return None
    mine = set(words(source.source_name))
    for other in question.sources:
        rest = set(words(other.source_name)) - mine
        says_unit = bool(rest) and all("unit" in lexicon().concepts_of(w) for w in rest)
        units = [unit_named(v) for v in other.values]
        measures = {DIMENSION[u] for u in units if u}
        if says_unit and other.all_values and None not in units and measures == {DIMENSION[wanted]}:
            return other
    return None


def _parsed(source: SourceColumn, facts: VendorFacts) -> str:
    """Read a number out of text, in the notation that fits most values; words and signs around it are left out."""
    notations = [e for e in source.types if e.type == "decimal" and is_number_example(e.format)]
    best = max(notations, key=lambda e: e.matches, default=None)
    if best is not None and best.matches >= numeric_share(source) * source.filled:
        return f"parse_decimal({quote(source.name)}, {literal(best.format or '')})"
    text = f"regexp_extract({quote(source.name)}, {NUMBER_IN_TEXT})" if source.filled else quote(source.name)
    return f"parse_decimal({text}, {literal(notation(shown(source), facts))})"


def notation(values: Sequence[str], facts: VendorFacts) -> str:
    """Say how numbers within texts are written: by the mark before one or two last digits, else as the vendor does."""
    commas = sum(bool(re.search(r"\d,\d{1,2}(?!\d)", v)) for v in values)
    points = sum(bool(re.search(r"\d\.\d{1,2}(?!\d)", v)) for v in values)
    decimal_comma = commas > points or (commas == points and _decimal_mark(facts.locale) == ",")
    return "1.234,56" if decimal_comma else "1,234.56"


def _decimal_mark(locale: str | None) -> str | None:
    """Return the decimal mark of a CLDR locale, or `None` where there is none."""
    from babel import Locale, UnknownLocaleError
    from babel.numbers import get_decimal_symbol

    try:
        return str(get_decimal_symbol(Locale.parse((locale or "").replace("-", "_"))))
    except (UnknownLocaleError, ValueError):
        return None


def _units_inside(source: SourceColumn, wanted: str) -> dict[str, str]:
    """Return the spellings of units that stand behind numbers in the cells, with what they mean."""
    found = {name.removeprefix("unit:") for name in source.semantics if name.startswith("unit:")}
    return {s: UNITS[s] for s in sorted(found) if s in UNITS and DIMENSION[UNITS[s]] == DIMENSION[wanted]}


def unit_at_end(text: str, spellings: dict[str, str]) -> str:
    """Read the unit at the end of a text, as `convert_unit` spells it."""
    return _spelled(f"regexp_extract(lower({text}), {UNIT_AT_END})", spellings)


def _unit_beside(column: SourceColumn) -> str:
    return _spelled(quote(column.name), {v.strip().lower(): unit_named(v) or "" for v in column.values})


def _spelled(text: str, spellings: dict[str, str]) -> str:
    """Bring spellings of units to the ones that `convert_unit` knows."""
    if all(spelling == unit for spelling, unit in spellings.items()):
        return text
    pairs = ", ".join(f"{literal(spelling)}, {literal(unit)}" for spelling, unit in sorted(spellings.items()))
    return f"value_map({text}, {pairs})"
