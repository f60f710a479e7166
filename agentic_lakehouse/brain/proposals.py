"""What a model may say: slim typed outputs, described to it by the contracts' own field docs.

A proposal holds opinions only. Facts (format, counts, what is unmapped) never pass through a model.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from agentic_lakehouse.contracts.base import Contract
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, ColumnType, FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping
from agentic_lakehouse.contracts.meanings import Meaning


def _doc(contract: type[Contract], field: str) -> str:
    """Return the field's own documentation."""
    return contract.model_fields[field].description or ""


class Proposed(BaseModel):
    """A part of a model's answer; unknown fields are faults, told back to it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ColumnClaim(Proposed):
    """What one column of the file is."""

    source_name: Annotated[str, Field(description=_doc(ColumnSpec, "source_name"))]
    name: str | None = None
    """Bronze column name, where the header in snake case would not say it."""
    type: Annotated[ColumnType, Field(description=_doc(ColumnSpec, "type") or "How the text becomes a value.")]
    format: Annotated[str | None, Field(description=_doc(ColumnSpec, "format"))] = None
    nullable: Annotated[bool, Field(description=_doc(ColumnSpec, "nullable"))] = True
    null_tokens: Annotated[tuple[str, ...], Field(description=_doc(ColumnSpec, "null_tokens"))] = ()
    unit: Annotated[str | None, Field(description=_doc(ColumnSpec, "unit"))] = None
    description: Annotated[str, Field(description=_doc(ColumnSpec, "description"))] = ""


class FeedProposal(Proposed):
    """What the file is. Keys name columns by `source_name`."""

    columns: tuple[ColumnClaim, ...]
    """Every column of the file once, in any order."""
    primary_key: tuple[str, ...] = ()
    """The columns that together identify a row, one of `unique_keys`; empty where nothing does."""
    natural_keys: tuple[tuple[str, ...], ...] = ()
    """Other sets of `unique_keys` that mean something."""
    partition_candidates: tuple[str, ...] = ()
    """Columns with few values, by which a reader would filter."""
    description: Annotated[str, Field(description=_doc(FeedSpec, "description") or "The feed, in one sentence.")] = ""


class MappingLine(Proposed):
    """How one target column is filled."""

    target: Annotated[str, Field(description=_doc(ColumnMapping, "target") or "A target's `name`.")]
    sources: Annotated[tuple[str, ...], Field(description=_doc(ColumnMapping, "sources"))] = ()
    expression: Annotated[
        str | None,
        Field(
            description=f"{_doc(ColumnMapping, 'expression')} Without one, the lakehouse writes the usual conversion "
            "of the line's single source."
        ),
    ] = None
    confidence: Annotated[float | None, Field(ge=0, le=1, description=_doc(ColumnMapping, "confidence"))] = None
    rationale: Annotated[str, Field(description=_doc(ColumnMapping, "rationale"))] = ""


class MappingProposal(Proposed):
    """How the feed becomes the standard. What no line takes or fills is unmapped; that needs no saying."""

    columns: tuple[MappingLine, ...]
    """One line for each target that the feed fills, and none for the others."""


class WordClaim(Proposed):
    """What one word means."""

    word: str
    """The word, copied exactly."""
    value: Annotated[str | None, Field(description=_doc(Meaning, "value"))]
    confidence: Annotated[float | None, Field(ge=0, le=1, description=_doc(Meaning, "confidence"))] = None
    reason: Annotated[str, Field(description=_doc(Meaning, "reason"))] = ""


class ValuesProposal(Proposed):
    """What the words of one column mean."""

    words: tuple[WordClaim, ...]
    """Every word of the question once, and no other."""
