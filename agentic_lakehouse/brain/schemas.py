"""An answer's JSON schema, narrowed to the names that a question is about: a name that cannot be said is no fault.

Where a provider decodes by the schema, a model cannot invent a column. Nothing is trusted for it: the answer is checked
all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

MAX_NAMES, MAX_LENGTH = 200, 64
"""Providers bound how many values a schema may list, and how long they may be; beyond that, names are left open."""


def narrowed(schema: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return a copy in which fields of these names take one of these values, in whatever object they stand."""
    copy = deepcopy(dict(schema))
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
