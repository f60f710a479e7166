from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.pipeline.conform import slice_of
from agentic_lakehouse.pipeline.maintain import Part, Tidied
from agentic_lakehouse.pipeline.receive import receive
from agentic_lakehouse.testing import Sandbox

CRYPTIC = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))
BRONZE, CORE = "product_raw.acme__prices", "product_core.product"
TABLES = (BRONZE, CORE, "product_raw.ingest_errors", "product_core.mapping_errors")


def later(days: float = 2) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def delivery(number: int) -> str:
    """Thirty articles, one without a readable price and one without a price that a rule accepts."""
    rows = [f"S{number}-{n},Stapler {n},{n}.50,EUR" for n in range(30)]
    return "\n".join(["sku,title,price,currency", *rows, f"B{number},Bad,on request,EUR", f"N{number},Neg,-1.00,EUR"])


@pytest.fixture
def feed(sandbox: Sandbox) -> Feed:
    """A feed of which nine files came, and were published."""
    for number in range(9):
        feed = sandbox.drop("acme/prices", delivery(number), name=f"{number}.csv")
    assert sandbox.run(feed).status == "published"
    return feed


def rows(sandbox: Sandbox, **of: str) -> dict[str, list[str]]:
    found = {table: sandbox.query(f"SELECT * FROM {table}", **of) for table in TABLES}
    return {table: sorted(repr(row) for row in several) for table, several in found.items()}


def by_part(done: list[Tidied]) -> dict[Part, Tidied]:
    return {part.part: part for part in done}


def facts(done: list[Tidied]) -> list[tuple[Any, ...]]:
    return [(part.part, part.count, part.byte_size, part.names, part.busy) for part in done]


def test_small_files_become_one_with_the_same_rows_in_the_order_of_delivery(sandbox: Sandbox, feed: Feed) -> None:
    lakehouse = sandbox.lakehouse
    before = {commit.id: rows(sandbox, at=commit.id) for commit in lakehouse.lake.log(1)}

    done = by_part(lakehouse.maintain())

    view = lakehouse.lake.view()
    [bronze] = view.files(BRONZE)
    written = pq.read_table(bronze, columns=["_delivery_id", "_row_number"]).to_pylist()
    assert rows(sandbox) == before.popitem()[1]
    assert [tuple(row.values()) for row in written] == sorted(tuple(row.values()) for row in written)
    assert [len(view.files(table)) for table in TABLES] == [1, 1, 1, 1]
    assert done["compaction"].names == ("acme/prices: 18 files into 2",)
    assert len(written) == 9 * 31


def test_a_dry_run_tells_the_same_and_does_nothing(sandbox: Sandbox, feed: Feed) -> None:
    lakehouse = sandbox.lakehouse
    stray = Path(lakehouse.raw_root) / ".half.part"
    stray.write_text("half")
    before = {path: path.stat().st_mtime_ns for path in sandbox.root.rglob("*") if path.is_file() and is_data(path)}

    told = lakehouse.maintain(dry_run=True, now=later())

    assert {path: path.stat().st_mtime_ns for path in sandbox.root.rglob("*") if path in before} == before
    assert facts(lakehouse.maintain(now=later())) == facts(told)
    assert all(part.count == 0 for part in lakehouse.maintain(now=later()))


def is_data(path: Path) -> bool:
    return path.suffix in {".parquet", ".avro", ".json", ".part"} or path.parent.name == "_raw"


def test_life_goes_on_after_it(sandbox: Sandbox, feed: Feed) -> None:
    lakehouse = sandbox.lakehouse
    [published] = lakehouse.lake.log(1)
    before = rows(sandbox)
    lakehouse.maintain(now=later())

    sandbox.drop("acme/prices", delivery(9), name="9.csv")
    assert sandbox.run(feed).status == "published"
    assert len(sandbox.query(f"SELECT * FROM {BRONZE}")) == 10 * 31
    sandbox.lakehouse.maintain(now=later())
    sandbox.lakehouse.rollback(published.id, feed, by="Mia")

    assert rows(sandbox) == before


