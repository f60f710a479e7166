"""The SQL that turns bronze rows into judged target rows, written from contracts alone.

A row comes out for every bronze row, with the target columns as they would be published, and for each
rule a flag (`_f0`, `_f1`, ...) and the offending value (`_v0`, ...). The order of judgement is fixed here:

1. the mapping's expressions, converted to the target's type; a value that does not convert is a fault;
2. what rule sets normalise, step by step; a value that becomes none is a fault;
3. rules that cost a cell, which empties it;
4. fallbacks, for cells that are empty now; rules that cost a cell are applied to these again;
5. derived columns;
6. rules that cost the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from agentic_lakehouse.sql.doubt import any_of
from agentic_lakehouse.sql.types import quote

FACT_TYPES = {
    "_vendor_name": "string",
    "_source_table": "string",
    "_ingestion_date": "date",
    "_vendor_currency": "string",
    "_vendor_country": "string",
    "_vendor_locale": "string",
}
"""The run's facts that derived and fallback expressions may name."""
Cost = Literal["reject_row", "null_cell"]
CARRIED = ("_delivery_id", "_row_number")


@dataclass(frozen=True)
class Fault:
    """One way in which a row can be wrong, at a fixed place in the judged relation."""

    index: int
    rule: str
    column: str | None
    cost: Cost
    message: str

    @property
    def flag(self) -> str:
        """Boolean column that is true of faulty rows."""
        return f"_f{self.index}"

    @property
    def value(self) -> str:
        """Text column with the offending value, of faulty rows."""
        return f"_v{self.index}"


class Layer(NamedTuple):
    """What one step of the judgement selects from the step before."""

    values: str
    """Values alone; `*` where the step changes none."""
    judged: str
    """Values as rules leave them, with faults and doubts."""


@dataclass(frozen=True)
class Judgement:
    """What is asked of bronze rows, and what the flags of the judged ones mean."""

    mapped: str
    """Targets as `_t0`, `_t1`, ..., beside the bronze columns that they are made of."""
    layers: tuple[Layer, ...]
    """The first gives targets their names."""
    faults: tuple[Fault, ...]
    doubt: str
    """True of rows whose key might be another one, had a cell been read that was not."""
    retyped: Mapping[str, str] = field(default_factory=dict)
    """Bronze columns that took over from one of another type, and how they are read; see `retype`."""

    @property
    def rejected(self) -> str:
        """True of judged rows that core does not take."""
        return any_of(f.flag for f in self.faults if f.cost == "reject_row")

    @property
    def faulty(self) -> str:
        """True of judged rows with any fault."""
        return any_of(f.flag for f in self.faults)

    def over(self, rows: str = "bronze", *, carry: Iterable[str] = ()) -> str:
        """Return the query that judges some rows. What its reader does not ask for is not computed.

        Args:
            rows: what stands behind `FROM`: a relation with bronze's columns.
            carry: further columns of it that the judged rows shall have.
        """
        return self._written(rows, [layer.judged for layer in self.layers], carry)

    def of_clean(self, rows: str) -> str:
        """Return the query that gives the values of rows known to have no fault: no rule is asked again."""
        return self._written(rows, [layer.values for layer in self.layers if layer.values != "*"], ())

    def _written(self, rows: str, selects: Iterable[str], carry: Iterable[str]) -> str:
        carried = ", ".join(quote(name) for name in (*CARRIED, *carry))
        if self.retyped:
            replaced = ", ".join(f"{sql} AS {quote(name)}" for name, sql in self.retyped.items())
            rows = f"(SELECT * REPLACE ({replaced}) FROM {rows})"
        first, *others = selects
        layers = [
            f"SELECT *, {self.mapped} FROM {rows}",
            f"SELECT {carried}, {first} FROM layer0",
            *(f"SELECT {items} FROM layer{number}" for number, items in enumerate(others, start=1)),
        ]
        written = ", ".join(f"layer{number} AS ({select})" for number, select in enumerate(layers))
        return f"WITH {written} SELECT * FROM layer{len(layers) - 1}"
