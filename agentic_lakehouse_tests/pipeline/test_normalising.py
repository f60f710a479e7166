"""What the steps of rule sets make of values, by the real SQL on the real engine, and without a lake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.rule_files import load_rule_file
from agentic_lakehouse.contracts.rule_set import Lookup, Normalisation, RuleSet
from agentic_lakehouse.contracts.standard import ProductStandard, Rule, StandardColumn
from agentic_lakehouse.contracts.tables import BRONZE_LINEAGE
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.engines.local import LocalEngine
from agentic_lakehouse.pipeline.judging import judge

EXAMPLES = Path(__file__).parents[2] / "data" / "rules" / "examples"
TYPES = {"sku": "string", "price": "decimal(18,4)", "currency": "string", "category": "string"}
STANDARD = ProductStandard(
    id="goods",
    name="product_core.product",
    version="1",
    domain="product",
    columns=tuple(
        StandardColumn(name=name, logical_type="string", physical_type=kind, required=name == "sku")
        for name, kind in TYPES.items()
    ),
    rules=(),
)
Judged = list[dict[str, Any]]
Judge = Callable[..., Judged]


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    """Judge rows of `sku, price, currency, category` that came on a day, under rule sets."""

    def under(
        sets: Sequence[RuleSet], rows: Sequence[tuple[Any, ...]], *, day: str = "2026-02-15", unmapped: str = ""
    ) -> Judged:
        types = {**TYPES, **{c.name: c.type for c in BRONZE_LINEAGE}}
        lineage = {"_delivery_id": "1", "ingestion_date": date.fromisoformat(day)}
        found = [
            dict(zip(TYPES, row, strict=True)) | lineage | {"_row_number": n} for n, row in enumerate(rows, start=1)
        ]
        pq.write_table(pa.Table.from_pylist(found), tmp_path / "bronze.parquet")
        lines = tuple(
            ColumnMapping(target=name, sources=(name,), expression=f'"{name}"') for name in TYPES if name != unmapped
        )
        judgement = judge(
            Mapping(feed="acme/goods", standard=STANDARD.label, columns=lines),
            standard=STANDARD.under(sets),
            bronze_types=types,
            facts=dict.fromkeys(("_vendor_name", "_source_table", "_vendor_currency", "_vendor_locale"))
            | {"_vendor_country": "DE"},
        )
        bronze = Relation(files=[tmp_path / "bronze.parquet"], types=types)
        read: Judged = LocalEngine().query(judgement.over(), {"bronze": bronze}).to_pylist()
        for row in read:
            row["faults"] = [f.rule for f in judgement.faults if row[f.flag]]
        return sorted(read, key=lambda row: row["_row_number"])

    return under


def example(name: str) -> RuleSet:
    rule_set = load_rule_file(EXAMPLES / f"{name}.yaml").rule_set
    assert rule_set is not None
    return rule_set


def test_prices_are_converted_exactly_at_the_rate_of_the_day(judged: Judge) -> None:
    rows = [
        ("a", Decimal("10.0000"), "USD", None),
        ("b", Decimal("0.0500"), " sek ", None),
        ("c", Decimal("12.3456"), "EUR", None),
        ("d", Decimal("5.0000"), "JPY", None),
        ("e", None, "USD", None),
    ]

    february, january = (
        judged([example("prices-in-euro")], rows),
        judged([example("prices-in-euro")], rows, day="2026-01-31"),
    )

    assert [row["price"] for row in february] == [Decimal("9.17"), Decimal("0.00"), Decimal("12.3456"), None, None]
    assert january[0]["price"] == Decimal("9.22")
    assert [row["currency"] for row in february] == ["EUR", "EUR", "EUR", "JPY", "EUR"]
    assert [row["faults"] for row in february] == [
        [], [], [], ["price_normalises", "price_in_euro"], [],
    ]  # fmt: skip


def test_prices_with_tax_are_made_net_by_the_rate_of_country_and_day(judged: Judge) -> None:
    found = judged([example("net-prices-de")], [("a", Decimal("119.0000"), "EUR", None), ("b", None, "EUR", None)])

    assert [(row["price"], row["faults"]) for row in found] == [(Decimal("100.0000"), []), (None, [])]
    assert judged([example("net-prices-de")], [("a", Decimal(119), "EUR", None)], day="2025-12-31")[0]["price"] == 119


def test_a_tree_of_two_thousand_words_is_looked_up_in_any_case(judged: Judge) -> None:
    words = {f"Gruppe {n}": f"Group > {n}" for n in range(1_999)} | {"Übriges": "Other"}
    tree = RuleSet(
        name="tree",
        owner="x",
        lookups={"tree": Lookup(values=dict(words))},
        normalise=(Normalisation(column="category", expression="lookup('tree', category)"),),
    )

    found = judged([tree], [("a", None, None, " gruppe 1998"), ("b", None, None, "ÜBRIGES"), ("c", None, None, "Neu")])

    assert [row["category"] for row in found] == ["Group > 1998", "Other", None]
    assert [row["faults"] for row in found] == [[], [], ["category_normalises"]]


def test_steps_see_what_the_one_before_left_and_may_empty_a_cell_where_they_say_so(judged: Judge) -> None:
    steps = (
        Normalisation(column="category", expression="upper(category)"),
        Normalisation(column="category", expression="nullif(category, 'N/A')", may_empty=True),
        Normalisation(column="sku", expression="concat(sku, '-', category)", when="category IS NOT NULL"),
    )

    found = judged(
        [RuleSet(name="tidy", owner="x", normalise=steps)], [("a", None, None, "n/a"), ("b", None, None, "x")]
    )

    assert [(row["sku"], row["category"], row["faults"]) for row in found] == [("a", None, []), ("b-X", "X", [])]


def test_rule_sets_are_applied_in_the_order_of_their_names(judged: Judge) -> None:
    def times(name: str, expression: str) -> RuleSet:
        return RuleSet(name=name, owner="x", normalise=(Normalisation(column="price", expression=expression),))

    found = judged([times("20-more", "price + 1"), times("10-double", "price * 2")], [("a", Decimal(3), None, None)])

    assert found[0]["price"] == 7
    assert len(found[0]["_rules_sha256"]) == 64


def test_a_column_that_a_rule_set_alone_fills_is_judged_too(judged: Judge) -> None:
    filled = RuleSet(
        name="filled",
        owner="x",
        normalise=(Normalisation(column="currency", expression="concat('E', sku)"),),
        rules=(Rule(name="known", kind="valid_values", column="currency", argument=["EUR"]),),
    )

    found = judged([filled], [("UR", None, None, None), ("X", None, None, None)], unmapped="currency")

    assert [(row["currency"], row["faults"]) for row in found] == [("EUR", []), ("EX", ["known"])]
