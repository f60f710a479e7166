"""Kept bad rows run again after a fix, as a user sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec
from agentic_lakehouse.contracts.governed import Review
from agentic_lakehouse.pipeline.proposals import spec_proposal
from agentic_lakehouse.sql import rules
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.fuzz.world import STEPS, walk

HEADER = "Artikelnummer;Bezeichnung;Preis;Währung;Bestand\n"
ON_REQUEST = "R98;Ringordner auf Bestellung;1,50;EUR;auf Anfrage\n"
BROKEN = "R99;Ringordner;1,50\n"
BRONZE = "product_raw.acme__prices"


def price_list(first: int, last: int, price: str = "1,50") -> str:
    return HEADER + "".join(f"R{n};Ringordner A4 Nr. {n};{price};EUR;{n}\n" for n in range(first, last))


def approve_spec(sandbox: Sandbox, feed: Feed, change: Callable[[ColumnSpec], ColumnSpec]) -> FeedSpec:
    """Let a person approve the feed's spec with changed columns."""
    house = sandbox.lakehouse
    old = house.spec_in_force(feed)
    spec = old.model_copy(update={"columns": tuple(change(c) for c in old.columns)})
    filed = house.lake.governance.propose(spec_proposal(feed, spec, shape_sha256=spec.shape_sha256, answer=None))
    house.lake.governance.decide(
        Review(proposal_id=filed.id, sha256=filed.sha256, decision="approved", by="mia", created_at=datetime.now(UTC))
    )
    return spec


def on_request_is_no_number(column: ColumnSpec) -> ColumnSpec:
    tokens = {"null_tokens": (*column.null_tokens, "auf Anfrage"), "nullable": True}
    return column.model_copy(update=tokens) if column.source_name == "Bestand" else column


@pytest.fixture
def feed(sandbox: Sandbox) -> Feed:
    """A feed with a published delivery and a bad row of it."""
    feed = sandbox.drop("acme/prices", price_list(0, 40) + ON_REQUEST, name="one.csv")
    assert sandbox.run(feed).status == "published"
    return feed


def statuses(sandbox: Sandbox) -> dict[str, int]:
    found = sandbox.query("SELECT status, count(*) AS n FROM product_raw.ingest_errors GROUP BY ALL")
    return {row["status"]: row["n"] for row in found}


def bronze(sandbox: Sandbox, number: str = "R98") -> list[dict[str, Any]]:
    return sandbox.query(f"SELECT * FROM {BRONZE} WHERE artikelnummer = '{number}'")


def commits(sandbox: Sandbox) -> int:
    return len(sandbox.lakehouse.lake.log())


def test_a_row_that_fits_after_a_new_spec_goes_to_bronze_as_its_delivery_would_have_brought_it(
    sandbox: Sandbox, feed: Feed
) -> None:
    [error] = sandbox.query("SELECT * FROM product_raw.ingest_errors")
    spec = approve_spec(sandbox, feed, on_request_is_no_number)

    [asked] = sandbox.lakehouse.replay(feed)
    run = sandbox.run(feed)

    assert not run.errors
    assert asked.path.endswith("one.csv")
    assert (run.status, run.rows_in, run.bronze_rows, run.error_rows, run.model_calls) == ("published", 1, 1, 0, 0)
    [row] = bronze(sandbox)
    lineage = ("_delivery_id", "_row_number", "ingestion_date")
    assert [row[name] for name in lineage] == [error[name] for name in lineage]
    assert (row["bestand"], row["_spec_sha256"], row["_run_id"]) == (None, spec.sha256, run.run_id)
    assert statuses(sandbox) == {"replayed": 1}
    [product] = sandbox.query("SELECT title, _row_number FROM product_core.product WHERE source_product_id = 'R98'")
    assert product == {"title": "Ringordner auf Bestellung", "_row_number": row["_row_number"]}


def test_without_a_fix_nothing_is_asked_and_nothing_committed(sandbox: Sandbox, feed: Feed) -> None:
    before = commits(sandbox)

    assert sandbox.lakehouse.replay(feed) == []
    assert sandbox.run(feed).status == "unchanged"
    assert (commits(sandbox), statuses(sandbox)) == (before, {"open": 1})


def test_run_again_twice_it_changes_nothing_the_second_time(sandbox: Sandbox, feed: Feed) -> None:
    approve_spec(sandbox, feed, on_request_is_no_number)
    sandbox.lakehouse.replay(feed)
    sandbox.run(feed)
    before = commits(sandbox), sandbox.query(f"SELECT * FROM {BRONZE} ORDER BY ALL")

    assert sandbox.lakehouse.replay(feed) == []
    assert sandbox.run(feed).status == "unchanged"
    assert (commits(sandbox), sandbox.query(f"SELECT * FROM {BRONZE} ORDER BY ALL")) == before


