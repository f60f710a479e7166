"""What a cell looks like, told cheaply: enough to choose a dialect and to tell a header from data."""

from __future__ import annotations

import re
from typing import Literal

CellKind = Literal["empty", "number", "time", "link", "text"]

_NUMBER = re.compile(r"[-+(]?\s?[€$£¥]?\s?\d[\d.,'’\u00a0\u202f ]*(?:[eE][-+]?\d+)?\s?(?:[€$£¥%]|[A-Za-z]{1,3})?\)?")
_TIME = re.compile(
    r"(?:\d{1,4}([-/.])\d{1,2}\1\d{1,4}|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}|[A-Za-z]{3,9} \d{1,2}, \d{4})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?\s?(?:Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}:\d{2}(?::\d{2})?"
)
_LINK = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DIGITS = re.compile(r"[0-9]+")
_DIGIT = re.compile(r"[0-9]")
_UPPER = re.compile(r"[A-ZÀ-ÖØ-Þ]+")
_LOWER = re.compile(r"[a-zß-öø-ÿ]+")


def cell_kind(cell: str) -> CellKind:
    """Return what a cell looks like, its surrounding space aside. A number may carry a sign or short unit."""
    text = cell.strip()
    if not text:
        return "empty"
    if _TIME.fullmatch(text):
        return "time"
    if _NUMBER.fullmatch(text):
        return "number"
    return "link" if _LINK.fullmatch(text) else "text"


def cell_shape(cell: str) -> str:
    """Return `cell` with runs of digits, capitals and small letters as `9`, `A` and `a`."""
    return _LOWER.sub("a", _UPPER.sub("A", _DIGITS.sub("9", cell.strip())))


def digit_shape(cell: str) -> str:
    """Return `cell_shape`, but with as many `9` as there are digits."""
    return _LOWER.sub("a", _UPPER.sub("A", _DIGIT.sub("9", cell.strip())))
