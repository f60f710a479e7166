"""Sizes in one cell (`20 x 30 x 5 cm`) that fill several targets: each number goes where the header says.

Which number is which only a header tells (`LxWxH`, `B x H x T`). Where it does not, nothing is filled: any order would
be a guess, and a wrong length looks like a right one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from agentic_lakehouse.brain.planner.quantities import NUMBER_IN_TEXT, notation, source_unit, unit_at_end
from agentic_lakehouse.brain.planner.tokens import lexicon, words
from agentic_lakehouse.brain.planner.units import DIMENSION, UNITS, target_unit
from agentic_lakehouse.brain.planner.values import is_numeric, shown
from agentic_lakehouse.brain.question import MapQuestion, SourceColumn, TargetColumn
from agentic_lakehouse.sql.types import literal, quote

SIDES = ("length", "width", "height", "depth")
"""Concepts of targets that hold one side of a thing."""
LETTERS: tuple[Mapping[str, str], ...] = (
    {"L": "length", "W": "width", "H": "height", "D": "depth"},
    {"L": "length", "B": "width", "H": "height", "T": "depth"},
    {"L": "length", "B": "width", "H": "height", "D": "depth"},
    {"L": "length", "l": "width", "H": "height", "h": "height", "P": "depth", "p": "depth"},
    {"D": "length", "S": "width", "W": "height", "G": "depth"},
)
"""Initials of the sides in English, German, Dutch, French (whose small `l` is the width) and Polish."""
MARKS = "xX×*"
_BETWEEN = rf"\s*[{MARKS}/]\s*"
_IN_HEADER = tuple(
    re.compile(rf"(?<![^\W_]){side}{_BETWEEN}{side}(?:{_BETWEEN}{side})?(?![^\W_])")
    for side in (r"([^\W\d_])\.?", r"([^\W\d_]+)\.?")
)
"""Initials, else words, with a mark between them."""
_TOGETHER = re.compile(r"(?<![^\W_])([A-Z])([A-Z])([A-Z])(?![^\W_])")
_NUMBER = r"\s*\d+(?:[.,]\d+)?\s*"
_UNIT = r"([a-zA-Z]+)?\.?\s*"
_CELL = re.compile(rf"{_NUMBER}{_UNIT}([{MARKS}]){_NUMBER}{_UNIT}(?:\2{_NUMBER}{_UNIT})?")
CONFIDENCE = 0.85
UNIT_UNKNOWN = 0.85
"""How sure a side is, and the factor where nothing tells its unit."""


def side_lines(question: MapQuestion, filled: Collection[int]) -> list[dict[str, object]]:
    """Return mapping lines for the sides that no column of its own fills, from the first cell that holds them all."""
    open_targets = [t for k, t in enumerate(question.targets) if k not in filled and _side(t)]
    for source in question.sources:
        mark, order = _mark(source), sides_of(source.source_name)
        if mark is None or not order:
            continue
        lines = [_line(question, source, mark, place, target) for place, target in _places(order, open_targets)]
        if told := [line for line in lines if line]:
            return told
    return []


def sides_of(header: str) -> tuple[str, ...]:
    """Return the sides that a header names, in its order; empty where it does not say, or may mean another order."""
    found = next((m for p in (*_IN_HEADER, _TOGETHER) if (m := p.search(header))), None)
    if found is None:
        return ()
    named = tuple(g for g in found.groups() if g)
    orders = {order for letters in LETTERS if (order := _by_letters(named, letters))}
    if not orders and (order := tuple(filter(None, map(_by_word, named)))):
        orders = {order} if len(set(order)) == len(named) else set()
    return orders.pop() if len(orders) == 1 else ()


def _by_letters(named: Sequence[str], letters: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return what initials stand for in one language; small ones do where it does not tell them from capitals."""
    exact = "l" in letters
    order = tuple(letters.get(n, "") if exact else letters.get(n.upper(), "") for n in named)
    return order if all(order) and len(set(order)) == len(order) else None


