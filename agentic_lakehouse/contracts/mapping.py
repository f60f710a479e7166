"""How a feed's columns become a standard's columns: one guarded SQL expression a target."""

from __future__ import annotations

from collections import Counter
from typing import Self

from pydantic import Field, model_validator

from agentic_lakehouse.contracts.base import Contract


class ColumnMapping(Contract):
    """One target column and the expression that fills it."""

    target: str
    sources: tuple[str, ...]
    """Vendor headers (`ColumnSpec.source_name`) that the expression reads."""
    expression: str
    """Scalar DuckDB SQL over bronze column names (`ColumnSpec.name`), as the guard allows it."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """Probability that the proposer gives to this line; a missing one is below every bar."""
    former: tuple[str, ...] = ()
    """Bronze columns of earlier deliveries that the expression reads besides: no header of today stands behind them."""
    rationale: str = ""
    """Why, in one sentence."""


class Mapping(Contract):
    """A feed's whole mapping onto one version of a standard."""

    feed: str
    """`vendor/feed`."""
    standard: str
    """`name@version` of the standard."""
    columns: tuple[ColumnMapping, ...]
    unmapped_sources: tuple[str, ...] = ()
    """Vendor headers that nothing takes."""
    unmapped_targets: tuple[str, ...] = ()
    """Target columns that nothing fills."""
    drift: tuple[str, ...] = ()
    """Changes of what this mapping uses, by their keys (`contracts.drift`). Part of its identity, so that an approval
    is one of these changes, too."""

    @model_validator(mode="after")
    def _maps_a_target_once(self) -> Self:
        twice = [target for target, count in Counter(c.target for c in self.columns).items() if count > 1]
        if twice:
            raise ValueError(f"target {twice[0]!r} is mapped twice")
        return self

    @property
    def targets(self) -> frozenset[str]:
        """Target columns that this mapping fills."""
        return frozenset(c.target for c in self.columns)
