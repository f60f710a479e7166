"""Headers as identifiers: any script's header becomes a unique, lower snake case bronze name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from agentic_lakehouse.contracts.feed_spec import RESERVED_NAMES

MAX_LENGTH = 63
"""As `ColumnSpec.name` allows."""

_LATIN = {
    "ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "œ": "oe", "ø": "oe", "å": "aa", "ł": "l", "đ": "d",
    "ð": "d", "þ": "th", "ı": "i", "ŋ": "ng", "€": " eur ", "%": " percent ", "&": " and ", "№": " no ", "#": " no ",
    "°": " deg ", "µ": "u", "'": "", "’": "",
}  # fmt: skip
_CYRILLIC = (
    "а:a б:b в:v г:g д:d е:e ё:e ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh"
    " щ:shch ъ: ы:y ь: э:e ю:yu я:ya і:i ї:yi є:ye ґ:g"
)
_GREEK = "α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o"
_PAIRS = dict(pair.split(":") for pair in f"{_CYRILLIC} {_GREEK}".split())
_TABLE = str.maketrans({**_LATIN, **_PAIRS})
_SHORT_PAIR = re.compile(r"\b([A-Z][a-z]) ([A-Z][a-z])\b")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_camel(text: str) -> str:
    """Put a space where camel case begins a new word: `VKPreisBrutto` gives `VK Preis Brutto`, `MwSt` stays."""
    return " ".join(_SHORT_PAIR.sub(r"\1\2", _CAMEL.sub(" ", part)) for part in text.split())


def transliterate(text: str) -> str:
    """Write Latin, Cyrillic and Greek letters in lower-case ASCII as readers would: `Größe` gives `groesse`.

    Letters of other scripts stay as they are.
    """
    composed = unicodedata.normalize("NFKC", text).lower().translate(_TABLE)
    decomposed = unicodedata.normalize("NFKD", composed).translate(_TABLE)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def snake_case(header: str) -> str:
    """Return `header` in lower snake case, or an empty string where nothing of it can be written so."""
    words = transliterate(split_camel(unicodedata.normalize("NFC", header)))
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")[:MAX_LENGTH].strip("_")


def bronze_names(headers: Iterable[str]) -> tuple[str, ...]:
    """Name each header's column: unique, never reserved, always of the form that `ColumnSpec.name` asks for.

    A header without a usable letter is named by its position, one that begins with a digit gets `col_` before it,
    a reserved one `src_`, and a name met again a number after it.
    """
    taken: set[str] = set()
    names: list[str] = []
    for position, header in enumerate(headers, start=1):
        name = f"column_{header[1:]}" if re.fullmatch(r"#\d+", header) else snake_case(header) or f"column_{position}"
        if name[0].isdigit():
            name = f"col_{name}"
        if name in RESERVED_NAMES or header.startswith("_"):
            name = f"src_{name}"
        names.append(_unused(name[:MAX_LENGTH], taken))
    return tuple(names)


def _unused(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        suffix = f"_{number}"
        candidate, number = name[: MAX_LENGTH - len(suffix)] + suffix, number + 1
    taken.add(candidate)
    return candidate
