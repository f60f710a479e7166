"""What the elements of an XML record mean for its columns, found out once for each path."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds.names import MAX_COLUMNS
from agentic_lakehouse.feeds.xml_shape import OWN_TEXT, local_name

MAX_MET = 5 * MAX_COLUMNS
"""Columns that are noted; a file with more is no table."""


class Column:
    """All elements, or attributes, of one path in a record."""

    __slots__ = ("attributes", "below", "is_met", "is_mixed", "is_repeated", "key", "path", "position", "serial", "tag")

    def __init__(self, path: str, tag: str, position: int) -> None:
        self.path = path
        self.tag = tag
        self.key = local_name(tag)
        self.position = position
        """Where its cells are; -1 where the path is no column."""
        self.below: dict[str, Column] = {}
        self.attributes: dict[str, Column] = {}
        self.is_repeated = False
        self.is_mixed = False
        self.is_met = False
        self.serial = 0
        """Number of the last record that had it."""


class Columns:
    """Makes the columns of a file as they are met, each once."""

    def __init__(self, fmt: FileFormat, names: Sequence[str], *, met: dict[str, None]) -> None:
        self._repeated = frozenset(fmt.repeated)
        self._mixed = frozenset(fmt.mixed)
        self._names = names
        self._at = {name: position for position, name in enumerate(names)}
        self._met = met
        self.root = Column("", "", self._at.get(OWN_TEXT, -1))
        """The record itself; its cell is its own text."""

    def below(self, above: Column, tag: str) -> Column:
        """Return what elements of a tag in those of a column are."""
        path = f"{above.path}.{tag}" if above.path else tag
        column = above.below[tag] = Column(path, tag, self._position(path))
        column.is_repeated = path in self._repeated
        column.is_mixed = path in self._mixed
        return column

    def attribute(self, column: Column, attribute: str) -> Column:
        """Return what an attribute of a column's elements is; declarations of namespaces are nothing."""
        path = f"{column.path}.@{attribute}" if column.path else f"@{attribute}"
        found = column.attributes[attribute] = Column(path, attribute, self._position(path))
        found.is_met = attribute.startswith("xmlns")
        return found

    def note(self, column: Column) -> None:
        """Note that records have a column."""
        column.is_met = True
        if column.position >= 0:
            self._met[self._names[column.position]] = None
        elif len(self._met) < MAX_MET:
            self._met[local_name(column.path) or OWN_TEXT] = None

    def _position(self, path: str) -> int:
        return self._at.get(path, self._at.get(local_name(path), -1))


class Element:
    """An open element that is part of one cell."""

    __slots__ = ("attributes", "below", "column", "raw", "start", "texts")

    def __init__(self, column: Column, attributes: dict[str, str], start: int) -> None:
        self.column = column
        self.attributes = attributes
        self.below: list[tuple[Column, Any]] = []
        self.texts: list[str] = []
        self.start = start
        self.raw = ""
        """Mixed content with its markup."""

    @property
    def text(self) -> str | None:
        """What stands in it beside its elements."""
        return "".join(self.texts).strip() or None

    def value(self) -> Any:
        """Return the element as JSON: its text, or an object where it has more."""
        attributes = {key: value for key, value in self.attributes.items() if not key.startswith("xmlns")}
        text = self.raw or self.text
        if not attributes and (self.raw or not self.below):
            return text
        found: dict[str, Any] = {f"@{local_name(key)}": value for key, value in attributes.items()}
        if len(found) < len(attributes):
            found = {f"@{key}": value for key, value in attributes.items()}
        if self.raw:
            return found | {OWN_TEXT: text}
        columns = {column for column, _ in self.below}
        clash = len({column.key for column in columns}) < len(columns)
        for column, value in self.below:
            key = column.tag if clash else column.key
            if column.is_repeated:
                found.setdefault(key, []).append(value)
            elif key in found:
                found[key] = [*found[key], value] if isinstance(found[key], list) else [found[key], value]
            else:
                found[key] = value
        if found and text is not None:
            found[OWN_TEXT] = text
        return found or text


def as_json(values: Sequence[Any]) -> str:
    """Return the values of a repeated element as a JSON array."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
