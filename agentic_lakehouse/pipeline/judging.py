"""Writes the judgement of a mapping: layer by layer, each a select over the one before.

Beside values and faults it keeps the *doubt* of each target: whether its value hangs on a cell that was
not read, or that was emptied. Where a key is in doubt, nobody can say which product the row is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Map

from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.policy import OnUnseen
from agentic_lakehouse.contracts.standard import ProductStandard, Rule, StandardColumn
from agentic_lakehouse.contracts.tables import RULES_SHA256
from agentic_lakehouse.pipeline.derivation import derivation_order
from agentic_lakehouse.pipeline.judgement import FACT_TYPES, Cost, Fault, Judgement, Layer
from agentic_lakehouse.pipeline.normalising import normalises_rule, steps, version_sql
from agentic_lakehouse.pipeline.retype import read_through
from agentic_lakehouse.sql.compiler import compile_expression, compile_loss, may_lose
from agentic_lakehouse.sql.doubt import CERTAIN, any_of, compile_doubt
from agentic_lakehouse.sql.rules import breach
from agentic_lakehouse.sql.types import quote

PASS_ON_NULL = frozenset({"pattern", "min_length", "max_length", "minimum", "maximum", "valid_values"})
"""Kinds of rules that no empty cell breaks, so that they need no look at a column which nothing fills."""


def conversion_rule(target: str) -> str:
    """Return the name under which a value is kept that did not become the target's."""
    return f"{target}_converts"


def judge(
    mapping: Mapping,
    *,
    standard: ProductStandard,
    bronze_types: Map[str, str],
    facts: Map[str, str | None],
    unread: Map[str, str] | None = None,
    unseen: OnUnseen = "as_rule",
) -> Judgement:
    """Write the judgement of a mapping.

    Args:
        mapping: guarded expressions over bronze columns.
        standard: target columns, derivations and rules.
        bronze_types: bronze column to type.
        facts: the run's facts, without `_ingestion_date`, which each row brings.
        unread: for bronze columns whose cells may be unread, SQL that is true of rows where they are. In bronze
            itself every cell was read.
        unseen: what a word costs that a target with listed values does not know.

    Raises:
        GuardRefused: an expression of the mapping or the standard holds what the guard does not allow.
    """
    return _Writer(mapping, standard, bronze_types, facts, unread=unread or {}, unseen=unseen).write()


