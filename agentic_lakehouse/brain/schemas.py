"""An answer's JSON schema, narrowed to what a question is about: a fault that cannot be said is none.

Where a provider decodes by the schema, a model can neither invent a column nor list columns without end. Nothing is
trusted for it: the answer is checked all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

MAX_NAMES, MAX_LENGTH = 200, 64
"""Providers bound how many values a schema may list, and how long they may be; beyond that, names are left open."""


def narrowed(
    schema: Mapping[str, Any], names: Mapping[str, Sequence[str]], columns: tuple[int, int] | None
) -> dict[str, Any]:
    """Return a copy of a schema that says less.

    Args:
        schema: an answer's.
        names: values that fields of these names take, in whatever object they stand.
        columns: least and most length of `columns`.
    """
    copy = deepcopy(dict(schema))
    if columns is not None:
        copy["properties"]["columns"].update(minItems=columns[0], maxItems=columns[1])
    for part in (copy, *copy.get("$defs", {}).values()):
        for field, known in names.items():
            if field in part.get("properties", {}) and _can_be_listed(known):
                part["properties"][field] = _with_values(part["properties"][field], known)
    return copy


def _can_be_listed(names: Sequence[str]) -> bool:
    return 0 < len(names) <= MAX_NAMES and all(0 < len(n) <= MAX_LENGTH and n.isprintable() for n in names)


def _with_values(field: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    if field.get("type") == "array":
        return {**field, "items": _with_values(field["items"], names)}
    return {**field, "enum": list(names)}
