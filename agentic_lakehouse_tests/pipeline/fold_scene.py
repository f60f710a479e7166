"""Small deliveries, the fold of them by the real SQL and engine, and by a few lines of plain Python."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.contracts.rule_set import Lookup, Normalisation, RuleSet
from agentic_lakehouse.contracts.standard import ProductStandard, Rule, StandardColumn
from agentic_lakehouse.contracts.tables import BRONZE_LINEAGE, core_table, ingest_errors_table, mapping_errors_table
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.engines.local import LocalEngine
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.lake.warehouse import Warehouse
from agentic_lakehouse.pipeline.audit import Scope
from agentic_lakehouse.pipeline.conservation import Account, account
from agentic_lakehouse.pipeline.fold import Folded, Sources, fold
from agentic_lakehouse.pipeline.fold_sql import Deliveries

MAX_SKU = 3
TEXTS = ("code", "sku", "alias")


def _column(name: str, kind: str = "string", **options: Any) -> StandardColumn:
    return StandardColumn(name=name, logical_type="string", physical_type=kind, **options)


STANDARD = ProductStandard(
    id="parts",
    name="parts_core.part",
    version="1",
    domain="parts",
    columns=(
        _column(
            "part_key", required=True, primary_key=True, transform_logic="CONCAT_WS('/', _vendor_name, upper(code))"
        ),
        _column("vendor_name", required=True, transform_logic="_vendor_name", partition_position=1),
        _column("source_table", required=True, transform_logic="_source_table", partition_position=2),
        _column("code", required=True, fallback_logic="COALESCE(sku, alias)"),
        _column("sku"),
        _column("alias"),
        _column("price", "decimal(10,2)"),
    ),
    rules=(
        Rule(name="part_key_required", kind="required", column="part_key"),
        Rule(name="code_required", kind="required", column="code"),
        Rule(name="sku_max_length", kind="max_length", column="sku", argument=MAX_SKU, on_breach="null_cell"),
        Rule(name="price_minimum", kind="minimum", column="price", argument=0),
    ),
)
"""A key made of a column with a fallback; a rule that costs a cell, and one that costs the row."""

MAPPING = Mapping(
    feed="acme/parts",
    standard=STANDARD.label,
    columns=tuple(ColumnMapping(target=name, sources=(name,), expression=f'"{name}"') for name in (*TEXTS, "price")),
)
FACTS = {
    "_vendor_name": "acme",
    "_source_table": "acme__parts",
    "_vendor_currency": None,
    "_vendor_country": None,
    "_vendor_locale": None,
}
BRONZE = {**dict.fromkeys(TEXTS, "string"), "price": "decimal(10,2)", **{c.name: c.type for c in BRONZE_LINEAGE}}
DAY = dt.date(2026, 1, 1)
"""Day of the first delivery; each one comes a day after the one before."""
CODES = {"a": "z", "b": "b"}
RULED = {2, 3}
"""Deliveries that come while the rule set is in force."""
MAX_PRICE = 6
RULES = RuleSet(
    name="some-days",
    owner="tests",
    effective_from=DAY + dt.timedelta(days=1),
    effective_until=DAY + dt.timedelta(days=2),
    lookups={"codes": Lookup(values=dict(CODES))},
    normalise=(
        Normalisation(column="code", expression="lookup('codes', code)"),
        Normalisation(column="price", expression="price + 5", when="price IS NOT NULL"),
    ),
    rules=(Rule(name="price_few", kind="maximum", column="price", argument=MAX_PRICE),),
)
"""Changes what the key is made of, cannot change every code, and rejects rows, on two days alone."""
UNDER_RULES = STANDARD.under([RULES])


@dataclass(frozen=True)
class Row:
    """One record: a row of bronze, or a kept one where some of its cells do not fit, or none can be told."""

    code: str | None = None
    sku: str | None = None
    alias: str | None = None
    price: int | None = 1
    unfit: frozenset[str] = frozenset()
    broken: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether it stands in `ingest_errors`."""
        return self.broken or bool(self.unfit)

    def cell(self, name: str) -> Any:
        """Return what was read of a cell."""
        return None if name in self.unfit or self.broken else getattr(self, name)


