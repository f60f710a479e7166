"""A column that comes back as another type gets a new name: bronze only gains columns or widens them.

What was delivered as `preis` in whole numbers and comes as decimals now stands in `preis__decimal`. Rows of
before stay what they were, and an expression over the old name does not read the new one unnoticed; one over
the new name reads them as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec
from agentic_lakehouse.contracts.tables import column_type
from agentic_lakehouse.lake.schemas import fits
from agentic_lakehouse.sql.types import duckdb_type, quote

MAX_LENGTH = 63
"""Of a bronze column's name; see `ColumnSpec.name`."""


_RETYPED = re.compile(r"(?P<name>.+)__(string|long|double|decimal|boolean|date|timestamp)\d*")
"""A header never gives two underscores in a row: see `brain.naming.snake_case`."""


def named_apart(spec: FeedSpec, types: Mapping[str, str]) -> FeedSpec:
    """Rename the columns of a spec that the bronze table has as another type.

    Args:
        spec: a new spec of the feed.
        types: bronze column to table type, as the table stands; may be empty.
    """
    names = {c.name: _free_name(c, types) for c in spec.columns}
    if all(name == old for old, name in names.items()):
        return spec
    renamed = {
        "columns": tuple(c.model_copy(update={"name": names[c.name]}) for c in spec.columns),
        "primary_key": tuple(names[k] for k in spec.primary_key),
        "natural_keys": tuple(tuple(names[k] for k in key) for key in spec.natural_keys),
        "partition_candidates": tuple(names[k] for k in spec.partition_candidates),
    }
    return FeedSpec.model_validate(spec.model_dump() | renamed)


def read_through(types: Mapping[str, str]) -> dict[str, str]:
    """Return SQL for each bronze column that took over from one of another type: its value, else what stood there.

    So rows of before a change of type are judged by the same expression as those since.
    """
    return {
        name: f"coalesce({quote(name)}, TRY_CAST({quote(old)} AS {duckdb_type(types[name])}))"
        for name, old in taken_over(types).items()
    }


def stem(name: str) -> str:
    """Return a bronze column's name without the type that a retyped one has at its end."""
    found = _RETYPED.fullmatch(name)
    return found["name"] if found else name


def taken_over(types: Mapping[str, str]) -> dict[str, str]:
    """Return the bronze columns that took over from one of another type, and from which."""
    named = {name: found["name"] for name in types if (found := _RETYPED.fullmatch(name))}
    return {name: old for name, old in named.items() if old in types}


def _free_name(column: ColumnSpec, types: Mapping[str, str]) -> str:
    """Return the first of `preis`, `preis__decimal`, `preis__decimal2`, ... that is free, or of this type."""
    word = column_type(column)
    suffix, number = f"__{word.partition('(')[0]}", 1
    name = column.name
    while not _stands_as(name, word, types):
        ending = suffix if number == 1 else f"{suffix}{number}"
        name, number = f"{column.name[: MAX_LENGTH - len(ending)]}{ending}", number + 1
    return name


def _stands_as(name: str, word: str, types: Mapping[str, str]) -> bool:
    found = types.get(name, word)
    return fits(word, found) or fits(found, word)