def test_a_row_that_still_does_not_fit_stays_open_and_tells_its_new_fault(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 40) + ON_REQUEST + "R99;;1,50;EUR;auf Anfrage\n")
    assert sandbox.run(feed).status == "published"

    def with_a_title(column: ColumnSpec) -> ColumnSpec:
        title = column.source_name == "Bezeichnung"
        return column.model_copy(update={"nullable": False}) if title else on_request_is_no_number(column)

    spec = approve_spec(sandbox, feed, with_a_title)
    sandbox.lakehouse.replay(feed)
    run = sandbox.run(feed)

    assert (run.status, run.errors, run.rows_in, run.bronze_rows, run.error_rows) == ("published", (), 2, 1, 1)
    [left] = sandbox.query("SELECT * FROM product_raw.ingest_errors WHERE status = 'open'")
    assert (left["column"], left["code"], left["spec_sha256"]) == ("Bezeichnung", "missing_value", spec.sha256)
    assert sandbox.lakehouse.replay(feed) == []


def test_what_its_commit_took_back_is_open_again(sandbox: Sandbox, feed: Feed) -> None:
    last = sandbox.lakehouse.lake.log(feed=feed)[0].id
    approve_spec(sandbox, feed, on_request_is_no_number)
    sandbox.lakehouse.replay(feed)
    sandbox.run(feed)

    sandbox.lakehouse.rollback(last, feed, by="mia")

    assert (statuses(sandbox), bronze(sandbox)) == ({"open": 1}, [])
    assert len(sandbox.lakehouse.replay(feed)) == 1
    assert sandbox.run(feed).status == "published"
    assert (statuses(sandbox), len(bronze(sandbox))) == ({"replayed": 1}, 1)


def test_a_row_never_takes_the_place_of_a_newer_version(sandbox: Sandbox) -> None:
    late = "R25;Ringordner, alt;1,50;EUR;auf Anfrage\n"
    feed = sandbox.drop("acme/prices", price_list(0, 20) + late, name="one.csv")
    assert sandbox.run(feed).status == "published"
    sandbox.drop("acme/prices", price_list(20, 60, "2,50"), name="two.csv")
    assert sandbox.run(feed).status == "published"
    core = "SELECT * EXCLUDE (_run_id) FROM product_core.product ORDER BY ALL"
    before = sandbox.query(core)

    approve_spec(sandbox, feed, on_request_is_no_number)
    sandbox.lakehouse.replay(feed)
    run = sandbox.run(feed)

    assert (run.status, run.bronze_rows) == ("published", 1)
    assert len(bronze(sandbox, "R25")) == 2
    assert sandbox.query(core) == before


def test_a_record_whose_structure_is_broken_stays_open(sandbox: Sandbox) -> None:
    feed = sandbox.drop(
        "acme/prices", price_list(0, 20) + BROKEN + price_list(20, 40).removeprefix(HEADER) + ON_REQUEST
    )
    assert sandbox.run(feed).status == "published"
    approve_spec(sandbox, feed, on_request_is_no_number)

    sandbox.lakehouse.replay(feed)
    run = sandbox.run(feed)

    assert (run.status, run.rows_in, run.bronze_rows, run.error_rows) == ("published", 2, 1, 1)
    left = sandbox.query("SELECT code, status FROM product_raw.ingest_errors ORDER BY _row_number")
    assert left == [{"code": "too_few_cells", "status": "open"}, {"code": "not_an_integer", "status": "replayed"}]


def test_rows_fit_though_the_bytes_of_their_file_are_gone(sandbox: Sandbox, feed: Feed) -> None:
    for delivery in sandbox.lakehouse.lake.ledger.deliveries(feed):
        Path(delivery.raw_uri).unlink()
    approve_spec(sandbox, feed, on_request_is_no_number)

    sandbox.lakehouse.replay(feed)

    assert (sandbox.run(feed).status, statuses(sandbox)) == ("published", {"replayed": 1})


def test_one_that_was_left_midway_is_done_by_the_next_run(sandbox: Sandbox, feed: Feed) -> None:
    approve_spec(sandbox, feed, on_request_is_no_number)
    sandbox.lakehouse.replay(feed)

    for upto in range(1, len(STEPS)):
        walk(sandbox.lakehouse, feed, f"run {upto}", STEPS[:upto])
        sandbox.lakehouse.lake.abandon(feed.branch)
        assert (statuses(sandbox), bronze(sandbox)) == ({"open": 1}, [])

    assert sandbox.run(feed).status == "published"
    assert (statuses(sandbox), len(bronze(sandbox))) == ({"replayed": 1}, 1)


