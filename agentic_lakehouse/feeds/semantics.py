"""Count what values mean beyond their type: trade numbers, links, mark-up, codes, paths, quantities."""

from __future__ import annotations

from collections import Counter

import polars as pl

from agentic_lakehouse.feeds.vocabulary import CURRENCY_SIGNS, UNITS, countries, currencies

GTIN_LENGTHS = (8, 12, 13, 14)

_NUMBER = r"[0-9](?:[0-9.,' \u{a0}\u{202f}\u{2019}]*[0-9])?"
_UNIT = r"[a-zµ°%€$£¥₹₽łč\"'²³23]{1,7}"
_QUANTITY = rf"(?i)^[+-]?{_NUMBER}\s*({_UNIT})[.]?$"
_AMOUNT = rf"(?i)^[+-]?([€$£¥₹₽]|[a-z]{{3}})\s*{_NUMBER}$"
_URL = r"^https?://[^\s,;|]+$"
_LEVEL = r"[^<>/|\s](?:[^<>/|]*[^<>/|\s])?"
_TAGS = "p|br|b|i|u|a|ul|ol|li|div|span|strong|em|h[1-6]|table|tr|td|img|font|sup|sub"
_WORDY_LEVEL = r"\p{L}[^<>/|:.]*"

PATTERNS: dict[str, str] = {
    "url": _URL,
    "image_url": r"(?i)^https?://[^\s,;|?#]+\.(?:jpe?g|png|gif|webp|svg|avif|bmp|tiff?)(?:[?#]\S*)?$",
    "url_list": r"^https?://[^\s,;|]+(?:\s*[,;|\s]\s*https?://[^\s,;|]+)+$",
    "email": r"^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$",
    "html": rf"(?is)<(?:{_TAGS})\b[^<>]*>|&(?:amp|nbsp|lt|gt|quot|[a-z]{{1,6}}uml|#[0-9]+);",
    "leading_zero": r"^0[0-9]+$",
    "scientific": r"^[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+$",
    "path": rf"^(?:{_LEVEL}(?:\s*>\s*{_LEVEL})+|{_WORDY_LEVEL}(?:/{_WORDY_LEVEL})+)$",
}
"""What a regular expression tells. `url_list` is links in one cell, divided by comma, semicolon, bar or space."""

_MAX_CODE = 60
_SIGNS = {sign.lower(): code for sign, code in CURRENCY_SIGNS.items()}


def count_semantics(values: pl.DataFrame) -> Counter[str]:
    """Return how many values have each meaning.

    Args:
        values: distinct trimmed `value`s and how often (`n`) each stands.
    """
    value, n = pl.col("value"), pl.col("n")
    counts: Counter[str] = Counter()
    masks = {meaning: value.str.contains(pattern) for meaning, pattern in PATTERNS.items()}
    if values.height:
        row = values.select(n.filter(mask).sum().alias(meaning) for meaning, mask in masks.items()).row(0, named=True)
        counts.update({meaning: int(count) for meaning, count in row.items()})
    codes = values.filter(value.str.len_chars() <= _MAX_CODE)
    counts["gtin"] = _weigh(codes.filter(_is_gtin(value)))
    counts["isbn"] = _count_isbn(codes)
    counts["currency"] = _weigh(codes.filter(value.str.to_uppercase().is_in(currencies())))
    counts["country"] = _weigh(codes.filter(value.is_in(countries()) | value.str.to_lowercase().is_in(countries())))
    counts.update(_count_units(codes))
    return +counts


def _weigh(values: pl.DataFrame) -> int:
    return int(values["n"].sum())


def _is_gtin(value: pl.Expr) -> pl.Expr:
    """Whether the check digit fits: GS1 General Specifications, section 7.9, weights 3 and 1 from the right."""
    padded = value.str.zfill(max(GTIN_LENGTHS))
    digits = [padded.str.slice(i, 1).cast(pl.Int32, strict=False) for i in range(max(GTIN_LENGTHS))]
    weighted = pl.sum_horizontal(digit * (3 if i % 2 == 0 else 1) for i, digit in enumerate(digits))
    return (
        value.str.contains(r"^[0-9]+$")
        & value.str.len_chars().is_in(GTIN_LENGTHS)
        & (weighted % 10 == 0)
        & ~value.str.contains(r"^0+$")
    )


def _count_isbn(values: pl.DataFrame) -> int:
    from stdnum import isbn

    found = values.filter(pl.col("value").str.contains(r"^(?:97[89][- ]?)?(?:[0-9][- ]?){9}[0-9Xx]$"))
    return sum(n for text, n in found.select("value", "n").iter_rows() if isbn.is_valid(text))


def _count_units(values: pl.DataFrame) -> Counter[str]:
    """Count numbers with a unit behind or a currency before them, as `unit:<u>` in small letters."""
    value = pl.col("value")
    unit = pl.coalesce(value.str.extract(_QUANTITY, 1), value.str.extract(_AMOUNT, 1))
    found = values.select(unit.alias("unit"), "n").drop_nulls().group_by("unit").agg(pl.col("n").sum())
    counts: Counter[str] = Counter()
    for written, n in found.iter_rows():
        if (known := _unit(written)) is not None:
            counts[f"unit:{known}"] += int(n)
    return counts


def _unit(written: str) -> str | None:
    """Return what stands beside numbers in small letters; `None` where it is no unit. `Ft` are forints, `ft` feet."""
    lower = written.lower()
    sign = CURRENCY_SIGNS.get(written) or (None if lower in UNITS else _SIGNS.get(lower))
    if sign is not None:
        return sign.lower()
    return lower if lower in UNITS or lower.upper() in currencies() else None