def _by_word(word: str) -> str | None:
    """Return the side that a word or its beginning names in any language, if it names one."""
    text = "".join(words(word))
    known = lexicon().concepts.items()
    found = {s for w, of in known for s in of & set(SIDES) if text == w or (len(text) > 2 and w.startswith(text))}
    return found.pop() if len(found) == 1 else None


def _side(target: TargetColumn) -> str | None:
    """Return the side that a target in a unit of length holds."""
    if not is_numeric(target) or DIMENSION.get(target_unit(target) or "") != "length":
        return None
    said = {c for w in words(target.name) for c in lexicon().concepts_of(w)} & set(SIDES)
    return said.pop() if len(said) == 1 else None


def _places(order: Sequence[str], targets: Sequence[TargetColumn]) -> Iterator[tuple[int, TargetColumn]]:
    """Yield the place in a cell of each target; a length that is also called depth takes a depth where no length is."""
    for target in targets:
        side = _side(target)
        if side in order:
            yield order.index(side) + 1, target
        elif side == "length" and "depth" in order and "depth" in _called(target):
            yield order.index("depth") + 1, target


def _called(target: TargetColumn) -> set[str]:
    names = [target.definition, *(s for listed in target.synonyms.values() for s in listed)]
    return {c for name in names for w in words(name) for c in lexicon().concepts_of(w)}


def _mark(source: SourceColumn) -> str | None:
    """Return what stands between the numbers of every cell that is shown; `None` where a cell is no such list."""
    found = [_CELL.fullmatch(v) for v in shown(source)] if source.type == "string" else []
    marks = {m[2] for m in found if m}
    return marks.pop() if found and all(found) and len(marks) == 1 else None


def _line(
    question: MapQuestion, source: SourceColumn, mark: str, place: int, target: TargetColumn
) -> dict[str, object] | None:
    text, wanted = quote(source.name), target_unit(target) or ""
    item = f"nth_item({text}, {literal(mark)}, {place})"
    how = literal(notation(shown(source), question.vendor_facts))
    number = f"parse_decimal(regexp_extract({item}, {NUMBER_IN_TEXT}), {how})"
    sure = CONFIDENCE
    units = [_units(v) for v in shown(source)]
    if not any(any(u) for u in units):
        unit = source_unit(source, target, question.vendor_facts)
        sure *= 1.0 if unit else UNIT_UNKNOWN
        if unit and unit != wanted:
            number = f"convert_unit({number}, {literal(unit)}, {literal(wanted)})"
    else:
        read = _where_unit_stands(units, text=text, item=item)
        if read is None:
            return None
        number = f"convert_unit({number}, {read}, {literal(wanted)})"
    return {
        "target": target.name,
        "sources": [source.source_name],
        "expression": number,
        "confidence": round(sure, 2),
        "rationale": f"{source.source_name!r} holds several sides, and its name says which is which.",
    }


def _units(cell: str) -> list[str]:
    """Return what stands behind each number of a cell, empty where nothing does."""
    found = _CELL.fullmatch(cell)
    groups = (1, 3, 4) if found and cell.count(found[2]) > 1 else (1, 3)
    return [(found[g] or "").lower() for g in groups] if found else []


def _where_unit_stands(units: Sequence[Sequence[str]], *, text: str, item: str) -> str | None:
    """Read the unit from each cell, since the next one may have another: behind each number, or once at the end."""
    spelled = {u: UNITS.get(u) for cell in units for u in cell if u}
    known = {word: unit for word, unit in spelled.items() if unit and DIMENSION[unit] == "length"}
    if len(known) < len(spelled):
        return None
    known |= {u: u for u, dimension in DIMENSION.items() if dimension == "length"}
    if all(all(cell) for cell in units):
        return unit_at_end(item, known)
    at_end = all(cell[-1] and not any(cell[:-1]) for cell in units)
    return unit_at_end(text, known) if at_end else None