class _Writer:
    """Builds the judgement layer by layer."""

    def __init__(
        self,
        mapping: Mapping,
        standard: ProductStandard,
        bronze_types: Map[str, str],
        facts: Map[str, str | None],
        *,
        unread: Map[str, str],
        unseen: OnUnseen,
    ) -> None:
        self.unseen = unseen
        self.mapping = {c.target: c.expression for c in mapping.columns}
        self.standard = standard
        self.bronze_types = dict(bronze_types)
        self.facts = facts
        self.unread = unread
        self.target_types = {c.name: c.physical_type for c in standard.columns}
        self.known_types = {**self.target_types, **FACT_TYPES}
        self.layers: list[Layer] = []
        self.faults: list[Fault] = []
        self.doubts: dict[str, str] = {}
        """For targets that can be doubtful, SQL over the last layer that is true where they are."""

    def write(self) -> Judgement:
        mapped = self._map()
        self._normalise()
        rules = [r for r in self.standard.rules if r.is_row_rule and r.severity == "error" and self._may_break(r)]
        cell_rules = [r for r in rules if r.on_breach == "null_cell" and r.column]
        row_rules = [r for r in rules if r not in cell_rules and r.on_breach == "reject_row"]
        self._null_cells(cell_rules)
        fallbacks = [c for c in self.standard.columns if c.fallback_logic and c.transform_logic is None]
        if fallbacks:
            self._fill(fallbacks)
            self._null_cells([r for r in cell_rules if r.column in {c.name for c in fallbacks}])
        for group in derivation_order(self.standard):
            self._derive(group)
        self._flag_rows(row_rules)
        doubt = any_of(self._doubted(c) for c in self.standard.columns if c.primary_key)
        retyped = read_through(self.bronze_types)
        return Judgement(mapped, tuple(self.layers), tuple(self.faults), doubt, retyped)

    def _may_break(self, rule: Rule) -> bool:
        column = self.standard.column(rule.column or "")
        given = self.mapping.keys() | {entry.column for s in self.standard.rule_sets for entry in s.normalise}
        filled = column is None or column.name in given or column.fallback_logic or column.transform_logic
        return bool(filled) or rule.kind not in PASS_ON_NULL

    def _map(self) -> str:
        """Return the mapped and converted targets; name them, and flag what was lost.

        Each value is computed once: what may have been lost is asked only where nothing came of it.
        """
        mapped = ['"ingestion_date" AS "_ingestion_date"', f"{version_sql(self.standard)} AS {RULES_SHA256}"]
        named, judged = ['"_ingestion_date"', RULES_SHA256], []
        for place, column in enumerate(self.standard.columns):
            expression, value = self.mapping.get(column.name), f"_t{place}"
            types, target = self.bronze_types, column.physical_type
            mapped.append(f"{compile_expression(expression or 'NULL', types=types, target_type=target)} AS {value}")
            named.append(f"{value} AS {quote(column.name)}")
            if expression is None:
                continue
            hangs = compile_doubt(expression, types=types, doubts=self.unread)
            if hangs != CERTAIN:
                judged.append(f"{hangs} AS _u{place}")
                self._doubt(column.name, [f"_u{place}"])
            if may_lose(expression, types=types, target_type=target):
                fault = self._conversion_fault(column)
                lost = compile_loss(expression, types=types, target_type=target)
                judged.append(f"CASE WHEN {value} IS NULL THEN {lost} END AS {fault.value}")
                self._doubt(column.name, [fault.flag])
        self._layer(", ".join(named), judged)
        self._layer("*", [f"{fault.value} IS NOT NULL AS {fault.flag}" for fault in self.faults])
        return ", ".join(mapped)

    def _conversion_fault(self, column: StandardColumn) -> Fault:
        cost = _cost_of_none(column)
        message = f"the value cannot be read as {column.physical_type}"
        if column.valid_values:
            cost = cost if self.unseen == "as_rule" else self.unseen
            message = "nobody has said yet which listed value the word stands for"
        return self._add(conversion_rule(column.name), column.name, cost, message)

    def _normalise(self) -> None:
        """Change values as rule sets say, step by step; a value that becomes none is a fault."""
        for step in steps(self.standard, self.facts):
            column = step.column
            if step.lookups:
                self._layer(", ".join(["*", *(f"{sql} AS {quote(name)}" for name, sql in step.lookups.items())]), [])
            hangs, judged, doubts = step.hangs(self.doubts, self.facts), [], []
            if hangs != CERTAIN:
                doubts.append(f"_h{len(self.layers)}")
                judged.append(f"{hangs} AS {doubts[0]}")
            if not step.may_empty:
                fault = self._add(normalises_rule(column.name), column.name, _cost_of_none(column), step.message)
                doubts.append(fault.flag)
                judged += [f"{step.lost} AS {fault.flag}", f"{quote(column.name)}::VARCHAR AS {fault.value}"]
            changed = f"CASE WHEN {step.applies} THEN {step.value} ELSE {quote(column.name)} END"
            self._layer(f"* REPLACE ({changed} AS {quote(column.name)})", judged)
            self._doubt(column.name, doubts)

    def _null_cells(self, rules: list[Rule]) -> None:
        """Two layers: flag the cells that break a rule, then empty them."""
        if not rules:
            return
        flags: dict[str, list[str]] = {}
        judged = []
        for rule in rules:
            column = str(rule.column)
            fault = self._add(rule.name, column, "null_cell", rule.description)
            flags.setdefault(column, []).append(fault.flag)
            judged += self._judged(rule, fault)
        self._layer("*", judged)
        emptied = [f"CASE WHEN {' OR '.join(f)} THEN NULL ELSE {quote(c)} END AS {quote(c)}" for c, f in flags.items()]
        self.layers.append(Layer("*", f"* REPLACE ({', '.join(emptied)})"))
        before = dict(self.doubts)
        for rule in rules:
            column = str(rule.column)
            judged_by = self._hangs(rule.argument, before) if rule.kind == "expression" else CERTAIN
            self._doubt(column, [*flags[column], judged_by])

    def _fill(self, columns: list[StandardColumn]) -> None:
        """Fill empty cells. A cell that was filled hangs on what filled it, besides on what emptied it."""
        before = dict(self.doubts)
        for column in columns:
            hangs = self._hangs(column.fallback_logic, before)
            self._doubt(column.name, [f"({quote(column.name)} IS NULL AND {hangs})" if hangs != CERTAIN else CERTAIN])
        self._replace({c.name: f"coalesce({quote(c.name)}, {self._filled(c.fallback_logic, c)})" for c in columns})

    def _derive(self, columns: list[StandardColumn]) -> None:
        before = {c.name: self._doubted(c) for c in self.standard.columns}
        for column in columns:
            self._doubt(column.name, [self._hangs(column.transform_logic, before)])
        self._replace({c.name: self._filled(c.transform_logic, c) for c in columns})

    def _replace(self, values: Map[str, str]) -> None:
        """Add a layer with other values; their doubts are kept as they stood before it."""
        doubts = {name: f"_d{len(self.layers)}_{place}" for place, name in enumerate(values) if name in self.doubts}
        replaced = ", ".join(f"{value} AS {quote(name)}" for name, value in values.items())
        self._layer(f"* REPLACE ({replaced})", [f"{self.doubts[name]} AS {flag}" for name, flag in doubts.items()])
        self.doubts |= doubts

    def _doubt(self, target: str, conditions: Iterable[str]) -> None:
        """Add to what makes a target doubtful."""
        if (doubt := any_of([self.doubts.get(target, CERTAIN), *conditions])) != CERTAIN:
            self.doubts[target] = doubt

    def _doubted(self, column: StandardColumn) -> str:
        """Return the doubt of a column as a part of a key: one that must have a value is doubtful without."""
        lacking = f"{quote(column.name)} IS NULL" if column.required else CERTAIN
        return any_of([self.doubts.get(column.name, CERTAIN), lacking])

    def _hangs(self, expression: object, doubts: Map[str, str]) -> str:
        return compile_doubt(str(expression), types=self.known_types, doubts=doubts, given=self.facts)

    def _flag_rows(self, rules: list[Rule]) -> None:
        faults = [(rule, self._add(rule.name, rule.column, "reject_row", rule.description)) for rule in rules]
        self._layer("*", [item for rule, fault in faults for item in self._judged(rule, fault)])

    def _judged(self, rule: Rule, fault: Fault) -> list[str]:
        value = f"{quote(rule.column)}::VARCHAR" if rule.column else "NULL::VARCHAR"
        return [f"{breach(rule, types=self.target_types)} AS {fault.flag}", f"{value} AS {fault.value}"]

    def _filled(self, logic: str | None, column: StandardColumn) -> str:
        return compile_expression(
            str(logic), types=self.known_types, target_type=column.physical_type, given=self.facts
        )

    def _layer(self, values: str, judged: Iterable[str]) -> None:
        """Add a layer; one that neither changes nor judges anything is none."""
        layer = Layer(values, ", ".join([values, *judged]))
        if layer.judged != "*":
            self.layers.append(layer)

    def _add(self, rule: str, column: str | None, cost: Cost, message: str) -> Fault:
        fault = Fault(len(self.faults), rule, column, cost, message)
        self.faults.append(fault)
        return fault


def _cost_of_none(column: StandardColumn) -> Cost:
    """Return what it costs that a column gets no value although there was one."""
    return "reject_row" if column.required and column.fallback_logic is None else "null_cell"
