"""The expression that carries a source into its target: the least that makes the value what the target asks for.

What cannot be carried is not papered over: the lakehouse casts the result, and keeps what the cast or a word list
loses as an error with its row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentic_lakehouse.brain.planner.quantities import number_expression
from agentic_lakehouse.brain.planner.tokens import lexicon, words
from agentic_lakehouse.brain.planner.values import CLEANERS, compile_pattern, is_numeric, shown
from agentic_lakehouse.brain.planner.vocabulary import fold, value_map, value_words
from agentic_lakehouse.brain.question import MapQuestion, SourceColumn, TargetColumn
from agentic_lakehouse.sql.types import literal, quote

PATH_MARKS = (" > ", ">", " » ", "»", "->", "|", "::", "\\", " / ", "/", ";")
"""Separators of a path's levels, the surest first."""
LIST_MARKS = ("|", ";", ",", "\n", " ")
"""Separators of several addresses in a cell, the surest first."""
FIRST_ADDRESS = literal(r"https?://[^][\s,;|{}\x22']+")
"""Regular expression, as SQL, of the first address in a cell that is a JSON document or whose separator is not seen."""
TARGET_PATH = " > "
"""How `join_path` joins levels; a target whose definition or examples show it holds a path."""


def expression(question: MapQuestion, source: SourceColumn, target: TargetColumn) -> tuple[str, list[str]]:
    """Write the expression over bronze names; return it and the source columns that it reads."""
    if is_numeric(target) and not target.valid_values:
        return number_expression(question, source, target)
    return _plain(source, target), [source.source_name]


def usual_expressions(question: MapQuestion) -> Callable[[str, str], str]:
    """Return a function from a source's header and a target's name to the expression over both."""
    sources = {s.source_name: s for s in question.sources}
    targets = {t.name: t for t in question.targets}
    return lambda source, target: expression(question, sources[source], targets[target])[0]


def path_mark(values: Sequence[str]) -> str | None:
    """Return what separates levels in the values; `None` where they have none or it is no path."""
    return next((mark for mark in PATH_MARKS if sum(mark in v for v in values) * 3 >= len(values) > 0), None)


def covers_everything(source: SourceColumn, target: TargetColumn) -> bool:
    """Say whether every value that a source shows has a counterpart among the target's valid values."""
    known = {fold(word) for word in value_map(source, target)}
    return all(fold(word) in known for word in value_words(source))


def _plain(source: SourceColumn, target: TargetColumn) -> str:
    column = quote(source.name)
    text = column if source.type in {"string", "json"} else f"CAST({column} AS VARCHAR)"
    if target.valid_values:
        return _vocabulary(source, target, text)
    if target.type.startswith("boolean"):
        return column if source.type == "boolean" else _truth(source, text)
    if target.type.startswith(("date", "timestamp")):
        return column
    return _text(source, target) if source.type in {"string", "json"} else text


def _vocabulary(source: SourceColumn, target: TargetColumn, text: str) -> str:
    known, held = value_map(source, target), set(value_words(source))
    if not known or held <= set(target.valid_values):
        return text
    return _word_list(text, known)


def _truth(source: SourceColumn, text: str) -> str:
    yes, no = lexicon().affirmative, lexicon().negative
    known = {word: "true" if fold(word) in yes else "false" for word in source.values if fold(word) in yes | no}
    return _word_list(text, known) if known else text


def _word_list(text: str, known: dict[str, str]) -> str:
    pairs = ", ".join(f"{literal(word)}, {literal(value)}" for word, value in sorted(known.items()))
    return f"value_map({text}, {pairs})"


def _text(source: SourceColumn, target: TargetColumn) -> str:
    text = quote(source.name)
    if "http" in (target.pattern or "") or source.semantics.keys() & {"url", "image_url", "url_list"}:
        return _address(source, text)
    if _holds_path(target) and (mark := path_mark(shown(source))):
        return f"join_path({text}, {literal(mark.strip() or mark)})"
    if _holds_markup(source) and "html" not in words(target.definition):
        return f"strip_html({text})"
    return _cleaned(source, target, text)


def _address(source: SourceColumn, text: str) -> str:
    """Take the first address of a cell that may hold several."""
    if source.type == "json":
        return f"regexp_extract({text}, {FIRST_ADDRESS})"
    several = [v for v in shown(source) if v.count("://") > 1]
    mark = next((m for m in LIST_MARKS if any(m in v.strip() for v in several)), None)
    if mark is not None:
        return f"first_item({text}, {literal(mark)})"
    return f"regexp_extract({text}, {FIRST_ADDRESS})" if source.semantics.get("url_list") else text


def _cleaned(source: SourceColumn, target: TargetColumn, text: str) -> str:
    """Bring text to the target's pattern by the simplest clean-up under which most values fit."""
    pattern, values = compile_pattern(target.pattern), shown(source)
    if pattern is None or not values:
        return text
    fits = {name: sum(bool(pattern.search(clean(v))) for v in values) for name, clean in CLEANERS.items()}
    best = max(fits, key=lambda name: fits[name])
    return f"{best}({text})" if best else text


def _holds_path(target: TargetColumn) -> bool:
    return TARGET_PATH in target.definition or any(TARGET_PATH in e for e in target.examples)


def _holds_markup(source: SourceColumn) -> bool:
    return bool(source.semantics.get("html")) or "html" in words(source.source_name)
