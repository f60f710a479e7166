"""Helpers for text: white space, markup, lists in a cell, code lists, keys.

Every text argument is cast to text first, so that a bronze column of any type will do.
"""

from __future__ import annotations

from sqlglot import exp

from agentic_lakehouse.sql.checks import integer_literal, text_literal
from agentic_lakehouse.sql.macro import Arguments, Macro
from agentic_lakehouse.sql.number_macros import SPACES
from agentic_lakehouse.sql.trees import fill
from agentic_lakehouse.sql.types import Dialect, literal

MAX_ITEM = 1_000
_BLOCKS = (
    "address|article|blockquote|br|dd|div|dl|dt|figure|footer|h[1-6]|header|hr|li|ol|p|pre|section|table|td|th|tr|ul"
)
"""Elements that end a line of text (HTML standard, section 15.3): their tags become a space, others nothing."""
_ENTITIES = {
    "nbsp": " ", "#160": " ", "lt": "<", "#60": "<", "gt": ">", "#62": ">", "quot": '"', "#34": '"', "apos": "'",
    "#39": "'", "ndash": "–", "mdash": "—", "hellip": "…", "#38": "&", "amp": "&",
}  # fmt: skip
"""Character references that turn up in product texts; `&amp;` last, so that nothing is decoded twice."""
_TEXT = "CAST($x AS VARCHAR)"


def _one(arguments: Arguments) -> str | None:
    return None if len(arguments) == 1 else "it takes one text"


def _squeezed(text: str) -> str:
    """Return SQL of `text` with runs of white space made one space, trimmed, null when empty."""
    return f"NULLIF(TRIM(REGEXP_REPLACE({text}, {literal(SPACES + '+')}, ' ', 'g')), '')"


def _clean_text(arguments: Arguments, _: Dialect) -> exp.Expr:
    return fill(_squeezed(_TEXT), x=arguments[0])


def _digits(arguments: Arguments, _: Dialect) -> exp.Expr:
    return fill(f"NULLIF(REGEXP_REPLACE({_TEXT}, '[^0-9]', '', 'g'), '')", x=arguments[0])


def _strip_html(arguments: Arguments, _: Dialect) -> exp.Expr:
    text = _TEXT
    for pattern, by in (
        (r"(?is)<!--.*?-->|<script\b.*?</script\s*>|<style\b.*?</style\s*>", " "),
        (rf"(?i)</?(?:{_BLOCKS})\b[^>]*>", " "),
        (r"</?[A-Za-z!][^>]*>", ""),
    ):
        text = f"REGEXP_REPLACE({text}, {literal(pattern)}, '{by}', 'g')"
    for name, character in _ENTITIES.items():
        text = f"REPLACE({text}, '&{name};', {literal(character)})"
    return fill(_squeezed(text), x=arguments[0])


def _escaped(separator: str) -> str:
    """Return a regular expression that matches `separator` and nothing else, in RE2 and Java."""
    return "".join(c if c.isalnum() or c.isspace() or not c.isascii() else f"\\{c}" for c in separator)


def _check_separator(arguments: Arguments) -> str | None:
    separator = text_literal(arguments[1]) if len(arguments) == 2 else None
    return None if separator else "it takes a text and a separator, which must be a string literal"


def _join_path(arguments: Arguments, _: Dialect) -> exp.Expr:
    mark = _escaped(arguments[1].name.strip() or arguments[1].name)
    ends = literal(f"^(?:{SPACES}|{mark})+|(?:{SPACES}|{mark})+$")
    between = literal(f"{SPACES}*(?:{mark}{SPACES}*)+")
    bare = f"REGEXP_REPLACE({_TEXT}, {ends}, '', 'g')"
    return fill(f"NULLIF(REGEXP_REPLACE({bare}, {between}, ' > ', 'g'), '')", x=arguments[0])


def _first_item(arguments: Arguments, _: Dialect) -> exp.Expr:
    return _item(arguments, 1)


def _check_nth(arguments: Arguments) -> str | None:
    if len(arguments) != 3 or integer_literal(arguments[2]) not in range(1, MAX_ITEM + 1):
        return f"it takes a text, a separator and a position from 1 to {MAX_ITEM}"
    return _check_separator(arguments[:2])


def _nth_item(arguments: Arguments, _: Dialect) -> exp.Expr:
    return _item(arguments, integer_literal(arguments[2]) or 1)


