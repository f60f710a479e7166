"""The expression that carries a source into its target: the least that makes the value what the target asks for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from agentic_lakehouse.brain.planner.locales import decimal_mark
from agentic_lakehouse.brain.planner.tokens import words
from agentic_lakehouse.brain.planner.units import DIMENSION, header_unit, target_unit, unit_named
from agentic_lakehouse.brain.planner.values import CLEANERS, compile_pattern, is_numeric, numeric_share, shown
from agentic_lakehouse.brain.planner.vocabulary import fold, value_map, value_words
from agentic_lakehouse.brain.question import SourceColumn, TargetColumn
from agentic_lakehouse.contracts.vendor import VendorFacts

PATH_MARKS = (" > ", ">", " » ", "»", "->", "|", "::", "\\", " / ", "/", ";")
"""Separators of a path's levels, the surest first."""
LIST_MARKS = ("|", ";", ", ", ",", "\n", " ")
"""Separators of several addresses in a cell, the surest first; an address itself holds none of the first two."""
TARGET_PATH = " > "
"""How `join_path` joins levels; a target whose definition or examples show it holds a path."""
CASTS = {
    "date": ("date",),
    "timestamp": ("timestamp", "date"),
    "boolean": ("boolean",),
}
"""For each family of target types, the source types that need no help."""


def expression(source: SourceColumn, target: TargetColumn, facts: VendorFacts) -> str:
    """Write the expression over the source's bronze name."""
    column = quoted(source.name)
    if target.valid_values:
        return _vocabulary(source, target, column)
    if is_numeric(target):
        return _number(source, target, column, facts)
    for family, ready in CASTS.items():
        if target.type.startswith(family):
            return column if source.type in ready else f"TRY_CAST({column} AS {family.upper()})"
    return _text(source, target, column)


def quoted(name: str) -> str:
    """Write a bronze name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def as_text(source: SourceColumn, column: str) -> str:
    """Write a column as text."""
    return column if source.type in {"string", "json"} else f"CAST({column} AS VARCHAR)"


def source_unit(source: SourceColumn, target: TargetColumn, facts: VendorFacts) -> str | None:
    """Return the unit in which a source is kept: the spec's, else the header's, else what the vendor's facts say."""
    unit = unit_named(source.unit) or header_unit(source.source_name)
    wanted = target_unit(target)
    if unit is None and wanted is not None:
        unit = unit_named(facts.units.get(DIMENSION[wanted]))
    return unit


def _vocabulary(source: SourceColumn, target: TargetColumn, column: str) -> str:
    text, known = as_text(source, column), value_map(source, target)
    held = set(value_words(source))
    if held and held <= set(target.valid_values):
        return text
    if not known:
        return text
    pairs = ", ".join(f"{literal(word)}, {literal(value)}" for word, value in sorted(known.items()))
    mapped = f"value_map({text}, {pairs})"
    # A word that another delivery brings stays as it is: the standard's own rule then says so, with the row.
    return mapped if source.type == "boolean" else f"COALESCE({mapped}, {text})"


def _number(source: SourceColumn, target: TargetColumn, column: str, facts: VendorFacts) -> str:
    number = column
    if source.type not in {"integer", "decimal"}:
        number = _parsed(source, column, facts)
    unit = source_unit(source, target, facts)
    wanted = target_unit(target)
    if wanted is None and unit is not None and DIMENSION[unit] == "money":
        return f"convert_unit({number}, {literal(unit)}, 'unit')"
    if unit is None or wanted is None or unit == wanted or DIMENSION[unit] != DIMENSION[wanted]:
        return number
    return f"convert_unit({number}, {literal(unit)}, {literal(wanted)})"


def _parsed(source: SourceColumn, column: str, facts: VendorFacts) -> str:
    """Read a number out of text: in the format that fits most values, words and signs around it left out."""
    formats = Counter({e.format: e.matches for e in source.types if e.type in {"decimal", "integer"} and e.format})
    style = formats.most_common(1)[0][0] if formats else _style(shown(source), facts)
    best = max((e.matches for e in source.types if e.type in {"integer", "decimal"}), default=0)
    text = column
    if best < source.filled and numeric_share(source) >= best / max(1, source.filled):
        text = rf"regexp_extract({column}, '[-+]?[0-9][0-9.,]*')"
    return f"parse_decimal({text}, {literal(style)})"


def _style(values: Sequence[str], facts: VendorFacts) -> str:
    """Say how numbers within texts are written: by the mark before one or two last digits, else as the vendor does."""
    commas = sum(bool(re.search(r"\d,\d{1,2}(?!\d)", v)) for v in values)
    points = sum(bool(re.search(r"\d\.\d{1,2}(?!\d)", v)) for v in values)
    if commas == points:
        return "1.234,56" if decimal_mark(facts.locale) == "," else "1,234.56"
    return "1.234,56" if commas > points else "1,234.56"


def _text(source: SourceColumn, target: TargetColumn, column: str) -> str:
    text = as_text(source, column)
    if source.type not in {"string", "json"}:
        return text
    if _is_address(source, target):
        mark = _list_mark(shown(source)) or (", " if _may_be_list(source) else None)
        return f"first_item({text}, {literal(mark.strip() or mark)})" if mark else text
    if _holds_path(target) and (mark := path_mark(shown(source))):
        return f"join_path({text}, {literal(mark.strip() or mark)})"
    if _holds_markup(source) and "html" not in words(target.definition):
        return f"strip_html({text})"
    return _cleaned(source, target, text)


def _cleaned(source: SourceColumn, target: TargetColumn, text: str) -> str:
    """Bring text to the target's pattern by the simplest clean-up under which most values fit."""
    pattern = compile_pattern(target.pattern)
    values = shown(source)
    if pattern is None or not values:
        return text
    fits = {name: sum(bool(pattern.search(clean(v))) for v in values) for name, clean in CLEANERS.items()}
    best = max(fits, key=lambda name: fits[name])
    return f"{best}({text})" if best else text


def path_mark(values: Sequence[str]) -> str | None:
    """Return what separates levels in the values; `None` where they have none or it is no path."""
    for mark in PATH_MARKS:
        if sum(mark in v for v in values) * 3 >= len(values) > 0:
            return mark
    return None


def _list_mark(values: Sequence[str]) -> str | None:
    for mark in LIST_MARKS:
        if any(mark in v.strip() and v.count("://") > 1 for v in values):
            return mark
    return None


def _may_be_list(source: SourceColumn) -> bool:
    """Say whether values longer than what is shown may hold several addresses: then a comma and a space part them."""
    cut = [v for v in shown(source) if len(v) < source.length[1]]
    return bool(cut) and source.length[1] > 2 * min(len(v) for v in cut)


def _is_address(source: SourceColumn, target: TargetColumn) -> bool:
    return "http" in (target.pattern or "") or source.semantics.get("image_url", 0) + source.semantics.get("url", 0) > 0


def _holds_path(target: TargetColumn) -> bool:
    return TARGET_PATH in target.definition or any(TARGET_PATH in e for e in target.examples)


def _holds_markup(source: SourceColumn) -> bool:
    return bool(source.semantics.get("html")) or "html" in words(source.source_name)


def covers_everything(source: SourceColumn, target: TargetColumn) -> bool:
    """Say whether every value that a source shows has a counterpart among the target's valid values."""
    known = {fold(word) for word in value_map(source, target)}
    return all(fold(word) in known for word in value_words(source))
