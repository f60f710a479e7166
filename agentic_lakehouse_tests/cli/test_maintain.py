"""`lakehouse maintain` as a person and as a script have it."""

from __future__ import annotations

import os
from pathlib import Path

PARTS = [
    "scratch_folders", "branches", "unfinished", "compaction", "history", "settled_bytes", "stray_bytes", "orphans",
]  # fmt: skip


def deliver(landing: Path, files: int) -> None:
    folder = landing / "acme" / "feed"
    folder.mkdir(parents=True)
    for number in range(files):
        rows = "".join(f"S{number}-{n},Stapler {n},{n}.50,EUR\n" for n in range(20))
        (folder / f"{number}.csv").write_text(f"sku,title,price,currency\n{rows}")


def litter(landing: Path) -> Path:
    """An old file that no table refers to."""
    path = landing.parent / "home" / "warehouse" / "product_core" / "product" / "data" / "lost.parquet"
    path.write_bytes(b"x" * 1500)
    os.utime(path, (0, 0))
    return path


def test_each_part_is_a_line_that_fits_80_columns(lakehouse, landing: Path) -> None:
    deliver(landing, files=8)
    lakehouse("run")
    lost = litter(landing)

    result = lakehouse("maintain")

    lines = result.out.splitlines()
    assert result.code == 0
    assert max(len(line) for line in lines) <= 80
    assert lines[0].split() == ["what", "how", "many", "size"]
    assert len(lines) == 1 + len(PARTS) + 1
    assert lines[8].split() == ["files", "that", "no", "table", "refers", "to", "1", "1.5", "kB"]
    assert lines[-1] == "Put together: acme/feed: 8 files into 1."
    assert not lost.exists()


def test_json_is_one_document_with_every_name(lakehouse, landing: Path) -> None:
    deliver(landing, files=1)
    lakehouse("run")
    lost = litter(landing)

    document = lakehouse("maintain", "--json").json

    assert document["dry_run"] is False
    assert [part["part"] for part in document["parts"]] == PARTS
    assert document["parts"][-1]["names"] == [str(lost)]
    assert (document["parts"][-1]["count"], document["parts"][-1]["bytes"]) == (1, 1500)


def test_a_dry_run_does_nothing_and_says_so(lakehouse, landing: Path) -> None:
    deliver(landing, files=8)
    lakehouse("run")
    lost = litter(landing)

    result = lakehouse("maintain", "--dry-run")

    assert result.code == 0
    assert "Nothing was done." in result.out
    assert "Put together: acme/feed: 8 files into 1." in result.out
    assert max(len(line) for line in result.out.splitlines()) <= 80
    assert lost.exists()
    assert lakehouse("log", "--json").json["commits"][0]["kind"] == "publish"


def test_a_lake_that_cannot_be_read_gives_one_clear_error(lakehouse, landing: Path) -> None:
    deliver(landing, files=1)
    lakehouse("run")
    lost = litter(landing)
    [manifest] = (landing.parent / "home" / "warehouse" / "product_raw" / "acme__feed" / "metadata").glob("*-m0.avro")
    manifest.unlink()

    result = lakehouse("maintain")

    assert result.code == 1
    assert manifest.name in result.err.replace("\n", "")
    assert "Hint:" in result.err
    assert "Traceback" not in result.err
    assert "branches that dead runs left" in result.out
    assert lost.exists()
