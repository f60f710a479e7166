"""A suite of labelled feeds: what a person says each is and how it maps, to hold models against."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from agentic_lakehouse.contracts.base import Contract
from agentic_lakehouse.contracts.feed_spec import ColumnType


class LabelledFeed(Contract):
    """One feed, and what is true of it. Types, keys and rows that are not labelled are not judged."""

    feed: str
    """`vendor/feed`; the vendor's facts apply."""
    file: str | None = None
    """A delivery, relative to the suite."""
    columns: tuple[str, ...] = ()
    """Headers alone, instead of a file: only names can tell how they map."""
    types: dict[str, ColumnType] = Field(default_factory=dict)
    """Vendor header to type."""
    primary_key: tuple[str, ...] | None = None
    """Vendor headers; empty where no column tells rows apart."""
    mapping: dict[str, str] = Field(default_factory=dict)
    """Vendor header to target; headers that are not named map to nothing."""
    core: tuple[dict[str, str | None], ...] = ()
    """Rows that core must hold, as text, by target; targets that are not named are not judged."""

    @model_validator(mode="after")
    def _is_file_or_columns(self) -> Self:
        if (self.file is None) == (not self.columns):
            raise ValueError("give either `file` or `columns`")
        if self.columns and (self.types or self.primary_key is not None or self.core):
            raise ValueError("headers alone tell no types, keys or rows")
        return self


class Suite(Contract):
    """Labelled feeds of one standard."""

    name: str
    standard: str | None = None
    """ODCS file, relative to the suite; the lakehouse's own where not given."""
    vendors: str | None = None
    """Folder of vendor facts, relative to the suite; the lakehouse's own where not given."""
    feeds: tuple[LabelledFeed, ...] = Field(min_length=1)