Delivery = Sequence[Row]


def delivery_id(number: int) -> str:
    """Return the id of the delivery at that place, from 1."""
    return f"{number:08d}-000000000000"


@dataclass
class Judged:
    """What plain Python makes of a row."""

    delivery: int
    number: int
    row: Row
    key: str | None = None
    doubt: bool = False
    rules: list[str] = field(default_factory=list)
    ruled: bool = False
    """Whether its delivery came under the rule set."""

    def __post_init__(self) -> None:
        row = self.row
        sku = row.cell("sku")
        emptied = sku is not None and len(sku) > MAX_SKU
        sku = None if emptied else sku
        code = row.cell("code")
        lost_sku = emptied or "sku" in row.unfit
        lost_code = "code" in row.unfit
        if self.ruled and code is not None:
            code = CODES.get(code.lower())
            lost_code = code is None
            self.rules += ["code_normalises"] * lost_code
        if code is None:
            lost_code |= lost_sku or (sku is None and "alias" in row.unfit)
            code = sku if sku is not None else row.cell("alias")
        self.doubt = lost_code or code is None or row.broken
        self.key = None if code is None else f"acme/{code.upper()}"
        price = row.cell("price")
        if self.ruled and price is not None:
            price += 5
            self.rules += ["price_few"] * (price > MAX_PRICE)
        self.rules += ["sku_max_length"] * emptied + ["code_required"] * (code is None)
        self.rules += ["price_minimum"] * (price is not None and price < 0)
        # CONCAT_WS passes over a null: without a code the key is not null, but says nothing.
        self.values = {"part_key": self.key, "code": code, "sku": sku, "alias": row.cell("alias"), "price": price}

    @property
    def accepted(self) -> bool:
        """Whether core takes it."""
        return not self.row.is_bad and not {"code_required", "price_minimum", "price_few"} & set(self.rules)


def model(deliveries: Sequence[Delivery], *, full: bool, ruled: bool = False) -> tuple[Counter[Any], Counter[Any]]:
    """Return the rows of core and the faults that a history gives, as multisets."""
    judged = [
        Judged(d, n, row, ruled=ruled and d in RULED)
        for d, rows in enumerate(deliveries, start=1)
        for n, row in enumerate(rows, start=1)
    ]
    seen = {d: {j.key for j in judged if j.delivery == d} for d in range(1, len(deliveries) + 1)}
    trusted = [d for d in seen if full and not any(j.doubt for j in judged if j.delivery == d)]
    faults: Counter[Any] = Counter()
    latest: dict[str | None, Judged] = {}
    for j in judged:
        if not j.row.is_bad:
            faults.update((j.delivery, j.number, rule) for rule in j.rules)
        if j.accepted:
            before = latest.get(j.key)
            if before is not None and before.delivery == j.delivery:
                faults[before.delivery, before.number, "duplicate_key"] += 1
            latest[j.key] = j
    stands = [j for j in latest.values() if all(d <= j.delivery or j.key in seen[d] for d in trusted)]
    core = Counter((delivery_id(j.delivery), j.number, *j.values.values()) for j in stands)
    return core, Counter({(delivery_id(d), n, rule): count for (d, n, rule), count in faults.items()})


