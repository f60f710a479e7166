"""Six real feeds, none of which the code knows: every row conserved, and mapped as people mapped them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.governed import FeedRun
from agentic_lakehouse.testing import Sandbox


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sandbox, dict[str, FeedRun], dict[str, dict[str, str]]]:
    """All feeds, run once; and the labels."""
    feeds = Path(__file__).parents[2].parent / "shared" / "data" / "feeds"
    if not feeds.is_dir():
        pytest.skip("the shared sample feeds are not here")
    sandbox = Sandbox(tmp_path_factory.mktemp("real"))
    gold: dict[str, dict[str, str]] = json.loads((feeds / "gold_mapping.json").read_text())["mappings"]
    runs = {}
    for name in sorted(gold):
        [file] = (feeds / name).glob("*.csv")
        runs[name] = sandbox.run(sandbox.drop(f"vendor/{name}", file.read_bytes(), name=file.name))
    return sandbox, runs, gold


def test_each_feed_is_published_or_asks_for_review(real) -> None:
    _, runs, _ = real

    assert {name: run.status for name, run in runs.items() if run.status not in {"published", "awaiting_review"}} == {}


def test_every_row_is_in_bronze_or_in_ingest_errors(real) -> None:
    sandbox, runs, _ = real

    for name, run in runs.items():
        assert run.rows_in > 0
        assert run.rows_in == run.bronze_rows + run.error_rows, name
        ref = "main" if run.status == "published" else f"feed/vendor/{name}"
        found = sandbox.query(
            f"SELECT (SELECT count(*) FROM product_raw.vendor__{name}) AS good, (SELECT count(*) "
            f"FROM product_raw.ingest_errors WHERE source_table = 'vendor__{name}') AS bad",
            branch=ref,
        )
        assert found == [{"good": run.bronze_rows, "bad": run.error_rows}]
        if run.status == "published":
            assert run.bronze_rows == run.core_rows + run.mapping_error_rows, name


def test_variants_of_a_shop_export_are_published_with_their_title(real) -> None:
    sandbox, runs, _ = real
    run = runs["shopify_apparel"]

    assert (run.status, run.rows_in, run.core_rows, run.mapping_error_rows) == ("published", 22, 22, 0)
    found = sandbox.query(
        "SELECT title, brand FROM product_core.product WHERE item_group_id = 'classic-varsity-top' "
        "AND source_table = 'vendor__shopify_apparel'"
    )
    assert found == [{"title": "Classic Varsity Top", "brand": "partners-demo"}] * 3


def pairs_of(sandbox: Sandbox, name: str) -> set[tuple[str, str]]:
    from agentic_lakehouse.contracts.feed import Feed

    [proposal] = sandbox.lakehouse.lake.governance.proposals(Feed("vendor", name), kind="mapping")
    return {(source, line["target"]) for line in proposal.content["columns"] for source in line["sources"]}


def f1(found: set[tuple[str, str]], labelled: set[tuple[str, str]]) -> float:
    hits = len(found & labelled)
    return 2 * hits / (len(found) + len(labelled))


def test_the_planner_maps_as_people_did(real) -> None:
    sandbox, _, gold = real
    found = {name: pairs_of(sandbox, name) for name in gold}
    labelled = {name: set(mapping.items()) for name, mapping in gold.items()}

    everything = f1(
        {(name, *pair) for name, pairs in found.items() for pair in pairs},
        {(name, *pair) for name, pairs in labelled.items() for pair in pairs},
    )

    assert everything >= 0.85
    for name in ("shopify_apparel", "woocommerce_sample"):
        assert f1(found[name], labelled[name]) >= 0.75, (found[name] - labelled[name], labelled[name] - found[name])
