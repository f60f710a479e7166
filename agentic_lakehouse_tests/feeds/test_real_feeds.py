from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse.feeds.profile import profile
from agentic_lakehouse_tests.feeds.scene import reading, sniffed


@pytest.mark.parametrize(
    ("path", "delimiter", "rows", "keys"),
    [
        ("feeds/abt/abt.csv", "|", 1076, ("id",)),
        ("feeds/buy/buy.csv", "|", 1076, ("id",)),
        ("feeds/amazon_software/amazon.csv", "#", 1354, ("id",)),
        ("feeds/google_products/gp.csv", "#", 3039, ("id",)),
        ("feeds/shopify_apparel/apparel.csv", ",", 22, ("Handle", "Option1 Value")),
        ("feeds/woocommerce_sample/sample_products.csv", ",", 24, ("ID",)),
    ],
)
def test_real_feeds_are_read_whole(
    shared_data: Path, path: str, delimiter: str, rows: int, keys: tuple[str, ...]
) -> None:
    file = shared_data / path
    fmt = sniffed(file)

    found = profile(file, fmt, name=file.name)

    assert (fmt.delimiter, fmt.quote, fmt.header_row) == (delimiter, '"', 1)
    assert found.row_count == rows
    assert found.unique_keys[0] == keys
    assert reading(file).broken == []


def test_prices_with_a_currency_are_told_from_plain_ones(shared_data: Path) -> None:
    file = shared_data / "feeds/google_products/gp.csv"
    price = next(c for c in profile(file, sniffed(file), name="gp.csv").columns if c.source_name == "price")

    assert price.semantics["unit:gbp"] == 61
    assert price.evidence[0].matches == price.rows - 61
