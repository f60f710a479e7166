from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.engines.local import LocalEngine
from agentic_lakehouse.pipeline.conform import run_facts
from agentic_lakehouse.pipeline.judging import judge
from agentic_lakehouse.pipeline.retype import named_apart, read_through
from agentic_lakehouse.testing import Sandbox

FIXTURES = Path(__file__).parents[1] / "fixtures"


def spec(**types: str) -> FeedSpec:
    return FeedSpec(
        vendor_name="acme",
        table_name="prices",
        format=FileFormat(kind="csv"),
        columns=tuple(ColumnSpec(source_name=n.title(), name=n, type=t) for n, t in types.items()),  # type: ignore[arg-type]
        primary_key=(next(iter(types)),),
    )


def names(found: FeedSpec) -> list[str]:
    return [c.name for c in found.columns]


def test_a_spec_that_fits_the_table_keeps_its_names() -> None:
    new = spec(sku="string", preis="decimal", farbe="string")

    assert named_apart(new, {}) is new
    assert named_apart(new, {"sku": "string", "preis": "decimal(9,4)"}) is new


def test_a_retyped_column_is_named_after_its_type_also_in_keys() -> None:
    found = named_apart(spec(sku="string", preis="decimal"), {"sku": "long", "preis": "long"})

    assert names(found) == ["sku__string", "preis__decimal"]
    assert found.primary_key == ("sku__string",)
    assert [c.source_name for c in found.columns] == ["Sku", "Preis"]


def test_a_name_that_was_found_once_is_found_again() -> None:
    table = {"preis": "long", "preis__decimal": "decimal(18,4)", "preis__string": "date"}

    assert names(named_apart(spec(preis="decimal"), table)) == ["preis__decimal"]
    assert names(named_apart(spec(preis="string"), table)) == ["preis__string2"]


def test_a_long_name_stays_short_enough() -> None:
    [name] = names(named_apart(spec(**{"p" * 63: "decimal"}), {"p" * 63: "date"}))

    assert len(name) == 63
    assert name.endswith("p__decimal")


def test_rows_of_before_are_read_through_the_new_name() -> None:
    types = {"preis": "long", "preis__decimal": "decimal(18,4)", "farbe": "string", "x__date": "date"}

    assert read_through(types) == {"preis__decimal": 'coalesce("preis__decimal", TRY_CAST("preis" AS DECIMAL(18,4)))'}


def test_a_price_of_before_is_judged_by_the_expression_of_now(tmp_path: Path) -> None:
    columns = {"sku": ["A1", "A2"], "preis": [7, None], "preis__decimal": [None, Decimal("7.9500")]}
    types = {"sku": "string", "preis": "long", "preis__decimal": "decimal(18,4)"}
    lineage = {"_delivery_id": ["1", "2"], "_row_number": [1, 1], "ingestion_date": [date(2026, 11, 22)] * 2}
    pq.write_table(pa.table({**columns, **lineage}), tmp_path / "bronze.parquet")
    all_types = {**types, "_delivery_id": "string", "_row_number": "long", "ingestion_date": "date"}
    mapping = Mapping(
        feed="acme/prices",
        standard="any",
        columns=(
            ColumnMapping(target="sku", sources=("Sku",), expression="sku"),
            ColumnMapping(target="price", sources=("Preis",), expression="preis__decimal"),
        ),
    )
    standard = load_standard(FIXTURES / "shop_item.odcs.yaml")
    facts = run_facts(Feed("acme", "prices"), VendorFacts())
    judgement = judge(mapping, standard=standard, bronze_types=all_types, facts=facts)

    bronze = Relation(files=[tmp_path / "bronze.parquet"], types=all_types)
    rows = LocalEngine().query(f"SELECT sku, price FROM ({judgement.over()}) ORDER BY sku", {"bronze": bronze})

    assert rows.to_pylist() == [{"sku": "A1", "price": Decimal(7)}, {"sku": "A2", "price": Decimal("7.95")}]


def test_a_stock_that_becomes_text_stands_beside_the_numbers_of_before(sandbox: Sandbox) -> None:
    head = "Artikelnummer;Bezeichnung;Preis;Währung;Lagerbestand"
    numbers = "".join(f"R{n};Ringordner A4 Nr. {n};{n},50;EUR;{n * 7}\n" for n in range(1, 31))
    feed = sandbox.drop("acme/prices", f"{head}\n{numbers}", name="one.csv")
    assert sandbox.run(feed).status == "published"
    words = "".join(f"S{n};Heft A5 Nr. {n};{n},95;EUR;{('viel', 'wenig', 'keiner')[n % 3]};rot\n" for n in range(1, 31))
    sandbox.drop("acme/prices", f"{head};Farbe\n{words}", name="two.csv")

    run = sandbox.run(feed)
    if run.status == "awaiting_review":
        sandbox.approve(feed)
        run = sandbox.run(feed)

    assert (run.status, run.bronze_rows, run.errors) == ("published", 30, ())
    types = sandbox.lakehouse.lake.view().schema("product_raw.acme__prices")
    assert (types["lagerbestand"], types["lagerbestand__string"]) == ("long", "string")
    kept = sandbox.query(
        "SELECT count(lagerbestand) AS n, count(lagerbestand__string) AS w FROM product_raw.acme__prices"
    )
    assert kept == [{"n": 30, "w": 30}]
    [core] = sandbox.query("SELECT count(*) AS n FROM product_core.product")
    assert core == {"n": 60}
