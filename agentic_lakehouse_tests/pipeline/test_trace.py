"""A row of core leads back to the text in the vendor's file, and to who and what stands between."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.trace import Trace
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.feeds.place import record_at
from agentic_lakehouse.pipeline.trace import trace
from agentic_lakehouse.pipeline.trace_lines import of_column
from agentic_lakehouse.settings import SHIPPED
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.pipeline.rules_scene import NET, PRICES, Shop
from agentic_lakehouse_tests.pipeline.test_replay import ON_REQUEST, approve_spec, on_request_is_no_number, price_list
from agentic_lakehouse_tests.pipeline.test_variants import export

ROWS = [{"sku": f"S{n:03d}", "title": f"Stapler {n}", "price": f"{n}.50", "currency": "EUR"} for n in range(1, 41)]


def csv() -> bytes:
    return "\n".join(["sku,title,price,currency", *(",".join(r.values()) for r in ROWS), ""]).encode()


def xml() -> bytes:
    items = "\n".join(f"<item>{''.join(f'<{k}>{v}</{k}>' for k, v in r.items())}</item>" for r in ROWS)
    return f"<?xml version='1.0' encoding='utf-8'?>\n<items>\n{items}\n</items>\n".encode()


def written(write: Callable[[pl.DataFrame, io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    write(pl.DataFrame(ROWS), out)
    return out.getvalue()


KINDS: dict[str, tuple[Callable[[], bytes], int | None, bool]] = {
    "data.csv": (csv, 18, True),
    "data.csv.gz": (lambda: gzip.compress(csv()), 18, True),
    "data.json": (lambda: json.dumps(ROWS, indent=0).encode(), None, True),
    "data.jsonl": (lambda: "\n".join(json.dumps(r) for r in ROWS).encode(), 17, True),
    "data.xml": (xml, 19, True),
    "data.xlsx": (lambda: written(lambda frame, out: frame.write_excel(out)), 18, False),
    "data.parquet": (lambda: written(lambda frame, out: frame.write_parquet(out)), 17, False),
}
"""File name to its content, the line of its 17th record, and whether that is text."""


def by_id(sandbox: Sandbox, value: str) -> Trace:
    return trace(sandbox.lakehouse, value, by="source_product_id")


def line(found: Trace, target: str) -> tuple[object, str, dict[str, object]]:
    [one] = [x for x in found.lines if x.target == target]
    return one.value, one.how, one.reads


@pytest.mark.parametrize("name", KINDS)
def test_a_row_leads_to_the_text_in_its_file(sandbox: Sandbox, name: str) -> None:
    content, number, verbatim = KINDS[name]
    feed = sandbox.drop("acme/goods", content(), name=name)
    run = sandbox.run(feed)
    assert run.status == "published"

    found = by_id(sandbox, "S017")

    assert (found.table, found.at, found.feed, found.commit_id) == (
        "product_core.product",
        "main",
        str(feed),
        run.commit,
    )
    assert found.file is not None
    assert (found.file.path, found.file.row_number) == (f"acme/goods/{name}", 17)
    assert found.file.line == number or number is None
    assert found.file.verbatim is verbatim
    assert "S017" in str(found.file.raw)
    assert "Stapler 17" in str(found.file.raw)
    assert "S018" not in str(found.file.raw)
    assert found.file.cells is not None
    assert found.file.cells["title"] == "Stapler 17"
    assert found.bronze is not None
    assert found.bronze.cells["title"] == "Stapler 17"
    assert line(found, "title") == ("Stapler 17", "mapped", {"title": "Stapler 17"})


def test_it_tells_who_approved_what_and_which_model_said_it(sandbox: Sandbox) -> None:
    run = sandbox.run(sandbox.drop("acme/goods", csv()))

    found = by_id(sandbox, "S001")

    assert found.mapping is not None
    assert found.spec is not None
    [row] = sandbox.query("SELECT _mapping_sha256 AS m FROM product_core.product WHERE source_product_id = 'S001'")
    assert found.mapping.sha256 == row["m"]
    for contract, prompt in ((found.mapping, "map_columns"), (found.spec, "describe_feed")):
        assert [(d.decision, d.by) for d in contract.decisions] == [("approved", "policy:standard")]
        assert contract.call is not None
        assert (contract.call.prompt, contract.call.run_id) == (prompt, run.run_id)
        assert contract.call.model_version.startswith("embedded-planner")
        assert "sku" in contract.call.raw_output
    key = "".join(str(part) for part in found.key.values())
    assert trace(sandbox.lakehouse, key[:20]) == trace(sandbox.lakehouse, key) == found


def test_a_derived_column_leads_to_those_that_it_is_made_of(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "currency: CHF\n")
    sandbox.run(sandbox.drop("acme/prices", price_list(0, 40).replace(";Währung", "").replace(";EUR", "")))

    found = by_id(sandbox, "R7")

    assert line(found, "currency") == (
        "CHF",
        "fallback",
        {"price": found.row["price"], "sale_price": None, "cost_price": None, "_vendor_currency": "CHF"},
    )
    assert line(found, "ingestion_date")[1] == "derived"
    names = [x.target for x in of_column(found.lines, "product_key")]
    assert names[0] == "product_key"
    assert {"source_product_id", "sku"} <= set(names)
    assert "title" not in names
    with pytest.raises(UsageInvalid, match="no column 'nothing'"):
        of_column(found.lines, "nothing")


def test_a_row_that_never_came_to_core_says_where_to_look_instead() -> None:
    with pytest.raises(UsageInvalid, match="This row never came to core") as refused:
        of_column((), "price")

    assert "Leave `--column` out" in str(refused.value.hint)


def test_a_filled_cell_names_the_line_that_fills_it(sandbox: Sandbox) -> None:
    sandbox.run(sandbox.drop("acme/shop", export()))

    found = trace(sandbox.lakehouse, "SH-3-M", by="sku")

    assert found.file is not None
    assert found.file.raw is not None
    assert found.file.raw.startswith("shirt-3,,,,,M")
    assert (found.file.line, found.file.filled["Title"], found.file.filled_from) == (15, "Shirt 3", 14)
    assert found.row["title"] == "Shirt 3"


def test_a_replayed_row_tells_why_it_waited(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 40) + ON_REQUEST, name="one.csv")
    sandbox.run(feed)

    waits = by_id(sandbox, "R98")
    assert waits.table == "product_raw.ingest_errors"
    assert waits.notes == ("Bronze does not hold it: its record is kept aside, not_an_integer in column 'Bestand'.",)
    assert waits.file is not None
    assert (waits.file.line, waits.file.raw) == (42, ON_REQUEST.rstrip("\n"))

    spec = approve_spec(sandbox, feed, on_request_is_no_number)
    sandbox.lakehouse.replay(feed)
    run = sandbox.run(feed)
    found = by_id(sandbox, "R98")

    assert (found.table, found.run_id, found.commit_id) == ("product_core.product", run.run_id, run.commit)
    assert found.notes[0].startswith("Its record did not fit at first (not_an_integer")
    assert found.spec is not None
    assert (found.spec.sha256, found.spec.decisions[0].by) == (spec.sha256, "mia")
    assert found.spec.asked == "written by mia; no model was asked"
    assert found.file is not None
    assert (found.file.line, found.file.raw) == (42, ON_REQUEST.rstrip("\n"))


def test_a_row_that_breaks_a_rule_is_told_from_the_error_table(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 40) + "R77;Ringordner;-5,00;EUR;1\n")
    sandbox.run(feed)

    found = by_id(sandbox, "R77")

    assert (found.table, found.feed, found.key) == ("product_core.mapping_errors", str(feed), {})
    assert found.notes[0].startswith("Core does not hold it: the row breaks price_")
    assert found.file is not None
    assert (found.file.line, found.file.raw) == (42, "R77;Ringordner;-5,00;EUR;1")
    assert any("the row was kept out" in fault for x in found.lines for fault in x.faults)
    key = by_id(sandbox, "R7").key["product_key"]
    assert trace(sandbox.lakehouse, key).table == "product_core.product"


def test_a_key_that_was_taken_back_is_found_in_the_past(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 40), name="one.csv")
    first = sandbox.run(feed)
    sandbox.drop("acme/prices", price_list(30, 60), name="two.csv")
    second = sandbox.run(feed)
    key = by_id(sandbox, "R55").key["product_key"]
    sandbox.lakehouse.rollback(first.commit, feed, by="mia", note="net prices")

    found = trace(sandbox.lakehouse, key)

    assert found.at == second.commit
    assert f"last stood there at commit {second.commit[:12]}" in found.notes[0]
    assert f"rollback by person:mia: acme/prices back to {first.commit[:12]}: net prices" in found.notes[0]
    assert "`lakehouse reingest acme/prices --delivery 00000002-" in found.notes[1]
    assert found.file is not None
    assert found.file.raw == "R55;Ringordner A4 Nr. 55;1,50;EUR;55"
    assert trace(sandbox.lakehouse, key, at=second.commit).row == found.row
    with pytest.raises(UsageInvalid, match="There is no row"):
        trace(sandbox.lakehouse, key, at=first.commit)


def test_a_key_that_a_full_delivery_removed_is_found_in_the_past(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "delivery: full\n")
    feed = sandbox.drop("acme/prices", price_list(0, 40), name="one.csv")
    first = sandbox.run(feed)
    sandbox.drop("acme/prices", price_list(2, 42), name="two.csv")
    second = sandbox.run(feed)

    found = by_id(sandbox, "R1")

    assert found.at == first.commit
    assert f"until commit {second.commit[:12]}" in found.notes[0]
    assert found.notes[1] == "The vendor's deliveries hold everything: a later one did not have it."


def test_a_row_that_was_taken_back_is_not_looked_for_on_the_branch_of_another_feed(sandbox: Sandbox) -> None:
    first = sandbox.run(sandbox.drop("acme/other", price_list(90, 95)))
    feed = sandbox.drop("acme/prices", price_list(0, 40))
    second = sandbox.run(feed)
    sandbox.drop("acme/other", "")
    assert sandbox.run(Feed("acme", "other")).status == "failed"
    [branch] = sandbox.lakehouse.lake.branches()  # it holds main as it was
    assert branch.feed == "acme/other"
    sandbox.lakehouse.rollback(first.commit, feed, by="mia")

    assert by_id(sandbox, "R12").at == second.commit


def test_a_row_that_waits_on_a_branch_is_found_there(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "delivery: full\n")
    feed = sandbox.drop("acme/prices", price_list(0, 40), name="one.csv")
    sandbox.run(feed)
    sandbox.drop("acme/prices", price_list(20, 45), name="two.csv")
    assert sandbox.run(feed).status == "awaiting_review"

    found = by_id(sandbox, "R44")

    assert (found.at, found.commit_id) == (feed.branch, "")
    assert found.notes[0] == f"It is not on main: it waits on branch {feed.branch}, unpublished."
    assert trace(sandbox.lakehouse, "R44", by="source_product_id", branch=feed.branch).file == found.file


def test_without_the_bytes_the_rest_is_told(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/goods", csv())
    sandbox.run(feed)
    [delivery] = sandbox.lakehouse.lake.ledger.deliveries(feed)
    Path(delivery.raw_uri).unlink()

    found = by_id(sandbox, "S005")

    assert found.file is not None
    assert found.file.raw is None
    assert "its kept bytes are no longer there" in found.file.missing
    assert found.bronze is not None
    assert found.spec is not None


def test_a_name_that_fits_several_rows_or_none_is_told_as_such(sandbox: Sandbox) -> None:
    sandbox.run(sandbox.drop("acme/goods", csv()))
    house = sandbox.lakehouse

    with pytest.raises(UsageInvalid, match=r"'EUR' names more than one row(?s:.*)and more"):
        trace(house, "EUR", by="currency")
    with pytest.raises(UsageInvalid, match=r"not in the one kept commit|kept commits") as unknown:
        trace(house, "S001")
    assert unknown.value.hint == "'S001' stands in source_product_id: `lakehouse trace S001 --by source_product_id`."
    with pytest.raises(UsageInvalid, match="not on main, not on an open branch"):
        trace(house, "S9'99", by="source_product_id")
    with pytest.raises(UsageInvalid, match="no column 'nope'"):
        trace(house, "1", by="nope")


def test_every_row_of_the_german_price_list_stands_where_its_trace_says(sandbox: Sandbox) -> None:
    sample = SHIPPED / "data" / "landing" / "gartenhof" / "preisliste" / "preisliste_2026-09.csv"
    feed = sandbox.drop("gartenhof/preisliste", sample.read_bytes(), name=sample.name)
    sandbox.run(feed)
    house = sandbox.lakehouse
    [delivery] = house.lake.ledger.deliveries(feed)
    spec = house.spec_of(feed, delivery)
    rows = sandbox.query("SELECT source_product_id AS id, _row_number AS number FROM product_core.product")

    places = {row["id"]: record_at(Path(delivery.raw_uri), spec, row["number"], name=delivery.path) for row in rows}

    assert len(places) > 300
    assert [i for i, place in places.items() if place is None or i not in place.raw] == []
    lines = sample.read_bytes().decode("cp1252").splitlines()
    assert [i for i, place in places.items() if place and lines[place.line - 1] != place.raw] == []


def test_feeds_named_alike_are_told_apart(sandbox: Sandbox) -> None:
    sandbox.run(sandbox.drop("acme/goods", csv()))
    other = sandbox.drop("other/goods", csv())
    sandbox.run(other)

    with pytest.raises(UsageInvalid, match=r"acme__goods(?s:.*)other__goods") as several:
        by_id(sandbox, "S003")

    keys = [match["product_key"] for match in several.value.details["matches"]]
    assert {trace(sandbox.lakehouse, key).feed for key in keys} == {"acme/goods", str(Feed("other", "goods"))}


def test_a_value_that_rules_changed_is_told_with_what_the_mapping_gave(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.facts("acme", "country: DE\n")
    shop.rule(NET)
    assert shop.run(shop.drop("acme/items", PRICES)).status == "published"

    found = trace(shop.lakehouse, "A3", by="sku")

    [price] = [x for x in found.lines if x.target == "price"]
    assert (price.value, price.given, price.how) == (Decimal("300.0000"), Decimal("357.0000"), "mapped")
    assert [name.partition(" ")[0] for name in found.rule_sets] == ["net-prices"]
    shop.instance.dispose()