def _item(arguments: Arguments, position: int) -> exp.Expr:
    item = f"SPLIT_PART({_TEXT}, {literal(arguments[1].name)}, {position})"
    return fill(_squeezed(item), x=arguments[0])


def _check_key(arguments: Arguments) -> str | None:
    return None if arguments else "it takes at least one value"


def _surrogate_key(arguments: Arguments, _: Dialect) -> exp.Expr:
    # `|` cannot occur in an escaped part and a null has no `=`, so no two lists of values give the same text.
    parts = {f"p{n}": argument for n, argument in enumerate(arguments)}
    escaped = "REPLACE(REPLACE(CAST(${0} AS VARCHAR), '~', '~~'), '|', '~.')"
    texts = ", ".join(f"COALESCE('=' || {escaped.format(name)}, '')" for name in parts)
    return fill(f"SHA256(CONCAT_WS('|', {texts}))", **parts)


def _check_map(arguments: Arguments) -> str | None:
    words, values = arguments[1::2], arguments[2::2]
    if len(arguments) < 3 or len(words) != len(values):
        return "it takes a value and then pairs of a word and what it means"
    keys = [text_literal(word) for word in words]
    if None in keys or not all(isinstance(value, exp.Literal | exp.Boolean | exp.Null) for value in values):
        return "its words must be string literals and their meanings literals"
    seen: dict[str, str] = {}
    for key, value in zip(keys, values, strict=True):
        if seen.setdefault((key or "").strip().lower(), value.sql()) != value.sql():
            return f"it gives {key!r} two meanings"
    return None


def _value_map(arguments: Arguments, _: Dialect) -> exp.Expr:
    pairs = zip(arguments[1::2], arguments[2::2], strict=True)
    whens = " ".join(f"WHEN {_word(word)} THEN {_meaning(value)}" for word, value in pairs)
    return fill(f"CASE LOWER(TRIM({_TEXT})) {whens} END", x=arguments[0])


def _word(word: exp.Expr) -> str:
    """Return a word as it is looked up; the engine lowers what Python and it might lower differently."""
    text = word.name.strip()
    return literal(text.lower()) if text.isascii() else f"LOWER({literal(text)})"


def _meaning(value: exp.Expr) -> str:
    """Return a meaning as text: the target's type is the compiler's business."""
    if isinstance(value, exp.Null):
        return "NULL"
    return literal(str(value.this).lower() if isinstance(value, exp.Boolean) else value.name)


def _mapped(arguments: Arguments) -> tuple[exp.Expr, ...]:
    """Return the looked-up value, null where its word is known to mean null."""
    blank = [
        _word(word) for word, value in zip(arguments[1::2], arguments[2::2], strict=True) if isinstance(value, exp.Null)
    ]
    if not blank:
        return (fill("NULLIF(TRIM(CAST($x AS VARCHAR)), '')", x=arguments[0]),)
    whens = " ".join(f"WHEN {word} THEN NULL" for word in blank)
    return (fill(f"CASE LOWER(TRIM({_TEXT})) {whens} WHEN '' THEN NULL ELSE {_TEXT} END", x=arguments[0]),)


TEXT_MACROS = (
    Macro(
        "clean_text", "clean_text(text)", "The text with white space trimmed and squeezed; null when empty.",
        "string", _clean_text, _one,
    ),
    Macro(
        "strip_html", "strip_html(text)", "The text without markup, entities decoded, white space squeezed.",
        "string", _strip_html, _one,
    ),
    Macro("digits", "digits(text)", "The digits of the text; null when it has none.", "string", _digits, _one),
    Macro(
        "join_path", "join_path(text, '/')", "The levels of a path trimmed and joined by ' > '.",
        "string", _join_path, _check_separator,
    ),
    Macro(
        "first_item", "first_item(text, ',')", "The first item of a list in a cell, trimmed; null when empty.",
        "string", _first_item, _check_separator,
    ),
    Macro(
        "nth_item", "nth_item(text, ',', 2)", "An item of a list in a cell, counted from 1, trimmed; null when absent.",
        "string", _nth_item, _check_nth,
    ),
    Macro(
        "surrogate_key", "surrogate_key(a, b, ...)", "sha256 in hex over the values, null-safe; never null.",
        "string", _surrogate_key, _check_key,
    ),
    Macro(
        "value_map", "value_map(x, 'from', 'to', ...)",
        "What the value's word means, looked up trimmed and in any case; null when not found.",
        "string", _value_map, _check_map, _mapped,
    ),
)  # fmt: skip
