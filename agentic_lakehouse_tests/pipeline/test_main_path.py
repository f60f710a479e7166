"""Vendor files in, core rows out: the promises that a user sees."""

from __future__ import annotations

from decimal import Decimal

from agentic_lakehouse.testing import BadCell, Sandbox

PRICES = "Artikelnummer;Bezeichnung;EAN;Preis;Währung\n"


def price_list(*rows: str, repeat: int = 0) -> str:
    """A German price list: the given rows, then `repeat` plain ones."""
    plain = [f"R{n};Ringordner A4 Nr. {n};;{n + 1},50;EUR" for n in range(repeat)]
    return PRICES + "\n".join([*rows, *plain]) + "\n"


def test_a_file_becomes_published_rows(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list("A1;Ordner breit;4006381333931;1.234,56;EUR", repeat=30))

    run = sandbox.run(feed)

    assert (run.status, run.rows_in, run.bronze_rows, run.core_rows, run.errors) == ("published", 31, 31, 31, ())
    row = sandbox.query("SELECT * FROM product_core.product WHERE sku = 'A1' OR source_product_id = 'A1'")[0]
    assert (row["title"], row["gtin"], row["price"], row["currency"]) == (
        "Ordner breit",
        "4006381333931",
        Decimal("1234.5600"),
        "EUR",
    )
    assert (row["vendor_name"], row["source_table"]) == ("acme", "acme__prices")


def test_a_row_that_does_not_fit_its_spec_goes_whole_to_ingest_errors(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list("A1;Ordner;;auf Anfrage;EUR", repeat=40))

    run = sandbox.run(feed)

    assert (run.status, run.rows_in, run.bronze_rows, run.error_rows) == ("published", 41, 40, 1)
    assert sandbox.errors(feed) == [BadCell(line=2, column="Preis", code="not_a_decimal")]
    raw = sandbox.query("SELECT raw FROM product_raw.ingest_errors")[0]["raw"]
    assert raw.strip() == "A1;Ordner;;auf Anfrage;EUR"


def test_a_wrong_gtin_loses_the_cell_and_not_the_product(sandbox: Sandbox) -> None:
    good = [f"G{n};Heft {n};{gtin};2,50;EUR" for n, gtin in enumerate(["4006381333931", "5901234123457", "96385074"])]
    feed = sandbox.drop("acme/prices", price_list("A1;Ordner;4006381333932;1,00;EUR", *good, repeat=20))

    run = sandbox.run(feed)

    assert (run.status, run.core_rows, run.mapping_error_rows) == ("published", 24, 0)
    assert sandbox.query("SELECT gtin FROM product_core.product WHERE source_product_id = 'A1'") == [{"gtin": None}]
    kept = sandbox.query("SELECT rule, cost, value FROM product_core.mapping_errors")
    assert kept == [{"rule": "gtin_check_digit", "cost": "null_cell", "value": "4006381333932"}]


def test_a_row_that_breaks_a_row_rule_is_kept_out_of_core(sandbox: Sandbox) -> None:
    rows = [f"R{n};Ringordner {n};{n + 1},50;{n + 1},00;EUR" for n in range(30)]
    text = "Artikelnummer;Bezeichnung;Preis;Aktionspreis;Währung\n" + "\n".join(["A1;Ordner;9,90;990,00;EUR", *rows])
    feed = sandbox.drop("acme/prices", text + "\n")

    run = sandbox.run(feed)

    assert (run.status, run.bronze_rows, run.core_rows, run.mapping_error_rows) == ("published", 31, 30, 1)
    assert sandbox.query("SELECT rule, _row_number FROM product_core.mapping_errors") == [
        {"rule": "sale_le_price", "_row_number": 1}
    ]


def test_a_feed_at_rest_does_nothing(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(repeat=20))
    sandbox.run(feed)
    before = sandbox.lakehouse
    calls, commits = before.lake.governance.calls(), before.lake.log()

    again = sandbox.run(feed)

    after = sandbox.lakehouse
    assert (again.status, again.model_calls) == ("unchanged", 0)
    assert (after.lake.governance.calls(), after.lake.log()) == (calls, commits)


