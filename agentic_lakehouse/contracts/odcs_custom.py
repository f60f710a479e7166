"""What ODCS has no word for: the custom properties that the lakehouse reads, and word lists in them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from agentic_lakehouse.contracts.yaml_file import Place, did_you_mean, near_word

CUSTOM_PROPERTIES = frozenset({"synonyms", "valueSynonyms", "unit", "fallbackLogic", "onBreach"})
"""Of columns; of quality checks, `onBreach` alone means something."""


def custom_properties(place: Place, known: Collection[str] = CUSTOM_PROPERTIES) -> dict[str, Place]:
    """Return the values of those custom properties of an element that the lakehouse knows.

    Raises:
        ContractInvalid: a property is given twice, or its name is a known one misspelt.
    """
    found: dict[str, Place] = {}
    for item in place.at("customProperties"):
        name = item.data["property"]
        if name in found:
            raise item.invalid(f"the custom property {name!r} stands twice.")
        if name in known:
            found[name] = item.at("value")
        elif near := near_word(name, known):
            raise item.invalid(f"the custom property {name!r} is unknown.", f"Did you mean {near!r}?")
    return found


def words_by_language(place: Place | None) -> dict[str, tuple[str, ...]]:
    """Read lists of words by language code."""
    if place is None:
        return {}
    if not isinstance(place.data, dict):
        raise place.invalid("expected lists of words by language.", "Such as `{en: [price], de: [Preis]}`.")
    return {language: _words(place.at(language)) for language in place.data}


def words_by_value(place: Place | None, valid_values: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Read the words for each valid value, given as a list, or as lists by language, which are joined."""
    if place is None:
        return {}
    if not isinstance(place.data, dict):
        raise place.invalid("expected words by valid value.", "Such as `{in_stock: {en: [available]}}`.")
    found: dict[str, tuple[str, ...]] = {}
    for value in place.data:
        words = place.at(value)
        if value not in valid_values:
            raise words.invalid(f"{value!r} is not a valid value.", did_you_mean(value, valid_values))
        groups = words_by_language(words).values() if isinstance(words.data, dict) else [_words(words)]
        found[value] = tuple(dict.fromkeys(word for group in groups for word in group))
    return found


def text_of(place: Place | None) -> str | None:
    """Read a text that must say something."""
    if place is None:
        return None
    if not isinstance(place.data, str) or not place.data.strip():
        raise place.invalid("expected a text.")
    return place.data.strip()


def scalar_text(value: Any) -> str:
    """Return a scalar as YAML writes it: `true`, not `True`."""
    return json.dumps(value) if isinstance(value, bool) or value is None else str(value)


def _words(place: Place) -> tuple[str, ...]:
    if not isinstance(place.data, list) or not all(isinstance(word, str | int | float) for word in place.data):
        raise place.invalid("expected a list of words.")
    return tuple(dict.fromkeys(scalar_text(word) for word in place.data))
