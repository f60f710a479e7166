"""A big feed is described on a sample of it; what the sample did not hold is found out when the file is loaded."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.feeds import sampling
from agentic_lakehouse.pipeline import describe
from agentic_lakehouse.testing import Sandbox

ROWS = 4_000
BETWEEN = 700
"""A row that stands in no place that the sample is of."""


@pytest.fixture(autouse=True)
def _small_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "SAMPLED_FROM", 1 << 14)
    monkeypatch.setattr(sampling, "EXCERPT", 1 << 10)
    monkeypatch.setattr(describe, "NAMED_BY", 1 << 12)


def price_list(*changed: str, ending: str = "") -> str:
    lines = [f"A{n:05d};Stift {n};{n % 90},{n % 100:02d};{n % 50}" for n in range(ROWS)]
    lines[BETWEEN : BETWEEN + len(changed)] = changed
    return "\n".join(["Artikelnummer;Bezeichnung;Preis;Bestand", *lines]) + "\n" + ending


def load(sandbox: Sandbox, content: str) -> tuple[Feed, FeedSpec, int]:
    """Load a feed's first delivery, and return the feed, its spec, and how many rows are in bronze."""
    feed, house = sandbox.drop("acme/prices", content), sandbox.lakehouse
    house.receive(feed, "run")
    house.describe(feed, "run")
    done = house.ingest(feed, "run")
    assert done.rows_in == done.bronze_rows + done.error_rows
    return feed, house.spec_in_force(feed), done.bronze_rows


def types(spec: FeedSpec) -> list[str]:
    return [c.type for c in spec.columns]


def test_claims_that_hold_stand_and_no_model_is_asked_again(sandbox: Sandbox) -> None:
    feed, spec, bronze = load(sandbox, price_list())

    assert types(spec) == ["string", "string", "decimal", "integer"]
    assert spec.primary_key == ("artikelnummer",)
    assert bronze == ROWS
    assert len(sandbox.query("SELECT * FROM governance.model_calls")) == 1
    assert len(sandbox.lakehouse.lake.governance.proposals(feed, kind="spec")) == 1


def test_a_null_word_that_the_sample_did_not_hold_is_one(sandbox: Sandbox) -> None:
    feed, spec, bronze = load(sandbox, price_list("B1;Block;k.A.;7", "B2;Block;n/a;8"))

    assert spec.columns[2].null_tokens == ("k.A.", "n/a")
    assert bronze == ROWS
    assert len(sandbox.query("SELECT * FROM governance.model_calls")) == 1
    assert [p.status for p in sandbox.lakehouse.lake.governance.proposals(feed, kind="spec")] == [
        "superseded",
        "approved",
    ]


def test_null_words_on_many_rows_do_not_make_a_column_text(sandbox: Sandbox) -> None:
    _, spec, bronze = load(sandbox, price_list(*(f"B{n};Block;k.A.;7" for n in range(ROWS // 10))))

    assert (spec.columns[2].type, spec.columns[2].nullable, spec.columns[2].null_tokens) == ("decimal", True, ("k.A.",))
    assert bronze == ROWS


def test_a_longer_number_makes_its_column_wider(sandbox: Sandbox) -> None:
    feed, spec, bronze = load(sandbox, price_list("B1;Block;1,234567;7", "B2;Block;123456789012345678,5;8"))

    assert (spec.columns[2].precision, spec.columns[2].scale) == (24, 6)
    assert bronze == ROWS
    table = f"product_raw.{feed.table}"
    assert Decimal("1.234567") in sandbox.rows(table, "preis", branch=feed.branch)


def test_whole_numbers_that_are_names_make_their_column_text(sandbox: Sandbox) -> None:
    feed, spec, bronze = load(sandbox, price_list("B1;Block;1,50;12345678901234567890"))

    assert types(spec) == ["string", "string", "decimal", "string"]
    assert bronze == ROWS
    assert "12345678901234567890" in sandbox.rows(f"product_raw.{feed.table}", "bestand", branch=feed.branch)


def test_a_cell_that_is_just_wrong_changes_no_claim(sandbox: Sandbox) -> None:
    _, spec, bronze = load(sandbox, price_list("B1;Block;auf Anfrage;7"))

    assert types(spec) == ["string", "string", "decimal", "integer"]
    assert bronze == ROWS - 1


def test_a_column_that_turns_out_to_be_text_is_text(sandbox: Sandbox) -> None:
    content = price_list(*(f"B{n};Block;auf Anfrage;7" for n in range(300)))

    _, spec, bronze = load(sandbox, content)

    assert types(spec) == ["string", "string", "string", "integer"]
    assert bronze == ROWS


def test_a_key_that_repeats_is_none(sandbox: Sandbox) -> None:
    _, spec, _ = load(sandbox, price_list(*["B1;Block;1,50;7"] * 300))

    assert spec.primary_key == ()


def test_an_empty_key_makes_it_nullable(sandbox: Sandbox) -> None:
    _, spec, bronze = load(sandbox, price_list(";Block;1,50;7"))

    assert spec.columns[0].nullable
    assert bronze == ROWS


def test_the_second_delivery_is_read_as_the_first_was(sandbox: Sandbox) -> None:
    feed, first, _ = load(sandbox, price_list("B1;Block;k.A.;7"))
    sandbox.drop("acme/prices", price_list("B1;Block;ausverkauft?;7", "B2;Block;k.A.;7"), name="later.csv")
    house = sandbox.lakehouse
    house.lake.abandon(feed.branch)
    house.receive(feed, "again")
    house.describe(feed, "again")
    done = house.ingest(feed, "again")

    assert house.spec_in_force(feed) == first
    assert done.error_rows == 1


@pytest.mark.parametrize("kind", ["json", "jsonl", "xml"])
def test_a_column_that_comes_late_in_a_document_is_kept_as_text(sandbox: Sandbox, kind: str) -> None:
    rows = [{"sku": f"A{n}", "title": f"Pen {n}", "stock": n % 50} for n in range(ROWS)]
    rows[-7] |= {"colour": "blue"}
    content = {
        "json": json.dumps(rows),
        "jsonl": "\n".join(map(json.dumps, rows)),
        "xml": "<items>" + "".join(_element(row) for row in rows) + "</items>",
    }[kind]

    feed, house = sandbox.drop("acme/prices", content, name=f"a.{kind}"), sandbox.lakehouse
    house.receive(feed, "run")
    house.describe(feed, "run")
    done = house.ingest(feed, "run")

    assert done.bronze_rows == ROWS
    assert [c.name for c in house.spec_in_force(feed).columns] == ["sku", "title", "stock", "colour"]
    colours = sandbox.rows(f"product_raw.{feed.table}", "colour", branch=feed.branch)
    assert [c for c in colours if c] == ["blue"]
    assert len(sandbox.query("SELECT * FROM governance.model_calls")) == 1


def _element(row: dict[str, object]) -> str:
    return f"<item>{''.join(f'<{k}>{v}</{k}>' for k, v in row.items())}</item>\n"
