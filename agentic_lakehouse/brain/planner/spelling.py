"""How far two unknown words are spellings of one: misspelt, inflected, cut short, or with their vowels left out."""

from __future__ import annotations

from rapidfuzz import fuzz

FUZZY = 85
"""Least rapidfuzz ratio of two words that are taken for spellings of one, if both have `MIN_FUZZY` letters."""
MIN_FUZZY = 5
MIN_PART = 3
MIN_STEM = 4
ENDINGS = frozenset({
    "", "s", "es", "ed", "d", "ing", "ion", "tion", "ption", "ation", "er", "or", "ery", "y", "ies", "ment", "al",
    "ance", "age", "e", "en", "n", "t", "te", "ung", "ungen", "ie", "a", "o", "i", "os", "as",
})  # fmt: skip
"""What inflection and derivation put behind a stem, in the languages of the lexicon."""
VOWELS = frozenset("aeiou")
INFLECTED, SKELETON, CUT, SHORT_CUT, TAIL = 0.85, 0.7, 0.75, 0.65, 0.6
"""What it is worth that words have one stem; that one is the other's consonants, its beginning (of three letters only:
less), or its end."""


def misspelt(one: str, other: str) -> float:
    """Return how far two words differ by a letter or two only, 0 to 0.9."""
    if min(len(one), len(other)) < MIN_FUZZY:
        return 0.0
    ratio = fuzz.ratio(one, other)
    return 0.9 * ratio / 100 if ratio >= FUZZY else 0.0


def related(one: str, other: str) -> float:
    """Return how far one word is a form, an abbreviation or the end of the other, 0 to 0.85."""
    short, long = sorted((one, other), key=len)
    if len(short) < MIN_PART:
        return 0.0
    if _has_stem_of(short, long):
        return INFLECTED
    if long.startswith(short) and len(long) >= MIN_FUZZY:
        return SHORT_CUT if len(short) == MIN_PART else CUT
    if abbreviates(short, long):
        return SKELETON
    return TAIL if len(short) >= MIN_FUZZY and long.endswith(short) else 0.0


def abbreviates(short: str, long: str) -> bool:
    """Say whether a word is another with letters left out: `shpmt` is `shipment`, `wochenstd` is `wochenstunden`."""
    if len(short) < MIN_PART or len(long) < len(short) + 2 or short[0] != long[0]:
        return False
    letters = iter(long)
    if not all(letter in letters for letter in short):
        return False
    return VOWELS.isdisjoint(short[1:]) or long[:MIN_STEM] == short[:MIN_STEM]


def _has_stem_of(short: str, long: str) -> bool:
    common = next((k for k, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return any(short[k:] in ENDINGS and long[k:] in ENDINGS for k in range(MIN_STEM, common + 1))
