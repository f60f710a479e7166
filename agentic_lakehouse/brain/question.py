"""What a model is shown: facts, typed, and few enough to read.

Neither the vendor's nor the feed's name is in it: what a model answers depends on the shape and the facts alone, so
that one answer serves every feed of that shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from sqlglot import exp

from agentic_lakehouse.brain.relevance import Relevance
from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.feed_spec import ColumnType, FeedSpec
from agentic_lakehouse.contracts.profile import ColumnProfile, FeedProfile, TypeEvidence
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.sql.reading import parse

CELL = 80
"""Most characters shown of one vendor value."""
VALUES = 20
"""Most values shown of one column; all of them where a column has no more, as the profile counts it."""
FEW_VALUES = 4
"""Values shown of a column that has more than `VALUES`."""


class ColumnFacts(Record):
    """One vendor column as measured over the whole file."""

    source_name: str
    filled: int
    """Rows with a value."""
    filled_down: int = 0
    """Rows that get one besides, as it stands only on the first row of their group."""
    distinct: int
    null_tokens: tuple[str, ...] = ()
    length: tuple[int, int] = (0, 0)
    """Shortest and longest value, in characters."""
    range: tuple[str, str] | None = None
    types: tuple[TypeEvidence, ...] = ()
    semantics: dict[str, int] = Field(default_factory=dict)
    patterns: tuple[str, ...] = ()
    values: dict[str, int] = Field(default_factory=dict)
    """Most frequent values; all of them where `distinct` is not larger."""
    samples: tuple[str, ...] = ()

    @property
    def all_values(self) -> bool:
        """Whether `values` holds every value of the column."""
        return 0 < self.distinct <= len(self.values)


class SourceColumn(ColumnFacts):
    """One vendor column as its spec types it."""

    name: str
    """Bronze name: what expressions refer to."""
    type: ColumnType
    format: str | None = None
    unit: str | None = None
    description: str = ""
    key: bool = False
    """Whether it alone identifies a row."""


class TargetColumn(Record):
    """One column of the standard that a mapping may fill."""

    name: str
    type: str
    required: bool = False
    unique: bool = False
    key_part: bool = False
    """Whether every row must have one, as part of what tells rows apart."""
    definition: str = ""
    business_name: str = ""
    synonyms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    examples: tuple[str, ...] = ()
    unit: str | None = None
    pattern: str | None = None
    valid_values: tuple[str, ...] = ()
    value_synonyms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None


class DescribeQuestion(Record):
    """What is this file?"""

    question: Literal["describe_feed"] = "describe_feed"
    file_kind: str
    rows: int
    vendor_facts: VendorFacts
    unique_keys: tuple[tuple[str, ...], ...]
    variant_group: str | None = None
    """Source column whose equal values, one below the other, make a group of variants."""
    columns: tuple[ColumnFacts, ...]

    @property
    def width(self) -> int:
        """Columns that are asked about."""
        return len(self.columns)


class MapQuestion(Record):
    """How do these columns become that table?"""

    question: Literal["map_columns"] = "map_columns"
    standard: str
    purpose: str
    granularity: str
    rows: int
    vendor_facts: VendorFacts
    row_key: tuple[str, ...] = ()
    """Bronze names of the columns that together, and not alone, tell the variants of a product apart."""
    settled: dict[str, str] = Field(default_factory=dict)
    """Targets that are filled already, with the source column that each one takes."""
    sources: tuple[SourceColumn, ...]
    targets: tuple[TargetColumn, ...]

    @property
    def width(self) -> int:
        """Columns that are asked about."""
        return len(self.sources)


def describe_question(profile: FeedProfile, facts: VendorFacts) -> DescribeQuestion:
    """Ask what a profiled file is."""
    return DescribeQuestion(
        file_kind=profile.format.kind,
        rows=profile.row_count,
        vendor_facts=_telling(facts),
        unique_keys=profile.unique_keys,
        variant_group=profile.variants.group if profile.variants else None,
        columns=tuple(ColumnFacts(**_facts(c), filled_down=profile.gained(c.source_name)) for c in profile.columns),
    )


def map_question(profile: FeedProfile, spec: FeedSpec, standard: ProductStandard, facts: VendorFacts) -> MapQuestion:
    """Ask how a described feed becomes the standard's table; only columns that the lake does not derive are offered."""
    measured = {c.source_name: c for c in profile.columns}
    keys = {key[0] for key in profile.unique_keys if len(key) == 1}
    sources = [
        SourceColumn(
            **(_facts(measured[c.source_name]) if c.source_name in measured else _nothing_known(c.source_name)),
            name=c.name,
            filled_down=profile.gained(c.source_name) if spec.fill_down else 0,
            type=c.type,
            format=c.format,
            unit=c.unit,
            description=c.description,
            key=c.source_name in keys,
        )
        for c in spec.columns
    ]
    parts = _key_parts(standard)
    relevance = Relevance((c.source_name for c in sources), _words_of_flags(sources))
    return MapQuestion(
        standard=standard.label,
        purpose=standard.purpose,
        granularity=standard.granularity,
        rows=profile.row_count,
        vendor_facts=_telling(facts),
        row_key=spec.primary_key if spec.fill_down and len(spec.primary_key) > 1 else (),
        sources=tuple(sources),
        targets=tuple(_target(c, relevance, key_part=c.name in parts) for c in standard.offered),
    )


