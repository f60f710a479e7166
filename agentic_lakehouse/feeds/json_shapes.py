"""Spread JSON records over columns fast, by what records of one shape have in common.

A shape is a record's keys, and those of the objects in it. What is worked out for the first record of a
shape, with care, holds for all others in which nothing is odd: no key twice, no character that cannot be
stored. Whether a key stands twice is told by counting: quotes before a colon are at least as many as keys
are written, so where they are as many as the record has different keys, none was written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from agentic_lakehouse.feeds.batch import Fault
from agentic_lakehouse.feeds.json_fields import fields
from agentic_lakehouse.feeds.json_text import Items
from agentic_lakehouse.feeds.names import MAX_COLUMNS

MAX_KEYS = 200_000
"""Keys of all the shapes that are remembered at a time."""
MAX_MET = 5 * MAX_COLUMNS
"""Paths that are noted; a file with more is no table."""
MAX_DEPTH = 100
"""Levels of arrays that are looked through; what has more is read with care."""

_ODD_ESCAPES = ("\\u0000", "\\ud", "\\uD")
_FAR_COLONS = ("  :", "\t :", "\n :", "\r :")
"""Colons of which a key may be further away than one space."""

Cells = Sequence[Any]
"""Text, numbers as bytes, true, false, null and arrays as the decoder gave them."""
Pick = Callable[[list[Any]], Cells]


class Traits(NamedTuple):
    """What some records may have in them; each spares a search in every one of them where it is not so."""

    is_odd: bool
    """A NUL, half a character, or a key further away from its colon than one space."""
    has_spaces: bool
    """A space between a key and its colon."""
    has_objects: bool
    has_arrays: bool


def traits_of(text: str, *, records: int) -> Traits:
    """Return the traits of some records from their text."""
    has_spaces = " :" in text
    is_odd = (
        "\0" in text
        or ("\\" in text and any(escape in text for escape in _ODD_ESCAPES))
        or any(space in text and f"{space}:" in text for space in "\t\n\r")
        or (has_spaces and any(colon in text for colon in _FAR_COLONS))
        or not _is_whole(text)
    )
    return Traits(is_odd, has_spaces, has_objects=text.count("{") > records, has_arrays="[" in text)


def _is_whole(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


class _Plan(NamedTuple):
    keys: int
    """In the record and the objects in it, arrays apart."""
    objects: tuple[int, ...]
    """Which of the values, those of earlier objects behind them, are objects to be spread."""
    pick: Pick
    """Takes the cells from the values."""


class Shapes:
    """Spreads records over columns, and notes in `met`, in order of first sight, which paths they have."""

    def __init__(self, names: Sequence[str], *, met: dict[str, None] | None = None) -> None:
        self._names = names
        self._met = {} if met is None else met
        self._plans: dict[Hashable, _Plan] = {}
        self._keys = 0

    def columns(self, items: Items, text: str, traits: Traits) -> Sequence[Sequence[Any]] | None:
        """Return the cells of some records column by column; `None` where they have to be looked at one by one.

        Args:
            items: the records.
            text: of all of them.
            traits: of that text.
        """
        values = items.values
        if traits.is_odd or {*map(type, values)} != {dict} or len({*map(tuple, values)}) > 1:
            return None
        columns: list[Sequence[Any]] = [*zip(*map(dict.values, values), strict=True)]
        spread = _spread(columns) if traits.has_objects or traits.has_arrays else ((), ())
        if spread is None:
            return None
        objects, arrays = spread
        try:
            plan = self._plans.get(_shape(values[0]))
            if plan is None or plan.objects != objects:
                return None
            written = text.count('":') + (text.count('" :') if traits.has_spaces else 0)
            written -= _keys_in_arrays(chain.from_iterable(columns[position] for position in arrays))
        except RecursionError:
            return None
        if written != plan.keys * len(values):
            return None
        columns.append([None] * len(values))
        return plan.pick(columns)

    def cells(self, line: int, raw: str, value: Any, traits: Traits) -> Cells | Fault:
        """Return a record's cells in the order of the columns, or what is wrong with it.

        Args:
            line: where the record begins.
            raw: its verbatim text.
            value: as `QUICK` gives it; anything but an object where it has to be read with care.
            traits: of a text that holds the record's.
        """
        if type(value) is not dict or (traits.is_odd and traits_of(raw, records=1).is_odd):
            return self._with_care(line, raw)
        try:
            shape = _shape(value) if traits.has_objects else tuple(value)
            plan = self._plans.get(shape)
            if plan is None:
                return self._of_new_shape(line, raw, value, shape)
            values = list(value.values())
            for position in plan.objects:
                values.extend(values[position].values())
            written = raw.count('":')
            if traits.has_spaces:
                written += raw.count('" :')
            if traits.has_arrays and (written != plan.keys or raw.count("[") > MAX_DEPTH):
                written -= _keys_in_arrays(values)
            if written != plan.keys:
                return self._with_care(line, raw)
        except RecursionError:
            return self._with_care(line, raw)
        values.append(None)
        return plan.pick(values)

    def _of_new_shape(self, line: int, raw: str, value: dict[str, Any], shape: Hashable) -> Cells | Fault:
        cells = self._with_care(line, raw)
        if not isinstance(cells, Fault):
            plan = _plan(value, self._names)
            self._keys += plan.keys
            if self._keys > MAX_KEYS:
                self._plans, self._keys = {}, plan.keys
            self._plans[shape] = plan
        return cells

    def _with_care(self, line: int, raw: str) -> Cells | Fault:
        found = fields(line, raw)
        if isinstance(found, Fault):
            return found
        for name in found:
            if name not in self._met and len(self._met) < MAX_MET:
                self._met[name] = None
        return [found.get(name) for name in self._names]


def _spread(columns: list[Sequence[Any]]) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Add the columns of those objects that are alike in all records; return which columns these were, and arrays."""
    objects, arrays = [], []
    for position, column in enumerate(columns):  # which grows on the way
        kinds = {*map(type, column)}
        if list in kinds:
            arrays.append(position)
        if dict in kinds:
            if len(kinds) > 1 or len({*map(tuple, column)}) > 1:
                return None
            if column[0]:
                objects.append(position)
                columns += zip(*map(dict.values, column), strict=True)
    return tuple(objects), tuple(arrays)


def _shape(record: dict[str, Any]) -> tuple[Any, ...]:
    if dict in map(type, record.values()):
        below = (_shape(value) if type(value) is dict and value else None for value in record.values())
        return tuple(record), tuple(below)
    return tuple(record)


def _plan(record: dict[str, Any], names: Sequence[str]) -> _Plan:
    keys, paths, values = len(record), [*record], [*record.values()]
    objects: list[int] = []
    for position, value in enumerate(values):  # which grows on the way
        if type(value) is dict and value:
            objects.append(position)
            keys += len(value)
            paths += [f"{paths[position]}.{key}" for key in value]
            values += value.values()
    leaves = set(range(len(paths))).difference(objects)
    at = {paths[position]: position for position in leaves}
    return _Plan(keys, tuple(objects), _picker([at.get(name, len(values)) for name in names]))


def _picker(positions: list[int]) -> Pick:
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda values: [values[position] for position in positions]


def _keys_in_arrays(values: Iterable[Any]) -> int:
    """Count the keys of all objects in arrays, level by level."""
    level: list[Any] = [value for value in values if type(value) is list]
    count = depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise RecursionError
        inner = chain.from_iterable(value.values() if type(value) is dict else value for value in level)
        level = [value for value in inner if type(value) is dict or type(value) is list]
        count += sum(len(value) for value in level if type(value) is dict)
    return count