class History:
    """Deliveries as Parquet files, folded by the real thing."""

    def __init__(self, folder: Path, deliveries: Sequence[Delivery], *, standard: ProductStandard = STANDARD) -> None:
        self.folder = folder
        self.standard = standard
        self.engine = LocalEngine()
        self.ids = [delivery_id(d) for d in range(1, len(deliveries) + 1)]
        rows = [(i, n, row) for i, d in zip(self.ids, deliveries, strict=True) for n, row in enumerate(d, start=1)]
        self.bronze = self._relation("bronze", BRONZE, [_loaded(*r) for r in rows if not r[2].is_bad])
        bad = ingest_errors_table(STANDARD).types
        self.bad = self._relation("bad", bad, [_kept(*r) for r in rows if r[2].is_bad])

    def _relation(self, name: str, types: dict[str, str], rows: list[dict[str, Any]]) -> Relation:
        path = self.folder / f"{name}.parquet"
        if rows:
            pq.write_table(pa.Table.from_pylist(rows), path)
        return Relation([path] if rows else [], types)

    def fold(self, current: Path | None, *, new: Sequence[int] | None, full: bool) -> Folded:
        """Fold the deliveries of these numbers onto the slice `current`, or all of them anew."""
        staging = self.folder / f"staging-{len(list(self.folder.iterdir()))}"
        staging.mkdir()
        with self.engine.session([], self.folder) as engine:
            return fold(
                self.deliveries(new, full=full),
                Sources(self.bronze, Relation([current] if current else [], core_table(STANDARD).types), self.bad),
                mapping=MAPPING,
                standard=self.standard,
                facts=FACTS,
                run_id="run",
                engine=engine,
                staging=staging,
            )

    def account(
        self,
        core: pa.Table,
        errors: pa.Table,
        *,
        published: Path | None = None,
        new: Sequence[int] | None = None,
        full: bool = False,
    ) -> Account:
        """Audit these rows of core and of `mapping_errors`, as what a fold of those deliveries left."""
        staging = self.folder / f"staging-{len(list(self.folder.iterdir()))}"
        staging.mkdir()
        types = {"slice": core_table(STANDARD).types, "faults": mapping_errors_table(STANDARD).types}
        known = {"bronze": self.bronze, "bad": self.bad}
        for name, rows in (("slice", core), ("faults", errors)):
            pq.write_table(rows, staging / f"{name}.parquet")
            known[name] = Relation([staging / f"{name}.parquet"], types[name])
        known["published"] = Relation([published] if published else [], types["slice"])
        view = View({}, Warehouse(str(self.folder)))
        with self.engine.session([], self.folder) as engine:
            scope = Scope(Feed("acme", "parts"), view, self.standard, Policy(name="test"), engine, staging)
            return account(scope, known, self.deliveries(new, full=full), mapping=MAPPING, facts=FACTS)

    def deliveries(self, new: Sequence[int] | None, *, full: bool) -> Deliveries:
        """Say what a fold of the deliveries of these numbers, or of all anew, is about."""
        ids = None if new is None else tuple(delivery_id(n) for n in new)
        return Deliveries(new=ids, full=(tuple(self.ids) if ids is None else ids) if full else ())


def _day(delivery: str) -> dt.date:
    return DAY + dt.timedelta(days=int(delivery.partition("-")[0]) - 1)


def _loaded(delivery: str, number: int, row: Row) -> dict[str, Any]:
    cells: dict[str, Any] = {name: getattr(row, name) for name in TEXTS}
    price = None if row.price is None else Decimal(row.price)
    return {**cells, "price": price, "_delivery_id": delivery, "_row_number": number, "ingestion_date": _day(delivery)}


def _kept(delivery: str, number: int, row: Row) -> dict[str, Any]:
    read = {name: None if row.cell(name) is None else str(row.cell(name)) for name in (*TEXTS, "price")}
    typed = {name: {"fault": "unfit"} if name in row.unfit else text for name, text in read.items()}
    return {
        "_delivery_id": delivery,
        "_row_number": number,
        "ingestion_date": _day(delivery),
        "typed": None if row.broken else json.dumps(typed),
    }


def core_rows(folded: Folded) -> Counter[Any]:
    """Return the rows of a slice as a multiset."""
    columns = ["_delivery_id", "_row_number", "part_key", "code", "sku", "alias", "price"]
    return Counter(tuple(row[c] for c in columns) for row in pq.read_table(folded.core.path).to_pylist())


def fault_rows(*folds: Folded) -> Counter[Any]:
    """Return the faults that folds told, as a multiset."""
    found = [row for folded in folds for row in pq.read_table(folded.errors.path).to_pylist()]
    return Counter((row["_delivery_id"], row["_row_number"], row["rule"]) for row in found)


def versions(folded: Folded) -> Counter[Any]:
    """Return of each row of a slice which delivery it is of, and whether it was conformed under a rule set."""
    rows = pq.read_table(folded.core.path).to_pylist()
    return Counter((int(r["_delivery_id"].partition("-")[0]), r["_rules_sha256"] is not None) for r in rows)
