"""What `lakehouse doctor` says heals a damage is done here to the letter, and heals it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse_tests.cli.conftest import Command, drop
from agentic_lakehouse_tests.damage import DAMAGES

CORE, BRONZE = "product_core.product", "product_raw.acme__feed"
SLICE = {"vendor_name": "acme", "source_table": "acme__feed"}


@pytest.fixture
def landing(restored: Path) -> Path:
    """Commands work on a lakehouse with history."""
    return restored


def view() -> View:
    return Lakehouse().lake.view()


def spoil(path: str | Path, how: str = "truncated") -> None:
    left = DAMAGES[how](Path(path).read_bytes())
    assert left is not None
    Path(path).write_bytes(left)


def rows(lakehouse: Command) -> list[Any]:
    """Core and the bad rows, without run ids and times."""
    core = lakehouse("query", f"SELECT * EXCLUDE (_run_id) FROM {CORE} ORDER BY ALL", "--json")
    bad = "SELECT * EXCLUDE (_run_id, _ingested_at) FROM product_raw.ingest_errors ORDER BY ALL"
    return [core.json, lakehouse("query", bad, "--json").json]


def wrong(lakehouse: Command) -> list[dict[str, Any]]:
    result = lakehouse("doctor", "--json")
    found = [check for check in result.json["checks"] if not check["ok"]]
    assert result.code == (2 if found else 0)
    assert "Traceback" not in result.out + result.err
    return found


def commands(hint: str, way: str) -> Iterator[Sequence[str]]:
    """The commands of the way that begins like `way`, as the hint spells them."""
    [meant] = [part for part in hint.split("; or ") if part.startswith(way)]
    for command in re.findall(r"`lakehouse ([^`]+)`", meant):
        yield command.split()


def follow(lakehouse: Command, hint: str, way: str) -> None:
    done = [lakehouse(*arguments) for arguments in commands(hint, way)]

    assert done
    assert [result.code for result in done] == [0] * len(done)
    assert wrong(lakehouse) == []


def manifests(table: str) -> list[Path]:
    """The manifest list of a table on main, and its manifests."""
    lake = Lakehouse().lake
    head = lake._warehouse.table_at(lake.view().pointers()[table]).current_snapshot()
    assert head is not None
    return [Path(head.manifest_list), *(Path(m.manifest_path) for m in head.manifests(lake._warehouse.io))]


def test_a_damaged_slice_of_core_is_folded_anew(lakehouse: Command) -> None:
    before = rows(lakehouse)
    path = view().files(CORE, **SLICE)[0]
    spoil(path)

    [found] = wrong(lakehouse)
    assert path in found["message"]
    assert lakehouse("query", f"SELECT * FROM {CORE}").code == 1
    follow(lakehouse, found["hint"], "fold")

    assert rows(lakehouse) == before


def test_a_damaged_file_of_bronze_is_loaded_again_from_kept_bytes(lakehouse: Command) -> None:
    before = rows(lakehouse)
    first = view().files(BRONZE)
    added = Lakehouse().lake.view(at=Lakehouse().lake.log()[1].id).files(BRONZE)
    spoil(next(path for path in first if path in added))

    [found] = wrong(lakehouse)
    assert "fold" not in found["hint"]
    follow(lakehouse, found["hint"], "go back")

    assert rows(lakehouse) == before


def test_a_damaged_manifest_of_bronze_is_gone_back_from(lakehouse: Command) -> None:
    before = rows(lakehouse)
    spoil(manifests(BRONZE)[1], "garbage")

    [found] = wrong(lakehouse)
    follow(lakehouse, found["hint"], "go back")

    assert rows(lakehouse) == before


def test_a_damaged_manifest_of_core_takes_every_feed_back(lakehouse: Command) -> None:
    before = rows(lakehouse)
    spoil(manifests(CORE)[0])

    [found] = wrong(lakehouse)
    follow(lakehouse, found["hint"], "go back")
    assert lakehouse("reingest", "acme/feed").code == 0

    assert rows(lakehouse) == before


def test_a_damaged_metadata_file_is_healed_by_a_backup_alone(lakehouse: Command) -> None:
    spoil(view().pointers()[CORE])

    [found] = wrong(lakehouse)

    assert found["hint"] == "Restore the file from a backup."


def test_a_damaged_branch_is_begun_anew(lakehouse: Command, landing: Path) -> None:
    cryptic = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))
    drop(landing, "cryptic/feed", cryptic)
    lakehouse("run")
    spoil(Lakehouse().lake.view("feed/cryptic/feed").files("product_raw.cryptic__feed")[0])

    [found] = wrong(lakehouse)
    assert found["message"].startswith("feed/cryptic/feed: product_raw.cryptic__feed cannot be read")
    drop(landing, "cryptic/feed", cryptic, "more.csv")
    follow(lakehouse, found["hint"], "Nothing on main is touched")


def test_bytes_that_wait_and_are_lost_are_kept_again_when_they_come_again(lakehouse: Command, landing: Path) -> None:
    path = drop(landing, "broken/feed", "sku,price\n" + "".join(f"S{n},{n}x\n" for n in range(20)))
    lakehouse("run")
    [waiting] = Lakehouse().lake.ledger.pending(next(f for f in Lakehouse().zone.feeds() if f.vendor == "broken"))
    Path(waiting.raw_uri).unlink()

    [found] = wrong(lakehouse)
    assert "broken/feed/data.csv" in found["hint"]
    path.touch()
    lakehouse("run")

    assert wrong(lakehouse) == []
