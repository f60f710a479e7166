"""Turn a column of JSON values into text at once: numbers as they were written, arrays as compact JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import polars as pl

_NUMBER = re.compile(r'"\\u0000([^"]*)"')
_BORDER = "\0|"
"""Stands between arrays that are written together. No text that gets here has a NUL."""
_CONSTANTS = {True: "true", False: "false"}


def _marked(number: bytes) -> str:
    return f"\0{number.decode()}"


_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"), default=_marked)
_BETWEEN = f",{_ENCODER.encode(_BORDER)},"


def json_column(name: str, cells: Sequence[Any]) -> pl.Series:
    """Make a column of strings of values that `QUICK` gave; an empty object is null."""
    kinds = {*map(type, cells)}
    kinds.discard(type(None))
    if not kinds or kinds == {str}:
        return pl.Series(name, cells, dtype=pl.String)
    if kinds == {bytes}:
        return pl.Series(name, cells, dtype=pl.Binary).cast(pl.String)
    if kinds == {bool}:
        return pl.Series(name, cells, dtype=pl.Boolean).cast(pl.String)
    arrays = iter(_arrays([cell for cell in cells if type(cell) is list]))
    texts = [next(arrays) if type(cell) is list else _text(cell) for cell in cells]
    return pl.Series(name, texts, dtype=pl.String)


def _text(cell: Any) -> str | None:
    if type(cell) is str:
        return cell
    if type(cell) is bytes:
        return cell.decode()
    return _CONSTANTS[cell] if type(cell) is bool else None


def _arrays(arrays: list[list[Any]]) -> list[str]:
    """Write arrays as JSON text, all in one call: most of its time goes into being called."""
    if not arrays:
        return []
    parts: list[Any] = [_BORDER] * (2 * len(arrays) - 1)
    parts[::2] = arrays
    text = _ENCODER.encode(parts)[1:-1]
    if "\\u0000" in text:
        return _NUMBER.sub(r"\1", text.replace(_BETWEEN, "\0")).split("\0")
    return [text]
