"""Flatten one JSON record with care: its cells by dotted path, or what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

from agentic_lakehouse.feeds.batch import Fault
from agentic_lakehouse.feeds.json_decoding import DECODER, RepeatedKeys, render_json
from agentic_lakehouse.feeds.text import is_undecodable, printable


def fields(line: int, raw: str) -> dict[str, str | None] | Fault:
    """Return a record's cells by dotted path, or what is wrong with it.

    Args:
        line: where the record begins.
        raw: its verbatim text.
    """
    try:
        value = DECODER.decode(raw)
    except json.JSONDecodeError as error:
        return Fault(line, printable(raw), "not_json", f"line {line} is no valid JSON: {error}")
    except RecursionError:
        return _fault(line, raw, "nested_too_deeply", "has values that are nested too deeply")
    if not isinstance(value, dict):
        return Fault(line, printable(raw), "not_an_object", f"the record in line {line} is no JSON object")
    flat: dict[str, str | None] = {}
    try:
        repeated = _fill(flat, value, "")
    except RecursionError:
        return _fault(line, raw, "nested_too_deeply", "has values that are nested too deeply")
    if repeated is not None:
        return _fault(line, raw, "repeated_field", f"has the field {repeated!r} twice", column=repeated)
    return _unstorable(line, raw, flat) or flat


def _unstorable(line: int, raw: str, flat: dict[str, str | None]) -> Fault | None:
    if is_undecodable(raw) or ("\\u" in raw and not _is_storable(flat)):
        return _fault(line, raw, "bad_encoding", "holds characters that are not whole")
    if "\0" in raw or ("\\u0000" in raw and any("\0" in (cell or "") for cell in flat.values())):
        return _fault(line, raw, "nul_byte", "holds a NUL character")
    return None


def _fault(line: int, raw: str, code: str, message: str, column: str | None = None) -> Fault:
    about = f"the record in line {line} {message}"
    return Fault(line, printable(raw), code, _storable(about), column and _storable(column))


def _fill(flat: dict[str, str | None], value: dict[str, Any], prefix: str) -> str | None:
    """Put an object's fields into `flat`; return the first field that stands there twice."""
    if isinstance(value, RepeatedKeys):
        return f"{prefix}{value.repeated}"
    for key, field in value.items():
        path = f"{prefix}{key}"
        if type(field) is str and path not in flat:  # most fields are: the rest is dearer to tell apart
            flat[path] = field
        elif isinstance(field, dict) and field:
            repeated = _fill(flat, field, f"{path}.")
            if repeated is not None:
                return repeated
        elif path in flat:
            return path
        elif isinstance(field, list) and (repeated := _repeated_within(field, path)) is not None:
            return repeated
        else:
            flat[path] = _text(field)
    return None


def _repeated_within(array: list[Any], path: str) -> str | None:
    """Return the first field that stands twice in an object somewhere in an array: its cell would lose a value."""
    for element in array:
        if isinstance(element, RepeatedKeys):
            return f"{path}.{element.repeated}"
        inner = list(element.values()) if isinstance(element, dict) else element
        if isinstance(inner, list) and (repeated := _repeated_within(inner, path)) is not None:
            return repeated
    return None


def _text(value: Any) -> str | None:
    if value is None or value == {}:
        return None
    return str(value) if isinstance(value, str) else render_json(value)


def _is_storable(flat: dict[str, str | None]) -> bool:
    """Whether every name and cell can be written as UTF-8: half a surrogate pair cannot."""
    text = "".join([*flat, *(cell or "" for cell in flat.values())])
    return text == _storable(text)


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
