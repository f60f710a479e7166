"""A shop export says a product's title once; each of its variants is published with it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from agentic_lakehouse.pipeline.export import export_text, export_typed
from agentic_lakehouse.pipeline.preview import Preview
from agentic_lakehouse.testing import Sandbox

HEADER = "Handle,Title,Body,Vendor,Published,Size,SKU,Price,Image\n"


def export(*, sku: bool = True, bad: int | None = None) -> str:
    """Fifteen products in four sizes, and another picture of each."""
    rows = []
    for p in range(15):
        for s in "SMLX":
            about = f"Shirt {p},Cotton shirt number {p}.,Acme,{'true' if p % 5 else 'false'}" if s == "S" else ",,,"
            price = "on request" if p == bad and s == "S" else f"{p + 9}.90"
            image = f"https://img.example.org/{p}.jpg" if s == "S" else ""
            rows.append(f"shirt-{p},{about},{s},{f'SH-{p}-{s}' if sku else ''},{price},{image}")
    return HEADER + "\n".join(rows) + "\n"


def titles(sandbox: Sandbox) -> list[tuple[str, str, str]]:
    rows = sandbox.query("SELECT title, brand, size FROM product_core.product ORDER BY _row_number")
    return [(row["title"], row["brand"], row["size"]) for row in rows]


EVERY_VARIANT = [(f"Shirt {p}", "Acme", size) for p in range(15) for size in "SMLX"]


def test_every_variant_is_published_with_its_title(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/shop", export())

    run = sandbox.run(feed)

    assert (run.status, run.rows_in, run.bronze_rows, run.core_rows, run.mapping_error_rows) == (
        "published",
        60,
        60,
        60,
        0,
    )
    assert titles(sandbox) == EVERY_VARIANT


def test_variants_without_a_number_of_their_own_stay_apart(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/shop", export(sku=False))

    run = sandbox.run(feed)

    assert (run.status, run.core_rows, run.mapping_error_rows) == ("published", 60, 0)
    assert titles(sandbox) == EVERY_VARIANT


def test_the_variants_of_a_bad_first_row_still_have_its_title(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/shop", export(bad=3))

    run = sandbox.run(feed)

    assert (run.status, run.bronze_rows, run.error_rows, run.core_rows) == ("published", 59, 1, 59)
    assert titles(sandbox) == [row for row in EVERY_VARIANT if row[::2] != ("Shirt 3", "S")]


def test_the_spec_in_force_says_what_is_filled_down(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/shop", export())
    sandbox.run(feed)

    [row] = sandbox.query("SELECT content FROM governance.feed_specs")

    claim = json.loads(row["content"])["fill_down"]
    assert claim == {"group": "Handle", "columns": ["Title", "Body", "Vendor", "Published", "Image"]}


def test_a_later_delivery_of_few_rows_is_filled_by_the_spec_in_force(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/shop", export())
    sandbox.run(feed)
    few = "shirt-0,Shirt nought,New.,Acme,true,S,SH-0-S,1.00,\nshirt-0,,,,,M,SH-0-M,1.00,\n"

    run = sandbox.run(sandbox.drop("acme/shop", HEADER + few, name="later.csv"))

    assert (run.status, run.model_calls) == ("published", 0)
    assert titles(sandbox)[:2] == [("Shirt nought", "Acme", "S"), ("Shirt nought", "Acme", "M")]


def test_typed_rows_are_filled_down_and_text_stands_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    feed = sandbox.drop("acme/shop", export())
    preview = Preview(sandbox.lakehouse, tmp_path / "landing/acme/shop/data.csv", feed)

    export_typed(preview, tmp_path / "typed.parquet")
    export_text(preview, tmp_path / "text.parquet")

    assert pl.read_parquet(tmp_path / "typed.parquet")["title"].null_count() == 0
    assert pl.read_parquet(tmp_path / "text.parquet")["Title"].null_count() == 45
