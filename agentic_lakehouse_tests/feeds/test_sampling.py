from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.feeds import sampling
from agentic_lakehouse.feeds.profile import profile
from agentic_lakehouse_tests.feeds.scene import sniffed

ROWS = 20_000


@pytest.fixture(autouse=True)
def _small_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "SAMPLED_FROM", 1 << 14)
    monkeypatch.setattr(sampling, "EXCERPT", 1 << 12)


def measured(path: Path) -> FeedProfile:
    return profile(path, sniffed(path), name=path.name)


def price_list(encoding: str, *, ending: str = "\n") -> bytes:
    lines = ["id;name;price", *(f'{n};"Größe; {n % 7}";{n % 90},50' for n in range(ROWS))]
    return (ending.join(lines) + ending).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_big_file_is_measured_in_places(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(price_list(encoding))

    found = measured(path)

    assert found.is_sample
    assert 500 < found.row_count < ROWS / 2
    assert found.rows_in_file == pytest.approx(ROWS, rel=0.1)
    assert [c.evidence[0].type if c.evidence else None for c in found.columns] == ["integer", None, "decimal"]
    assert all(c.rows == found.row_count and not c.nulls for c in found.columns)
    assert found.unique_keys == (("id",),)


def test_places_are_spread_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(price_list("utf-8"))

    assert int(measured(path).columns[0].maximum or 0) > ROWS * 0.8


def test_of_a_packed_file_the_head_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(price_list("utf-8"), compresslevel=1))

    found = measured(path)

    assert found.is_sample
    assert found.rows_in_file is None
    assert found.row_count > 500


def test_what_is_damaged_is_left_out_of_a_sample(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(price_list("utf-8").replace(b'17;"Gr', b'17;;"Gr'))

    found = measured(path)

    assert found.row_count > 500
    assert found.source_names == ("id", "name", "price")


def test_a_small_file_is_measured_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id;name\n1;x\n2;y\n")

    found = measured(path)

    assert not found.is_sample
    assert found.rows_in_file == found.row_count == 2
