"""Every column of core is led back to the bronze columns that it is made of."""

from __future__ import annotations

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.tables import core_table
from agentic_lakehouse.pipeline.column_deps import column_deps
from agentic_lakehouse.settings import SHIPPED

STANDARD = load_standard(SHIPPED / "data" / "contracts" / "product_core.odcs.yaml")
COLUMNS = {"Nr": "nr", "EAN": "ean", "Preis": "preis", "Titel": "titel"}
SPEC = FeedSpec(
    vendor_name="acme",
    table_name="feed",
    format=FileFormat(kind="csv"),
    columns=tuple(ColumnSpec(source_name=s, name=n, type="string") for s, n in COLUMNS.items()),
)


def deps(**lines: str) -> dict[str, tuple[str, ...]]:
    sources = {t: tuple(s for s, n in COLUMNS.items() if n in e) for t, e in lines.items()}
    columns = tuple(ColumnMapping(target=t, sources=sources[t], expression=e) for t, e in lines.items())
    return column_deps(Mapping(feed="acme/feed", standard=STANDARD.label, columns=columns), SPEC, STANDARD)


def test_every_column_of_core_has_an_entry() -> None:
    assert list(deps(title="titel")) == list(core_table(STANDARD).types)


def test_a_line_may_hang_on_columns_that_only_earlier_deliveries_had() -> None:
    both = ColumnMapping(target="price", sources=("Preis",), expression="COALESCE(preis, betrag)", former=("betrag",))
    alone = ColumnMapping(target="brand", sources=(), expression="marke", former=("marke",))
    mapping = Mapping(feed="acme/feed", standard=STANDARD.label, columns=(both, alone))

    found = column_deps(mapping, SPEC, STANDARD)

    assert (found["price"], found["brand"]) == (("preis", "betrag"), ("marke",))


def test_columns_hang_on_what_fills_falls_back_and_derives_them() -> None:
    found = deps(sku="nr", gtin="ean", title="concat(titel, nr)", price="preis", condition="'new'")

    assert found["title"] == ("titel", "nr")
    assert found["source_product_id"] == ("nr", "ean")
    assert found["currency"] == ("preis",)
    assert found["product_key"] == ("nr", "ean")
    assert found["ingestion_date"] == ("ingestion_date",)
    assert (found["_delivery_id"], found["_row_number"]) == (("_delivery_id",), ("_row_number",))
    for name in ("condition", "vendor_name", "source_table", "_mapping_sha256", "_run_id", "brand"):
        assert found[name] == ()
