"""Dates and timestamps as text: strptime patterns, read strictly, in the words that Python and DuckDB share.

A pattern's fields have fixed widths here (`%Y` is four digits, `%d` one or two): without that,
`01/02/24` would be a day of the year 24. A fraction (`.%f`) may be missing. Months may be named in any language that
`months.py` knows. Years of two digits are those from 1970 to 2069.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import polars as pl

from agentic_lakehouse.feeds.months import LONG_MONTHS, SHORT_MONTHS

_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_SHORT_DAYS = re.sub(r"([A-Z]..)[a-z]*", r"\1", _DAYS)
_FIELDS = {
    "%Y": ("[0-9]{4}", "%Y"),
    "%y": ("[0-9]{2}", "%y"),
    "%m": ("[0-9]{1,2}", "%m"),
    "%d": ("[0-9]{1,2}", "%d"),
    "%j": ("[0-9]{3}", "%j"),
    "%b": (f"(?i:{'|'.join(SHORT_MONTHS)})[.]?", "%b"),
    "%B": (f"(?i:{'|'.join(LONG_MONTHS)})", "%B"),
    "%a": (f"(?i:{_SHORT_DAYS})", "%a"),
    "%A": (f"(?i:{_DAYS})", "%A"),
    "%H": ("[0-9]{1,2}", "%H"),
    "%I": ("[0-9]{1,2}", "%I"),
    "%M": ("[0-9]{2}", "%M"),
    "%S": ("[0-9]{2}", "%S"),
    "%p": ("(?i:am|pm)", "%p"),
    "%z": ("(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})", "%#z"),
    ".%f": ("(?:[.][0-9]{1,9})?", "%.f"),
    "%%": ("%", "%%"),
    " ": ("[ \u00a0\u202f]", " "),
}
"""Field to its regular expression and to chrono's word for it, which Polars takes."""
_NAMES = {"%b": SHORT_MONTHS, "%B": LONG_MONTHS}
_TOKEN = re.compile(r"\.%f|%.|[^%]")

_DATE_FIELDS = ({"%Y", "%y"}, {"%m", "%b", "%B", "%j"}, {"%d", "%j"})
_TIME_FIELDS = frozenset({"%H", "%I", "%M", "%S", "%p", ".%f", "%z"})

ISO_DATE = "%Y-%m-%d"
ISO_TIMESTAMPS = ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S.%f")
"""What is read where a timestamp's format is left out."""

_ORDERS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d")
_SHORT_YEARS = ("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d")
_NAMED = (
    "%d %b %Y", "%d-%b-%Y", "%d. %b %Y", "%b %d, %Y", "%b %d %Y", "%d-%b-%y", "%d %B %Y", "%B %d, %Y",
    "%a, %d %b %Y", "%d. %B %Y", "%d de %B de %Y", "%d-%B-%Y", "%d/%b/%Y", "%d.%b.%Y", "%Y-%b-%d", "%d%b%Y",
)  # fmt: skip
COMPACT = "%Y%m%d"
DATES = (*_ORDERS, *_SHORT_YEARS, *_NAMED, COMPACT)
"""Date patterns that profiling tries."""
_CLOCKS = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%I:%M%p")
_TAILS = tuple(f"{gap}{clock}{zone}" for gap in ("T", " ", ", ") for clock in _CLOCKS for zone in ("", "%z", " %z"))
_COMPACT_TAILS = ("T%H%M%S", "T%H%M%S%z", "%H%M%S")


def instant_problem(kind: str, fmt: str) -> str | None:
    """Return what is wrong with a pattern for a `date` or `timestamp`; `None` where nothing is."""
    tokens = _TOKEN.findall(fmt)
    unknown = [t for t in tokens if t.startswith("%") and t not in _FIELDS]
    if unknown or not tokens:
        return (
            f"{unknown[0] if unknown else fmt!r} is not one of {', '.join(field for field in _FIELDS if '%' in field)}"
        )
    fields = set(tokens)
    if not all(fields & wanted for wanted in _DATE_FIELDS):
        return "it needs a year, a month and a day"
    has_time = bool(fields & _TIME_FIELDS)
    if kind == "date" and has_time:
        return "a date has no time of day"
    if kind == "timestamp" and has_time and not fields & {"%H", "%I"}:
        return "a timestamp needs an hour"
    if "%I" in fields and "%p" not in fields:
        return "%I needs %p"
    return None


def instant_regex(fmt: str) -> str:
    """Return the regular expression, for Rust and Python, of texts laid out as `fmt`."""
    return f"^{_regex(fmt)}$"


@lru_cache(maxsize=2048)
def _regex(fmt: str) -> str:
    return "".join(_FIELDS[t][0] if t in _FIELDS else re.escape(t) for t in _TOKEN.findall(fmt))


def layouts(text: str) -> Iterator[tuple[Literal["date", "timestamp"], str]]:
    """Yield the patterns, of those that profiling tries, that `text` is laid out in, the simplest first."""
    for date in DATES:
        found = re.match(_regex(date), text)
        if found is None:
            continue
        rest = text[found.end() :]
        if not rest:
            yield "date", date
            continue
        tails = _COMPACT_TAILS if date == COMPACT else _TAILS
        yield from (("timestamp", date + tail) for tail in tails if re.fullmatch(_regex(tail), rest))


def read_date(text: pl.Expr, fmt: str) -> pl.Expr:
    """Return trimmed `text` as dates; null where it is no date in this pattern."""
    laid_out, pattern = _laid_out(text, fmt)
    return laid_out.str.to_date(pattern, strict=False)


def read_timestamp(text: pl.Expr, fmt: str) -> pl.Expr:
    """Return trimmed `text` as UTC timestamps in microseconds; null where it is none in this pattern.

    An offset in the text is honoured; without one the time is taken as UTC. A bare date is its midnight.
    """
    fields = set(_TOKEN.findall(fmt))
    if not fields & _TIME_FIELDS:
        return read_date(text, fmt).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    laid_out, pattern = _laid_out(text, fmt)
    if "%z" in fields:
        return laid_out.str.to_datetime(pattern, time_unit="us", time_zone="UTC", strict=False)
    if "%M" not in fields:  # chrono wants a minute
        laid_out, pattern = pl.concat_str(laid_out, pl.lit(" 00")), f"{pattern} %M"
    return laid_out.str.to_datetime(pattern, time_unit="us", strict=False).dt.replace_time_zone("UTC")


def _laid_out(text: pl.Expr, fmt: str) -> tuple[pl.Expr, str]:
    """Return `text` where it is laid out as `fmt`, else null, and chrono's pattern for it; a month's name in digits."""
    tokens = _TOKEN.findall(fmt)
    place = next((place for place, token in enumerate(tokens) if token in _NAMES), None)
    if place is None:
        return pl.when(text.str.contains(instant_regex(fmt))).then(text), _chrono(tokens)
    before, name, behind = (_regex("".join(part)) for part in (tokens[:place], tokens[place], tokens[place + 1 :]))
    parts = [text.str.extract(f"^({before})({name})({behind})$", group) for group in (1, 2, 3)]
    word = parts[1].str.to_lowercase().str.strip_chars_end(".")
    parts[1] = word.replace_strict(_NAMES[tokens[place]], default=None, return_dtype=pl.String)
    return pl.concat_str(parts), _chrono([*tokens[:place], "%m", *tokens[place + 1 :]])


def _chrono(tokens: list[str]) -> str:
    return "".join(_FIELDS[t][1] if t in _FIELDS else t for t in tokens)