def test_a_feed_with_an_open_branch_is_left_alone_and_named(sandbox: Sandbox, feed: Feed) -> None:
    lakehouse = sandbox.lakehouse
    lakehouse.lake.begin(feed, "run-9", lease_seconds=600)

    told = by_part(lakehouse.maintain(dry_run=True))["compaction"]
    done = by_part(lakehouse.maintain())["compaction"]

    assert (done.count, done.busy) == (told.count, told.busy) == (0, ("acme/prices",))
    assert len(lakehouse.lake.view().files(BRONZE)) == 9


def test_a_feed_whose_branch_begins_while_its_files_are_written_anew_is_left_alone(
    sandbox: Sandbox, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakehouse = sandbox.lakehouse
    transform = lakehouse.engine.transform

    def overtaken(*args: Any, **options: Any) -> Any:
        if not lakehouse.lake.branches():
            lakehouse.lake.begin(feed, "run-9", lease_seconds=600)
        return transform(*args, **options)

    monkeypatch.setattr(lakehouse.engine, "transform", overtaken)

    assert by_part(lakehouse.maintain())["compaction"].busy == ("acme/prices",)
    assert lakehouse.lake.log(1)[0].kind == "publish"


def test_settled_bytes_go_after_their_time_and_waiting_ones_stay(sandbox: Sandbox, feed: Feed) -> None:
    waits = sandbox.drop("cryptic/feed", CRYPTIC)
    assert sandbox.run(waits).status == "awaiting_review"
    lakehouse = sandbox.lakehouse
    days = lakehouse.policy.retention.raw_days

    assert by_part(lakehouse.maintain(now=later(days - 1)))["settled_bytes"].count == 0
    assert by_part(lakehouse.maintain(now=later(days + 2)))["settled_bytes"].count == 9

    [pending] = lakehouse.lake.ledger.pending(waits)
    assert Path(pending.raw_uri).is_file()
    assert len(list(Path(lakehouse.raw_root).iterdir())) == 1
    with pytest.raises(UsageInvalid, match="no longer kept"):
        lakehouse.reingest(feed)


def test_bytes_that_go_just_before_they_are_delivered_again_are_kept_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = sandbox.drop("acme/prices", delivery(0))
    lakehouse = sandbox.lakehouse
    ledger, root = lakehouse.lake.ledger, lakehouse.raw_root
    register = ledger.register

    def overtaken(*args: Any, **facts: Any) -> Any:
        Path(facts["raw_uri"]).unlink()
        return register(*args, **facts)

    monkeypatch.setattr(ledger, "register", overtaken)

    [pending] = receive(feed, zone=lakehouse.zone, ledger=ledger, raw_root=root).pending

    assert Path(pending.raw_uri).is_file()


def test_scratch_folders_that_were_not_touched_for_a_day_go(sandbox: Sandbox) -> None:
    lakehouse = sandbox.lakehouse
    old, young = (sandbox.settings.home_path / "staging" / name for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "bronze.parquet").write_text("rows")
        os.utime(folder, (0, 0))
    os.utime(old / "bronze.parquet", (0, 0))

    done = by_part(lakehouse.maintain())["scratch_folders"]

    assert (done.count, done.byte_size, done.names) == (1, 4, ("old",))
    assert (old.exists(), young.exists()) == (False, True)


def test_what_a_dead_run_left_goes_with_its_files(sandbox: Sandbox, feed: Feed) -> None:
    lakehouse = sandbox.lakehouse
    branch = lakehouse.lake.begin(feed, "run-9", lease_seconds=600)
    branch.replace_slice(CORE, slice_of(feed), [])
    branch.release()
    files = set(sandbox.root.rglob("*.avro"))

    done = by_part(lakehouse.maintain(now=later()))

    assert done["branches"].names == (feed.branch,)
    assert len(files - set(sandbox.root.rglob("*.avro"))) >= 2
