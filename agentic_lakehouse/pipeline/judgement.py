"""The SQL that turns bronze rows into judged target rows, written from contracts alone.

One relation comes out, `judged`: a row for every bronze row, with the target columns as they would be
published, and for each rule a flag (`_f0`, `_f1`, ...) and the offending value (`_v0`, ...). The order
of judgement is fixed here:

1. the mapping's expressions, converted to the target's type; a value that does not convert is a fault;
2. rules that cost a cell, which empties it;
3. fallbacks, for cells that are empty now; rules that cost a cell are applied to these again;
4. derived columns;
5. rules that cost the row.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.standard import ProductStandard, Rule, StandardColumn
from agentic_lakehouse.errors import ContractInvalid
from agentic_lakehouse.sql.compiler import columns_read, compile_expression, compile_loss
from agentic_lakehouse.sql.rules import breach
from agentic_lakehouse.sql.types import literal, quote

FACT_TYPES = {
    "_vendor_name": "string",
    "_source_table": "string",
    "_ingestion_date": "date",
    "_vendor_currency": "string",
    "_vendor_country": "string",
    "_vendor_locale": "string",
}
"""The run's facts that derived and fallback expressions may name."""
CARRIED = {"_delivery_id": "string", "_row_number": "long"}


@dataclass(frozen=True)
class Fault:
    """One way in which a row can be wrong, at a fixed place in the judged relation."""

    index: int
    rule: str
    column: str | None
    cost: Literal["reject_row", "null_cell"]
    message: str

    @property
    def flag(self) -> str:
        """Boolean column that is true of faulty rows."""
        return f"_f{self.index}"

    @property
    def value(self) -> str:
        """Text column with the offending value."""
        return f"_v{self.index}"


@dataclass(frozen=True)
class Judgement:
    """The query over the relation `bronze`, its columns, and what its flags mean."""

    sql: str
    types: dict[str, str]
    faults: tuple[Fault, ...]


def judge(
    mapping: Mapping,
    *,
    standard: ProductStandard,
    bronze_types: Map[str, str],
    facts: Map[str, str | None],
    deliveries: Sequence[str] | None = None,
) -> Judgement:
    """Write the judgement of a mapping.

    Args:
        mapping: guarded expressions over bronze columns.
        standard: target columns, derivations and rules.
        bronze_types: bronze column to type.
        facts: the run's facts, without `_ingestion_date`, which each row brings.
        deliveries: judge the rows of these alone; all rows where `None`.

    Raises:
        GuardRefused: an expression of the mapping or the standard holds what the guard does not allow.
    """
    only = "" if deliveries is None else f" WHERE _delivery_id IN ({', '.join(literal(d) for d in deliveries)})"
    return _Writer(mapping, standard, bronze_types, facts, only).write()


