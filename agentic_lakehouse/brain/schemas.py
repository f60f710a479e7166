"""An answer's JSON schema, narrowed to what a question is about: a fault that cannot be said is none.

Where a provider decodes by the schema, a model can neither invent a column nor list columns without end. Nothing is
trusted for it: the answer is checked all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from pydantic import BaseModel

MAX_NAMES, MAX_LENGTH = 200, 64
"""Providers bound how many values a schema may list, and how long they may be; beyond that, names are left open."""
PROSE = {"description": 200, "rationale": 200, "reason": 200}
"""Characters of what is said to people."""
MAX_ITEMS = 8
"""Length of a list inside an answer, such as null words or keys."""


@cache
def schema_of(output: type[BaseModel]) -> Mapping[str, Any]:
    """Return an answer's whole JSON schema: made once, and not to be written to."""
    return output.model_json_schema()


def narrowed(
    schema: Mapping[str, Any],
    names: Mapping[str, Sequence[str]],
    lengths: Mapping[str, tuple[int, int]],
    fields: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a copy of a schema that says less.

    Args:
        schema: an answer's.
        names: values that fields of these names take, in whatever object they stand.
        lengths: least and most length of lists of these names, in whatever object they stand.
        fields: what entries have, in this order; all of it where empty.
    """
    copy = deepcopy(dict(schema))
    for entry in copy.get("$defs", {}).values() if fields else ():
        entry["properties"] = {name: entry["properties"][name] for name in fields}
        entry["required"] = list(fields)
    for part in (copy, *copy.get("$defs", {}).values()):
        for field, said in part.get("properties", {}).items():
            listed = field in names and _can_be_listed(names[field])
            bound = dict(zip(("minItems", "maxItems"), lengths[field], strict=True)) if field in lengths else {}
            part["properties"][field] = _brief(
                field, {**(_with_values(said, names[field]) if listed else said), **bound}
            )
    return copy


def _brief(field: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Bound a text or list, so that a weak model comes to its end."""
    if schema.get("type") == "array" and "maxItems" not in schema:
        return {**schema, "maxItems": MAX_ITEMS}
    return {**schema, "maxLength": PROSE[field]} if field in PROSE else dict(schema)


def _can_be_listed(names: Sequence[str]) -> bool:
    return 0 < len(names) <= MAX_NAMES and all(0 < len(n) <= MAX_LENGTH and n.isprintable() for n in names)


def _with_values(field: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    if field.get("type") == "array":
        return {**field, "items": _with_values(field["items"], names)}
    return {**field, "enum": list(names)}
