"""Words and codes that cells hold in many languages, from public lists. Rules for no vendor in particular."""

from __future__ import annotations

from functools import lru_cache

NULL_WORDS = frozenset({
    "null", "(null)", "<null>", "[null]", "\\n", "n/a", "#n/a", "n.a.", "n. a.", "k.a.", "k. a.", "k.a", "s.o.", "s/o",
    "-", "--", "---", "–", "—", "?", "??", ".", "undefined", "#null!", "#num!", "#value!", "#ref!", "#div/0!", "#name?",
    "keine angabe", "not available", "not applicable", "nicht verfügbar", "non disponible", "no disponible",
    "0000-00-00", "0000-00-00 00:00:00",
})  # fmt: skip
"""Texts, in small letters, that mean "no value" in any column: SQL, R, Excel and everyday use."""
SOFT_NULL_WORDS = frozenset(
    {"na", "nan", "none", "nil", "unknown", "unbekannt", "inconnu", "tbd", "tba", "keine", "leer"}
)
"""The same, but some columns hold them as values: a country (`NA`), a category (`none`)."""

BOOLEAN_PAIRS = (
    ("true", "false"), ("yes", "no"), ("ja", "nein"), ("oui", "non"), ("wahr", "falsch"), ("vrai", "faux"),
    ("si", "no"), ("sí", "no"), ("sì", "no"), ("sim", "não"), ("ja", "nee"), ("ja", "nej"), ("ja", "nei"),
    ("tak", "nie"), ("ano", "ne"), ("да", "нет"), ("verdadero", "falso"), ("vero", "falso"), ("waar", "onwaar"),
    ("verdadeiro", "falso"), ("prawda", "fałsz"), ("pravda", "nepravda"), ("áno", "nie"), ("da", "nu"),
    ("da", "ne"), ("kyllä", "ei"), ("tosi", "epätosi"), ("jah", "ei"), ("jā", "nē"), ("taip", "ne"),
    ("igen", "nem"), ("igaz", "hamis"), ("evet", "hayır"), ("doğru", "yanlış"), ("ναι", "όχι"), ("так", "ні"),
    ("да", "не"), ("sand", "falsk"), ("sant", "falskt"), ("是", "否"), ("はい", "いいえ"), ("예", "아니오"),
    ("نعم", "لا"),
    ("כן", "לא"), ("✓", "✗"), ("✔", "✘"), ("✔", "✖"), ("☑", "☐"), ("on", "off"), ("y", "n"), ("t", "f"),
    ("j", "n"), ("o", "n"), ("s", "n"), ("1", "0"),
)  # fmt: skip
"""Words for true and false, the commonest pair first where a word stands in several."""
BOOLEAN_WORDS = frozenset(word for pair in BOOLEAN_PAIRS for word in pair)

UNITS = frozenset({
    "mg", "g", "kg", "t", "lb", "lbs", "oz", "mm", "cm", "dm", "m", "km", "in", "inch", "inches", "ft", "yd",
    "ml", "cl", "dl", "l", "liter", "litre", "gal", "qt", "pt", "m2", "m3", "qm", "cm2", "cm3", "m²", "m³",
    "w", "kw", "v", "mv", "a", "ma", "mah", "ah", "wh", "kwh", "hz", "khz", "mhz", "ghz", "kb", "mb", "gb", "tb",
    "mp", "dpi", "px", "bar", "psi", "nm", "db", "°c", "°f", "%", "°", '"', "'", "st", "stk", "stück", "pcs", "pc",
    "pce", "pack", "ea", "min", "h", "hr", "hrs", "s", "sec", "ms", "d", "mon", "monate", "months", "years", "jahre",
})  # fmt: skip
"""Units of measure in small letters: SI, UN/ECE Recommendation 20 in vendors' spelling, and the pieces of commerce."""
CURRENCY_SIGNS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₴": "UAH", "₪": "ILS", "zł": "PLN",
    "Kč": "CZK", "Ft": "HUF", "US$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "R$": "BRL",
    "$": "$", "¥": "¥", "kr": "kr",
}  # fmt: skip
"""Signs of currencies to ISO 4217 codes; those that several countries share keep their sign."""

NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"})
"""Two-letter territories of CLDR that are no countries."""
NAME_LOCALES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv")
"""Languages in which country names are known."""


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Return ISO 4217 codes in capitals, from CLDR."""
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Return ISO 3166-1 alpha-2 codes in capitals and country names in small letters, from CLDR."""
    from babel import Locale

    codes = {str(c) for c in Locale("en").territories if len(str(c)) == 2 and str(c).isalpha()} - NO_COUNTRIES
    names = {
        str(name).lower()
        for language in NAME_LOCALES
        for code, name in Locale(language).territories.items()
        if code in codes
    }
    return frozenset(codes | names)


@lru_cache(maxsize=64)
def decimal_mark(locale: str) -> str | None:
    """Return the decimal mark of a CLDR locale; `None` where the locale is not known."""
    from babel import Locale, UnknownLocaleError
    from babel.numbers import get_decimal_symbol

    try:
        return str(get_decimal_symbol(Locale.parse(locale)))
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=64)
def date_order(locale: str) -> str | None:
    """Return the order of a CLDR locale's short date, such as `dmy`; `None` where the locale is not known."""
    from babel import Locale, UnknownLocaleError

    try:
        pattern = str(Locale.parse(locale).date_formats["short"].pattern)
    except (UnknownLocaleError, ValueError):
        return None
    return "".join(dict.fromkeys(c.lower() for c in pattern if c in "dMy"))