class _Writer:
    """Builds the query layer by layer; each layer is a CTE over the one before."""

    def __init__(
        self,
        mapping: Mapping,
        standard: ProductStandard,
        bronze_types: Map[str, str],
        facts: Map[str, str | None],
        only: str,
    ) -> None:
        self.mapping = {c.target: c.expression for c in mapping.columns}
        self.standard = standard
        self.bronze_types = dict(bronze_types)
        self.facts = facts
        self.only = only
        self.target_types = {c.name: c.physical_type for c in standard.columns}
        self.layers: list[str] = []
        self.faults: list[Fault] = []

    def write(self) -> Judgement:
        self._map()
        cell_rules = [r for r in self._row_rules() if r.on_breach == "null_cell" and r.column]
        row_rules = [r for r in self._row_rules() if r not in cell_rules and r.on_breach == "reject_row"]
        self._null_cells(cell_rules)
        fallbacks = [c for c in self.standard.columns if c.fallback_logic and c.transform_logic is None]
        if fallbacks:
            self._fill(fallbacks)
            self._null_cells([r for r in cell_rules if r.column in {c.name for c in fallbacks}])
        for group in derivation_order(self.standard):
            self._derive(group)
        self._flag_rows(row_rules)
        types = {**self.target_types, **CARRIED}
        for fault in self.faults:
            types |= {fault.flag: "boolean", fault.value: "string"}
        sql = f"WITH {', '.join(self.layers)} SELECT * FROM layer{len(self.layers) - 1}"
        return Judgement(sql=sql, types=types, faults=tuple(self.faults))

    def _row_rules(self) -> list[Rule]:
        return [r for r in self.standard.rules if r.is_row_rule and r.severity == "error"]

    def _map(self) -> None:
        """Layer 0: facts, mapped and converted targets, conversion faults."""
        items = [f"{quote(name)}" for name in CARRIED]
        items.append('"ingestion_date" AS "_ingestion_date"')
        for name, value in self.facts.items():
            items.append(f"{'NULL::VARCHAR' if value is None else literal(value)} AS {quote(name)}")
        for column in self.standard.columns:
            expression = self.mapping.get(column.name, "NULL")
            value = compile_expression(expression, types=self.bronze_types, target_type=column.physical_type)
            items.append(f"{value} AS {quote(column.name)}")
            if column.name in self.mapping:
                items.append(self._conversion_fault(column, expression))
        self.layers.append(f"layer0 AS (SELECT {', '.join(items)} FROM bronze{self.only})")
        flags = [f"{fault.value} IS NOT NULL AS {fault.flag}" for fault in self.faults]
        self._layer(f"{', '.join(['*', *flags])}")

    def _conversion_fault(self, column: StandardColumn, expression: str) -> str:
        fault = self._add(
            f"{column.name}_converts",
            column.name,
            "reject_row" if column.required and column.fallback_logic is None else "null_cell",
            f"the value cannot be read as {column.physical_type}",
        )
        lost = compile_loss(expression, types=self.bronze_types, target_type=column.physical_type)
        return f"{lost} AS {fault.value}"

    def _null_cells(self, rules: list[Rule]) -> None:
        """Two layers: flag the cells that break a rule, then empty them."""
        if not rules:
            return
        flags: dict[str, list[str]] = {}
        items = []
        for rule in rules:
            column = str(rule.column)
            fault = self._add(rule.name, column, "null_cell", rule.description)
            flags.setdefault(column, []).append(fault.flag)
            items += self._judged(rule, fault)
        self._layer(f"*, {', '.join(items)}")
        emptied = [f"CASE WHEN {' OR '.join(f)} THEN NULL ELSE {quote(c)} END AS {quote(c)}" for c, f in flags.items()]
        self._layer(f"* REPLACE ({', '.join(emptied)})")

    def _fill(self, columns: list[StandardColumn]) -> None:
        items = [
            f"coalesce({quote(c.name)}, {self._over_targets(str(c.fallback_logic), c)}) AS {quote(c.name)}"
            for c in columns
        ]
        self._layer(f"* REPLACE ({', '.join(items)})")

    def _derive(self, columns: list[StandardColumn]) -> None:
        items = [f"{self._over_targets(str(c.transform_logic), c)} AS {quote(c.name)}" for c in columns]
        self._layer(f"* REPLACE ({', '.join(items)})")

    def _flag_rows(self, rules: list[Rule]) -> None:
        items = ["*"]
        for rule in rules:
            fault = self._add(rule.name, rule.column, "reject_row", rule.description)
            items += self._judged(rule, fault)
        self._layer(f"{', '.join(items)}")

    def _judged(self, rule: Rule, fault: Fault) -> list[str]:
        broken = breach(rule, types=self.target_types)
        value = f"CASE WHEN {broken} THEN {quote(rule.column)}::VARCHAR END" if rule.column else "NULL::VARCHAR"
        return [f"{broken} AS {fault.flag}", f"{value} AS {fault.value}"]

    def _over_targets(self, expression: str, column: StandardColumn) -> str:
        return compile_expression(
            expression, types={**self.target_types, **FACT_TYPES}, target_type=column.physical_type
        )

    def _layer(self, items: str) -> None:
        below = len(self.layers) - 1
        self.layers.append(f"layer{below + 1} AS (SELECT {items} FROM layer{below})")

    def _add(self, rule: str, column: str | None, cost: Literal["reject_row", "null_cell"], message: str) -> Fault:
        fault = Fault(len(self.faults), rule, column, cost, message)
        self.faults.append(fault)
        return fault


def derivation_order(standard: ProductStandard) -> list[list[StandardColumn]]:
    """Return derived columns in groups, each after the derived columns that it reads.

    Raises:
        ContractInvalid: they read each other in a circle.
    """
    waiting = [c for c in standard.columns if c.transform_logic is not None]
    known = [*(c.name for c in standard.columns), *FACT_TYPES]
    groups: list[list[StandardColumn]] = []
    while waiting:
        names = {c.name for c in waiting}
        ready = [
            c for c in waiting if not names & (set(columns_read(str(c.transform_logic), columns=known)) - {c.name})
        ]
        if not ready:
            raise ContractInvalid(
                f"{standard.label}: the derived columns {sorted(names)} read each other in a circle.",
                hint="Break the circle in their transformLogic.",
                columns=sorted(names),
            )
        groups.append(ready)
        waiting = [c for c in waiting if c not in ready]
    return groups
