"""The canonical model as law: an ODCS v3.1.0 contract, read into what the lakehouse needs of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from agentic_lakehouse.contracts.base import Contract

OnBreach = Literal["reject_row", "null_cell", "stop_feed"]
RuleKind = Literal[
    "required", "pattern", "min_length", "max_length", "minimum", "maximum", "valid_values",
    "expression", "row_sql", "table_sql", "unique", "row_count",
]  # fmt: skip
ROW_RULES: frozenset[str] = frozenset(
    {"required", "pattern", "min_length", "max_length", "minimum", "maximum", "valid_values", "expression", "row_sql"}
)
"""Kinds that can be judged on one row; the rest are table checks."""


class Rule(Contract):
    """One quality rule and what its breach costs."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: RuleKind
    column: str | None = None
    """Column that the rule is about; `None` for a rule over the whole row or table."""
    argument: Any = None
    """Pattern, bound, list of values; for `expression` a boolean that is true of good values; for
    `row_sql` a predicate that is true of bad rows; for `table_sql` a query with one number, in which the
    table is written `{object}`; for `unique` (without a column: over the primary key) and `row_count` nothing."""
    compare: str = "= 0"
    """For table checks: what the number must be, as SQL (`= 0`, `BETWEEN 1 AND 5`)."""
    severity: Literal["error", "warning"] = "error"
    """A `warning` only counts."""
    on_breach: OnBreach = "reject_row"
    description: str = ""

    @property
    def is_row_rule(self) -> bool:
        """Whether one row is enough to judge it."""
        return self.kind in ROW_RULES


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

    def column(self, name: str) -> StandardColumn | None:
        """Return the column of that name, or `None`."""
        return next((c for c in self.columns if c.name == name), None)