def test_a_file_that_was_only_touched_is_no_delivery(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(repeat=20))
    sandbox.run(feed)

    sandbox.drop("acme/prices", price_list(repeat=20))

    assert sandbox.run(feed).status == "unchanged"
    assert sandbox.run(feed).status == "unchanged"
    assert len(sandbox.lakehouse.lake.ledger.deliveries(feed)) == 1


def test_the_latest_version_of_a_key_wins_and_keys_not_delivered_stay(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(repeat=20))
    sandbox.run(feed)

    sandbox.drop("acme/prices", price_list("R3;Ringordner neu;;99,00;EUR", "N1;Neu;;5,00;EUR"), name="second.csv")
    run = sandbox.run(feed)

    assert (run.status, run.files, run.rows_in, run.model_calls) == ("published", 1, 2, 0)
    rows = sandbox.query("SELECT source_product_id AS id, title, price FROM product_core.product")
    assert len(rows) == 21
    assert {"id": "R3", "title": "Ringordner neu", "price": Decimal("99.0000")} in rows


def test_a_key_twice_in_one_delivery_keeps_its_last_row(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list("R0;Vorher;;1,00;EUR", repeat=30))

    run = sandbox.run(feed)

    assert (run.status, run.core_rows, run.mapping_error_rows) == ("published", 30, 1)
    assert sandbox.query("SELECT rule, _row_number FROM product_core.mapping_errors") == [
        {"rule": "duplicate_key", "_row_number": 1}
    ]


def test_a_currency_that_files_do_not_carry_comes_from_the_vendors_facts(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "currency: CHF\n")
    text = "Artikelnummer;Bezeichnung;Preis\n" + "".join(f"R{n};Ordner {n};{n},50\n" for n in range(20))
    feed = sandbox.drop("acme/prices", text)

    assert sandbox.run(feed).status == "published"
    assert sandbox.query("SELECT DISTINCT currency FROM product_core.product") == [{"currency": "CHF"}]


def test_changed_vendor_facts_rebuild_the_slice_without_a_model_call(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "currency: CHF\n")
    text = "Artikelnummer;Bezeichnung;Preis\n" + "".join(f"R{n};Ordner {n};{n},50\n" for n in range(20))
    feed = sandbox.drop("acme/prices", text)
    sandbox.run(feed)

    sandbox.facts("acme", "currency: EUR\n")
    run = sandbox.run(feed)

    assert (run.status, run.files, run.model_calls) == ("published", 0, 0)
    assert sandbox.query("SELECT DISTINCT currency FROM product_core.product") == [{"currency": "EUR"}]
    assert sandbox.run(feed).status == "unchanged"


def test_every_core_row_tells_where_it_came_from(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(repeat=20))
    sandbox.run(feed)

    row = sandbox.query("SELECT * FROM product_core.product WHERE source_product_id = 'R7'")[0]

    lake = sandbox.lakehouse.lake
    delivery = next(d for d in lake.ledger.deliveries(feed) if d.delivery_id == row["_delivery_id"])
    mapping = next(p for p in lake.governance.proposals(feed, kind="mapping") if p.sha256 == row["_mapping_sha256"])
    call = next(c for c in lake.governance.calls(feed=feed) if c.id == mapping.call_id)
    assert (delivery.path, row["_row_number"], mapping.status) == ("acme/prices/data.csv", 8, "active")
    assert (call.prompt, call.model_version.startswith("embedded-planner-")) == ("map_columns", True)


def test_main_can_be_read_as_of_an_older_commit(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(repeat=20))
    first = sandbox.run(feed).commit
    sandbox.drop("acme/prices", price_list("N1;Neu;;5,00;EUR"), name="second.csv")
    sandbox.run(feed)

    count = "SELECT count(*) AS n FROM product_core.product"

    assert sandbox.query(count, at=first) == [{"n": 20}]
    assert sandbox.query(count) == [{"n": 21}]
