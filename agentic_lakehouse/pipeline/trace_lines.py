"""How each column of a row of core came by its value: the line of the mapping, a fallback, or the standard itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.mapping import ColumnMapping
from agentic_lakehouse.contracts.mapping import Mapping as FeedMapping
from agentic_lakehouse.contracts.standard import StandardColumn
from agentic_lakehouse.contracts.trace import TracedLine
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.pipeline.conform import run_facts
from agentic_lakehouse.pipeline.judgement import FACT_TYPES
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.retype import read_through
from agentic_lakehouse.sql.compiler import columns_read, compile_expression
from agentic_lakehouse.sql.types import quote


class Lines:
    """Tells the columns of rows that one mapping made of one feed's bronze.

    Args:
        house: gives standard and engine.
        feed: whose rows.
        mapping: that made them.
        bronze: the feed's bronze table where they were found.
        cells: the bronze row at issue.
    """

    def __init__(
        self, house: Lakehouse, feed: Feed, mapping: FeedMapping, bronze: Relation, cells: Mapping[str, Any]
    ) -> None:
        self._house, self._bronze, self._cells = house, bronze, cells
        self._lines = {line.target: line for line in mapping.columns}
        self._facts = {**run_facts(feed, house.facts(feed)), "_ingestion_date": cells.get("ingestion_date")}

    def told(
        self, row: Mapping[str, Any], faults: Sequence[Mapping[str, Any]], *, where: str
    ) -> tuple[TracedLine, ...]:
        """Return a line for each column of the standard.

        Args:
            row: of core; empty where core refused it, and the values are those that the mapping gives.
            faults: what `mapping_errors` holds of it.
            where: predicate that is true of its bronze row.
        """
        mapped = self._mapped(where)
        return tuple(self._line(column, row, mapped, faults) for column in self._house.standard.columns)

    def _mapped(self, where: str) -> dict[str, Any]:
        """Return what the mapping's expressions give of the bronze row, before any rule or fallback."""
        types = self._bronze.types
        items = [
            f"{compile_expression(line.expression, types=types, target_type=column.physical_type)} AS {quote(target)}"
            for target, line in self._lines.items()
            if (column := self._house.standard.column(target)) is not None
        ]
        if not items:
            return {}
        replaced = ", ".join(f"{sql} AS {quote(name)}" for name, sql in read_through(types).items())
        rows = f"(SELECT * REPLACE ({replaced}) FROM bronze)" if replaced else "bronze"
        sql = f"SELECT {', '.join(items)} FROM {rows} WHERE {where}"
        found: list[dict[str, Any]] = self._house.engine.query(sql, {"bronze": self._bronze}).to_pylist()
        return found[0] if found else {}

    def _line(
        self,
        column: StandardColumn,
        row: Mapping[str, Any],
        mapped: Mapping[str, Any],
        faults: Sequence[Mapping[str, Any]],
    ) -> TracedLine:
        mine = [f for f in faults if f["column"] == column.name]
        value, given = row.get(column.name, mapped.get(column.name)), mapped.get(column.name)
        is_emptied = any(f["cost"] == "null_cell" for f in mine)
        told = TracedLine(
            target=column.name, value=value, how="empty", expression="", reads={}, faults=tuple(map(_fault, mine))
        )
        if column.transform_logic is not None:
            return self._by_standard(told, "derived", column.transform_logic, row)
        if row and value is not None and column.fallback_logic and (given is None or is_emptied):
            return self._by_standard(told, "fallback", column.fallback_logic, row)
        line = self._lines.get(column.name)
        if line is None:
            return told
        is_other = bool(row) and given is not None and value is not None and given != value
        return self._by_mapping(told.model_copy(update={"given": given if is_other else None}), line)

    def _by_mapping(self, told: TracedLine, line: ColumnMapping) -> TracedLine:
        reads = {name: self._cells[name] for name in columns_read(line.expression, columns=self._bronze.types)}
        said = {"expression": line.expression, "confidence": line.confidence, "rationale": line.rationale}
        return told.model_copy(update={"how": "mapped", "reads": reads, **said})

    def _by_standard(self, told: TracedLine, how: str, logic: str, row: Mapping[str, Any]) -> TracedLine:
        known = [*(c.name for c in self._house.standard.columns), *FACT_TYPES]
        reads = {name: self._facts.get(name, row.get(name)) for name in columns_read(logic, columns=known)}
        return told.model_copy(update={"how": how, "expression": logic, "reads": reads})


def _fault(fault: Mapping[str, Any]) -> str:
    cost = "the cell was emptied" if fault["cost"] == "null_cell" else "the row was kept out"
    what = [f"{fault['value']!r}"] if fault["value"] is not None else []
    return f"{fault['rule']}: {', '.join([*what, *filter(None, [fault['message']])]) or 'not so'}; {cost}"


def of_column(lines: Sequence[TracedLine], name: str) -> tuple[TracedLine, ...]:
    """Return the line of one column, and behind it those of the columns that it is made of.

    Raises:
        UsageInvalid: the standard has no such column.
    """
    known = {line.target: line for line in lines}
    if name not in known:
        raise UsageInvalid(
            f"The core table has no column {name!r}."
            if known
            else f"This row never came to core: there is no {name!r} of it.",
            hint=f"Columns are {', '.join(known)}."
            if known
            else "Leave `--column` out to see the file, the line, the cells and what is wrong with them.",
            column=name,
        )
    wanted = [name]
    for target in wanted:  # grows while it is walked
        line = known[target]
        wanted += [n for n in line.reads if line.how != "mapped" and n in known and n not in wanted]
    return tuple(known[target] for target in wanted)