def _facts(column: ColumnProfile) -> dict[str, Any]:
    few = VALUES if column.distinct <= VALUES else FEW_VALUES
    has_range = column.minimum is not None and column.maximum is not None
    return {
        "source_name": column.source_name,
        "filled": column.rows - column.nulls,
        "distinct": column.distinct,
        "null_tokens": column.null_tokens,
        "length": (column.min_length, column.max_length),
        "range": (_cut(column.minimum or ""), _cut(column.maximum or "")) if has_range else None,
        "types": column.evidence[:6],
        "semantics": column.semantics,
        "patterns": tuple(_cut(p) for p in list(column.patterns)[:3]),
        "values": {_cut(value): count for value, count in list(column.top_values.items())[:few]},
        "samples": () if column.distinct <= VALUES else tuple(_cut(s) for s in column.samples),
    }


def _nothing_known(source_name: str) -> dict[str, Any]:
    return {"source_name": source_name, "filled": 0, "distinct": 0}


def _cut(text: str) -> str:
    return text[:CELL]


def _telling(facts: VendorFacts) -> VendorFacts:
    """Keep the facts that can change an answer; who to call is not among them."""
    return VendorFacts(country=facts.country, locale=facts.locale, currency=facts.currency, units=facts.units)


def _words_of_flags(sources: Sequence[SourceColumn]) -> set[str]:
    """Return the values that may be words of a closed vocabulary, and those of every boolean column."""
    return {value for s in sources if s.all_values for value in s.values} | {"true", "false", "yes", "no", "1", "0"}


def _key_parts(standard: ProductStandard) -> set[str]:
    """Return the required columns that the standard's key is, or is derived from."""
    derivations = [c.transform_logic for c in standard.columns if c.primary_key and c.transform_logic]
    read = {node.name for logic in derivations for node in parse(f"SELECT {logic}").find_all(exp.Column)}
    return {c.name for c in standard.columns if c.required and (c.primary_key or c.name in read)}


def _target(column: StandardColumn, relevance: Relevance, *, key_part: bool) -> TargetColumn:
    return TargetColumn(
        name=column.name,
        type=column.physical_type,
        required=column.required and column.fallback_logic is None,
        unique=column.unique or column.primary_key,
        key_part=key_part,
        definition=column.definition,
        business_name="" if column.business_name == column.name.replace("_", " ") else column.business_name,
        synonyms=relevance.synonyms(column.synonyms),
        examples=column.examples[:3],
        unit=column.unit,
        pattern=column.pattern,
        valid_values=column.valid_values,
        value_synonyms=relevance.value_synonyms(column.value_synonyms),
        minimum=column.minimum,
        maximum=column.maximum,
        max_length=column.max_length,
    )
