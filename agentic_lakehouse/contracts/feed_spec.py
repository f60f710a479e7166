"""What a vendor's file is: its format and columns, as claims that are re-tested on every row."""

from __future__ import annotations

from collections import Counter
from typing import Literal, Self

from pydantic import Field, model_validator

from agentic_lakehouse.contracts.base import Contract, sha256_of
from agentic_lakehouse.contracts.feed import Feed

ColumnType = Literal["string", "integer", "decimal", "boolean", "date", "timestamp", "json"]
FileKind = Literal["csv", "json", "jsonl", "xml", "parquet", "arrow", "xlsx", "xls", "ods"]

RESERVED_NAMES = frozenset({"ingestion_date", "vendor_name"})
"""Columns that bronze adds itself. A vendor's column of such a name, or with a leading `_`, becomes `src_...`."""


class FileFormat(Contract):
    """How the bytes of a file become rows of text. Facts found by sniffing, never a model's opinion."""

    kind: FileKind
    """`csv` is any delimited text."""
    encoding: str | None = None
    """Python codec name, for text kinds."""
    delimiter: str | None = None
    quote: str | None = None
    """Quote character; `None` where nothing is quoted."""
    escape: str | None = None
    """Escape character; `None` where quotes are doubled."""
    header_row: int | None = None
    """Line (or sheet row) of the header, counted from 1; `None` where the file has none."""
    header_rows: int = Field(default=1, ge=1)
    """Lines of the header. Several are joined column by column, a title over many columns to each of them."""
    sheet: str | None = None
    """Worksheet, for workbooks."""
    record_path: str | None = None
    """Where the records are: for `json` the dotted path from the root to their array (`""` is the root), for `xml`
    the tags from the root to the record element, such as `rss/channel/item`."""
    repeated: tuple[str, ...] = ()
    """For `xml`: dotted paths, within a record, of elements that stand several times in one: JSON arrays."""
    mixed: tuple[str, ...] = ()
    """For `xml`: dotted paths, within a record, of elements with text and elements side by side: kept as markup."""


class ColumnSpec(Contract):
    """One column of a vendor feed: where it is found and how its text becomes a value."""

    source_name: str
    """Header exactly as the vendor wrote it (a dotted path for nested JSON); `#3` where there is no header."""
    name: str = Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=63)
    """Bronze column name: lower snake case, unique within the feed."""
    type: ColumnType
    nullable: bool = True
    """False claims that every row has a value."""
    null_tokens: tuple[str, ...] = ()
    """Cells that mean "no value", besides the empty cell. Compared after trimming, case kept."""
    format: str | None = None
    """How text is parsed: for decimals 1234.56 as the vendor writes it, with the currency, `%` or unit that every cell
    carries (`1.234,56`, `$1,234.56`, `1234.56 %`); a strptime pattern for dates and timestamps; `ja|nein` for
    booleans."""
    precision: int = Field(default=18, ge=1, le=38)
    """Digits in all, for decimals."""
    scale: int = Field(default=4, ge=0, le=18)
    """Digits after the point, for decimals. A cell with more is an error, never rounded."""
    unit: str | None = None
    """Unit found in the header or the cells: of measure, such as `g` or `lb`, an ISO 4217 code, or `%`. A percentage
    keeps its number: `19 %` is 19."""
    description: str = ""
    """What the column holds, in one sentence."""


class FillDown(Contract):
    """Where a product's title or vendor stands once: on the first row of its group, blank on the rows below.

    A fact found by measuring, never a model's opinion. Blank cells get what the group's first row holds, before they
    are typed; any other cell keeps its own value.
    """

    group: str
    """Column, by `source_name`, whose equal values in rows next to each other make a group, such as a handle."""
    columns: tuple[str, ...] = Field(min_length=1)
    """Columns, by `source_name`, that are filled down within a group."""


class FeedSpec(Contract):
    """A vendor feed's metadata: format, typed columns and keys."""

    vendor_name: str
    table_name: str
    """The feed's name within its vendor."""
    format: FileFormat
    columns: tuple[ColumnSpec, ...] = Field(min_length=1)
    primary_key: tuple[str, ...] = ()
    """Bronze names of the columns that together identify a row; empty where nothing does."""
    natural_keys: tuple[tuple[str, ...], ...] = ()
    """Other column sets that were unique in the file."""
    partition_candidates: tuple[str, ...] = ()
    fill_down: FillDown | None = None
    """How rows of variants get what stands only on the first row of their product; `None` where rows stand alone."""
    description: str = ""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for label, values in (
            ("column name", [c.name for c in self.columns]),
            ("source column", [c.source_name for c in self.columns]),
        ):
            twice = [value for value, count in Counter(values).items() if count > 1]
            if twice:
                raise ValueError(f"{label} {twice[0]!r} stands twice")
        names = {c.name for c in self.columns}
        for name in sorted(names):
            if name in RESERVED_NAMES or name.startswith("_"):
                raise ValueError(f"column name {name!r} is reserved: call it 'src_{name.lstrip('_')}'")
        for key in (self.primary_key, self.partition_candidates, *self.natural_keys):
            unknown = set(key) - names
            if unknown:
                raise ValueError(f"key column {min(unknown)!r} is not among the columns")
        if self.fill_down is not None:
            _require_consistent(self.fill_down, {c.source_name for c in self.columns})
        return self

    @property
    def feed(self) -> Feed:
        """The feed that this spec describes."""
        return Feed(self.vendor_name, self.table_name)

    def column(self, source_name: str) -> ColumnSpec | None:
        """Return the column with that vendor header, or `None`."""
        return next((c for c in self.columns if c.source_name == source_name), None)

    @property
    def shape_sha256(self) -> str:
        """Identity of what a mapping depends on: names, types, units, filling; not dialect, prose or null words."""
        shape: list[object] = [*sorted([c.source_name, c.name, c.type, c.unit] for c in self.columns)]
        if self.fill_down is not None:
            shape.append({"group": self.fill_down.group, "filled": sorted(self.fill_down.columns)})
        return sha256_of(shape)


def _require_consistent(claim: FillDown, sources: set[str]) -> None:
    """Refuse to fill what is not there, twice, or from itself."""
    unknown = {claim.group, *claim.columns} - sources
    if unknown:
        raise ValueError(f"fill_down names {min(unknown)!r}, which is not among the source columns")
    if claim.group in claim.columns:
        raise ValueError(f"fill_down cannot fill {claim.group!r}, which makes the groups")
    if len(set(claim.columns)) < len(claim.columns):
        twice = next(name for name, count in Counter(claim.columns).items() if count > 1)
        raise ValueError(f"fill_down names {twice!r} twice")
