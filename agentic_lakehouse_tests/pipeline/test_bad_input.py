"""Bad files fail their feed with one clear error, and nothing else."""

from __future__ import annotations

import pytest

from agentic_lakehouse.testing import Sandbox

GOOD = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(20))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "empty"),
        ("noise.csv", bytes(range(256)) * 40, "noise.csv"),
        ("cut.xlsx", b"PK\x03\x04" + b"\x00" * 200, "cut.xlsx"),
        ("cut.parquet", b"PAR1" + b"\x00" * 60, "cut.parquet"),
        ("cut.json", b'[{"sku": "S1", "title": "Stap', "cut.json"),
        ("two.csv", (GOOD + "\nstore,city\n" + "1,Bonn\n" * 5).encode(), "line 23 begins a second table"),
        ("what.xyz", b"\x7fELF" + b"\x01\x02" * 300, "what.xyz"),
    ],
)
def test_an_unreadable_file_fails_its_feed_clearly_and_no_other(
    sandbox: Sandbox, name: str, content: bytes, says: str
) -> None:
    bad = sandbox.drop("broken/feed", content, name=name)
    good = sandbox.drop("fine/feed", GOOD)

    failed, published = sandbox.run(bad), sandbox.run(good)

    assert (failed.status, failed.reason, failed.commit) == ("failed", "feed_unreadable", "")
    assert len(failed.errors) == 1
    assert name in failed.errors[0]
    assert says in failed.errors[0]
    assert "Hint:" in failed.errors[0]
    assert published.status == "published"
    assert sandbox.query("SELECT DISTINCT vendor_name FROM product_core.product") == [{"vendor_name": "fine"}]


def test_a_mended_file_is_published_by_the_next_run(sandbox: Sandbox) -> None:
    feed = sandbox.drop("broken/feed", b"")
    assert sandbox.run(feed).status == "failed"
    assert sandbox.run(feed).status == "failed"

    sandbox.drop("broken/feed", GOOD)

    assert sandbox.run(feed).status == "published"
    assert sandbox.run(feed).status == "unchanged"
    assert [d.status for d in sandbox.lakehouse.lake.ledger.deliveries(feed)] == ["withdrawn", "published"]


def test_too_many_bad_rows_refuse_the_delivery_whole(sandbox: Sandbox) -> None:
    sandbox.run(sandbox.drop("acme/feed", GOOD))
    bad = "sku,title,price,currency\n" + "".join(f"T{n},Tacker {n},call us,EUR\n" for n in range(10))

    run = sandbox.run(sandbox.drop("acme/feed", bad, name="second.csv"))

    assert (run.status, run.reason) == ("failed", "too_many_bad_rows")
    assert "10 of 10 rows" in run.errors[0]
    assert sandbox.query("SELECT count(*) AS n FROM product_core.product") == [{"n": 20}]
