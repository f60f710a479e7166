"""The canonical model as law: an ODCS v3.1.0 contract, read into what the lakehouse needs of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from agentic_lakehouse.contracts.base import Contract
from agentic_lakehouse.contracts.rule import ROW_RULES, OnBreach, Rule, RuleKind
from agentic_lakehouse.contracts.rule_set import RuleSet
from agentic_lakehouse.contracts.rules_in_force import versions_of

__all__ = ["ROW_RULES", "OnBreach", "ProductStandard", "Rule", "RuleKind", "StandardColumn"]


class StandardColumn(Contract):
    """One column of the canonical table."""

    name: str
    logical_type: Literal["string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"]
    physical_type: str
    """Lower case, as ODCS has it: `string`, `long`, `decimal(18,4)`, `date`, `timestamp`, `boolean`, `double`."""
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    definition: str = ""
    business_name: str = ""
    synonyms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Names for this column by language code, from public vocabularies."""
    examples: tuple[str, ...] = ()
    pattern: str | None = None
    valid_values: tuple[str, ...] = ()
    value_synonyms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """For each valid value the words that vendors use for it."""
    unit: str | None = None
    """Unit in which the column is kept, such as `kg`."""
    minimum: float | None = None
    maximum: float | None = None
    max_length: int | None = None
    transform_logic: str | None = None
    """Guarded expression by which the lake derives the column; such a column is never offered to a model."""
    fallback_logic: str | None = None
    """Guarded expression that fills a cell which the mapping left empty, over other targets and the run's facts."""
    partition_position: int | None = None
    """From 1, for partition columns."""


class ProductStandard(Contract):
    """A canonical table: its columns and the rules that its rows obey."""

    id: str
    name: str
    """Full table name, `<namespace>.<table>`."""
    version: str
    domain: str
    """Gives the namespaces: `<domain>_raw` and `<domain>_core`."""
    purpose: str = ""
    granularity: str = ""
    columns: tuple[StandardColumn, ...]
    rules: tuple[Rule, ...]
    """Every rule: those that columns imply (required, pattern, range, ...) and those written out."""
    rule_sets: tuple[RuleSet, ...] = Field(default=(), exclude_if=lambda sets: not sets)
    """Rule sets that it stands under for one feed; see `under`."""

    @property
    def label(self) -> str:
        """`name@version`, as mappings cite it."""
        return f"{self.name}@{self.version}"

    @property
    def raw_namespace(self) -> str:
        """Namespace of bronze tables and `ingest_errors`."""
        return f"{self.domain}_raw"

    @property
    def core_namespace(self) -> str:
        """Namespace of the canonical table and `mapping_errors`."""
        return self.name.rpartition(".")[0]

    @property
    def offered(self) -> tuple[StandardColumn, ...]:
        """Columns that a mapping may fill: those that the lake does not derive."""
        return tuple(c for c in self.columns if c.transform_logic is None)

    @property
    def key(self) -> tuple[str, ...]:
        """Primary key columns in contract order."""
        return tuple(c.name for c in self.columns if c.primary_key)

    @property
    def partition_columns(self) -> tuple[str, ...]:
        """Slice columns in their order."""
        parts = [c for c in self.columns if c.partition_position is not None]
        return tuple(c.name for c in sorted(parts, key=lambda c: c.partition_position or 0))

    def under(self, rule_sets: Sequence[RuleSet]) -> ProductStandard:
        """Return the standard as it is in force under rule sets: with their rules, and a sha256 of its own."""
        sets = tuple(sorted(rule_sets, key=lambda s: s.name))
        added = [r.model_copy(update={"versions": versions_of(s, sets)}) for s in sets for r in s.rules]
        return self.model_copy(update={"rule_sets": sets, "rules": (*self.rules, *added)}) if sets else self

    def column(self, name: str) -> StandardColumn | None:
        """Return the column of that name, or `None`."""
        return next((c for c in self.columns if c.name == name), None)
