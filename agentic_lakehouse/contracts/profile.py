"""Facts about a delivered file, measured and never guessed: what sniffing and profiling found.

Of a big file only a sample is measured; then counts are of its rows, and loading tests what follows from them on all.
"""

from __future__ import annotations

from pydantic import Field

from agentic_lakehouse.contracts.base import Contract, sha256_of
from agentic_lakehouse.contracts.feed_spec import ColumnType, FileFormat


class TypeEvidence(Contract):
    """How many of a column's values can be read as one type in one format."""

    type: ColumnType
    format: str | None = None
    """As in `ColumnSpec.format`."""
    matches: int
    """Number of non-null values that parse."""
    max_scale: int = 0
    """Most digits seen after the decimal mark, for decimals."""
    max_digits: int = 0
    """Most digits seen before the decimal mark, for integers and decimals."""
    unit: str | None = None
    """Unit that `format` says every number carries: an ISO 4217 code or sign, `%`, or a unit of measure."""


class ColumnProfile(Contract):
    """What one column of a file holds. Counts are over all measured rows."""

    source_name: str
    position: int
    """From 0."""
    rows: int
    nulls: int
    """Empty cells and cells that hold a null word."""
    null_tokens: tuple[str, ...] = ()
    """Null words found, besides the empty cell."""
    distinct: int
    """Number of distinct non-null values."""
    min_length: int = 0
    max_length: int = 0
    """Lengths in characters of non-null values."""
    minimum: str | None = None
    maximum: str | None = None
    """Least and greatest value as text, in the order of the best type."""
    evidence: tuple[TypeEvidence, ...] = ()
    """Types that at least one value fits, most matches first."""
    semantics: dict[str, int] = Field(default_factory=dict)
    """Number of values that are a `gtin`, `isbn`, `url`, `image_url`, `email`, `html`, `currency`,
    `country`, `leading_zero`, `scientific`, `path` (levels by ` > ` or `/`), `unit:<u>` (number then unit)."""
    patterns: dict[str, int] = Field(default_factory=dict)
    """Most frequent value shapes: letters as `a` or `A`, digits as `9`, runs shortened to `9+`."""
    top_values: dict[str, int] = Field(default_factory=dict)
    """The most frequent values with their counts; all of them when `distinct` is 20 or less."""
    samples: tuple[str, ...] = ()
    """Up to 8 distinct values, spread over the file, each cut to 80 characters."""
    warnings: tuple[str, ...] = ()
    """What a person should know of the column, measured: digits that are lost, dates whose order nothing tells."""


class Variants(Contract):
    """Rows that continue the row above: some columns stand only on the first row of a group of rows."""

    group: str
    """Column, never null, whose equal values stand in one unbroken run of rows."""
    filled: dict[str, int]
    """Columns that stand on first rows only, in file order, each with the number of cells that have no value as they
    stand, and one once it is filled down."""


class FeedProfile(Contract):
    """What one file holds: its format, its size and its columns."""

    format: FileFormat
    file_name: str
    row_count: int
    """Records that were measured."""
    is_sample: bool = False
    """Whether these are only some of the file's."""
    rows_in_file: int | None = None
    """Records in the file: an estimate where only a sample was measured, `None` where there is none."""
    byte_size: int
    columns: tuple[ColumnProfile, ...]
    unique_keys: tuple[tuple[str, ...], ...] = ()
    """Smallest sets of source columns (at most 3) whose values never repeat and are never null."""
    variants: Variants | None = None
    """How rows of variants continue the first row of their product; `None` where rows stand alone."""

    def gained(self, source_name: str) -> int:
        """Return how many cells of a column get a value once it is filled down."""
        return self.variants.filled.get(source_name, 0) if self.variants else 0

    @property
    def source_names(self) -> tuple[str, ...]:
        """Headers in file order."""
        return tuple(c.source_name for c in self.columns)

    @property
    def warnings(self) -> dict[str, tuple[str, ...]]:
        """Columns with warnings, by header."""
        return {c.source_name: c.warnings for c in self.columns if c.warnings}

    @property
    def shape_sha256(self) -> str:
        """Fingerprint of the shape: names, likely types, pattern classes, kind, groups; never counts or samples."""
        shape: list[object] = [
            self.format.model_dump(mode="json"),
            [
                [
                    c.source_name,
                    [c.evidence[0].type, c.evidence[0].format] if c.evidence else None,
                    sorted(c.semantics),
                ]
                for c in self.columns
            ],
        ]
        if self.variants is not None:
            shape.append([self.variants.group, sorted(self.variants.filled)])
        return sha256_of(shape)