def test_a_delivery_that_was_refused_whole_is_published_after_a_change_of_policy(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 20), name="one.csv")
    assert sandbox.run(feed).status == "published"
    sandbox.drop("acme/prices", price_list(20, 30) + ON_REQUEST, name="two.csv")
    assert "the policy allows 5%" in sandbox.run(feed).errors[0]
    policy = yaml.safe_load(sandbox.settings.policy.read_text(encoding="utf-8"))
    (tmp_path / "lenient.yaml").write_text(yaml.safe_dump(policy | {"max_error_share": 0.2}), encoding="utf-8")
    sandbox.settings = sandbox.settings.model_copy(update={"policy": tmp_path / "lenient.yaml"})

    sandbox.lakehouse.replay(feed)

    assert (sandbox.run(feed).status, statuses(sandbox)) == ("published", {"open": 1})


def test_rows_that_a_rule_refused_are_judged_by_the_rules_of_now(sandbox: Sandbox, tmp_path: Path) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 40) + "R99;Ringordner;-1,50;EUR;1\n")
    assert sandbox.run(feed).status == "published"
    refused = "SELECT rule, status FROM product_core.mapping_errors"
    assert sandbox.query(refused) == [{"rule": "price_minimum", "status": "open"}]
    assert sandbox.lakehouse.replay(feed) == []
    standard = yaml.safe_load(sandbox.settings.standard.read_text(encoding="utf-8"))
    [price] = [column for column in standard["schema"][0]["properties"] if column["name"] == "price"]
    price["logicalTypeOptions"] = {"minimum": -5}
    (tmp_path / "credit.odcs.yaml").write_text(yaml.safe_dump(standard, allow_unicode=True), encoding="utf-8")
    sandbox.settings = sandbox.settings.model_copy(update={"standard": tmp_path / "credit.odcs.yaml"})

    assert len(sandbox.lakehouse.replay(feed)) == 1
    assert sandbox.run(feed).status == "published"

    assert sandbox.query(refused) == []
    priced = "SELECT price FROM product_core.product WHERE source_product_id = 'R99'"
    assert sandbox.query(priced) == [{"price": Decimal("-1.5000")}]
    assert sandbox.lakehouse.replay(feed) == []


def test_rows_that_a_fault_in_the_code_refused_are_judged_by_the_code_of_now(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = "R99;Ringordner, Muster;0,00;EUR;1\n"
    feed = sandbox.drop("acme/prices", price_list(0, 40) + free + "R98;Ringordner;-1,50;EUR;1\n")
    refused = "SELECT _row_number - 40 AS row, rule, status FROM product_core.mapping_errors ORDER BY 1"
    with monkeypatch.context() as wrong:
        wrong.setitem(rules._ROW_RULES, "minimum", lambda rule, _: f"{rule.column} <= {rule.argument}")
        assert sandbox.run(feed).status == "published"
        assert [row["row"] for row in sandbox.query(refused)] == [1, 2]
        assert sandbox.lakehouse.replay(feed) == []

    assert len(sandbox.lakehouse.replay(feed)) == 1
    assert sandbox.run(feed).status == "published"

    assert sandbox.query(refused) == [{"row": 2, "rule": "price_minimum", "status": "open"}]
    priced = "SELECT price FROM product_core.product WHERE source_product_id = 'R99'"
    assert sandbox.query(priced) == [{"price": Decimal(0)}]
    assert sandbox.lakehouse.replay(feed) == []


def test_rows_whose_key_a_later_row_repeats_are_no_news(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 40) + price_list(39, 40).removeprefix(HEADER))
    assert sandbox.run(feed).status == "published"
    assert sandbox.query("SELECT rule FROM product_core.mapping_errors") == [{"rule": "duplicate_key"}]

    assert sandbox.lakehouse.replay(feed) == []


def test_a_delivery_done_again_after_a_fix_is_read_under_the_new_spec(sandbox: Sandbox, feed: Feed) -> None:
    spec = approve_spec(sandbox, feed, on_request_is_no_number)
    first = sandbox.lakehouse.lake.ledger.deliveries(feed)[0]

    sandbox.lakehouse.reingest(feed, [first.delivery_id])

    assert (sandbox.run(feed).status, statuses(sandbox)) == ("published", {})
    specs = f"SELECT DISTINCT _spec_sha256 AS s FROM {BRONZE} WHERE _delivery_id = '{first.delivery_id}'"
    assert sandbox.query(specs) == [{"s": spec.sha256}]
