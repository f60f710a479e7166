from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.feeds import batch, keys, profile
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import sniffed


def profiled(path: Path) -> FeedProfile:
    return profile.profile(path, sniffed(path), name=path.name)


def test_a_file_is_counted(write: Write) -> None:
    path = write("a.csv", "id;name\n1;x\n2;y\nbroken\n3;z\n")

    found = profiled(path)

    assert found.row_count == 4
    assert [c.rows for c in found.columns] == [3, 3]
    assert found.byte_size == path.stat().st_size
    assert found.source_names == ("id", "name")


def test_a_header_alone_is_a_profile_of_no_rows(write: Write) -> None:
    found = profiled(write("a.csv", "id;name\n"))

    assert found.row_count == 0
    assert found.source_names == ("id", "name")
    assert found.unique_keys == ()


def test_the_profile_does_not_depend_on_batches(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{i};A-{i % 7:03d};{i * 3 % 11},{i % 100:02d};{'n/a' if i % 5 else 'x'};{i % 2}" for i in range(300)]
    path = write("a.csv", "id;code;price;note;flag\n" + "\n".join(rows) + "\n")
    whole = profiled(path)

    monkeypatch.setattr(batch, "MAX_CELLS", 200)

    in_parts = profiled(path)
    assert [c.model_copy(update={"samples": ()}) for c in in_parts.columns] == [
        c.model_copy(update={"samples": ()}) for c in whole.columns
    ]
    assert in_parts.unique_keys == whole.unique_keys


def test_samples_are_spread_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_CELLS", 400)
    path = write("a.csv", "id;name\n" + "".join(f"{i};x{i}\n" for i in range(5_000)))

    samples = [int(text) for text in profiled(path).columns[0].samples]

    assert len(samples) == 8
    assert samples[0] < 700
    assert samples[-1] > 4_300


def test_many_distinct_values_are_estimated_within_bounds(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "MAX_HASHES", 0)
    path = write("a.csv", "id;group\n" + "".join(f"key{i};{i % 9000}\n" for i in range(40_000)))

    found = profiled(path)

    assert found.columns[0].distinct == pytest.approx(40_000, rel=0.03)
    assert found.columns[1].distinct == 9000
    assert found.unique_keys == (("id",),)


def test_every_single_key_is_named(write: Write) -> None:
    rows = "".join(f"{i};A{i};{i % 3}\n" for i in range(20))

    assert profiled(write("a.csv", "id;sku;group\n" + rows)).unique_keys == (("id",), ("sku",))


def test_a_pair_is_a_key_where_no_column_is(write: Write) -> None:
    rows = "".join(f"T{i // 4};{'SMLX'[i % 4]};{i % 2}\n" for i in range(40))

    assert profiled(write("a.csv", "style;size;flag\n" + rows)).unique_keys == (("style", "size"),)


def test_a_triple_is_a_key_where_no_pair_is(write: Write) -> None:
    rows = "".join(f"{a};{b};{c};x\n" for a in "ABCD" for b in "EFGH" for c in "IJKL")

    assert profiled(write("a.csv", "a;b;c;d\n" + rows)).unique_keys == (("a", "b", "c"),)


def test_a_column_with_a_gap_is_no_key(write: Write) -> None:
    rows = "".join(f"{i};x\n" for i in range(20)) + ";x\n" + "n/a;x\n"

    assert profiled(write("a.csv", "id;name\n" + rows)).unique_keys == ()


def test_a_key_of_the_first_rows_is_proved_on_all(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "SAMPLE_ROWS", 10)
    rows = [(f"T{i // 4}", "SMLX"[i % 4], f"c{i % 2}") for i in range(40)]
    path = write("a.csv", "style;size;colour\n" + "".join(";".join(row) + "\n" for row in [*rows, ("T0", "S", "c9")]))

    assert profiled(path).unique_keys == (("style", "size", "colour"),)


def test_measured_quantities_make_no_key(write: Write) -> None:
    rows = "".join(f"g{i % 3};{i},{i:02d}\n" for i in range(12)) + "g0;0,00\n"

    assert profiled(write("a.csv", "group;weight\n" + rows)).unique_keys == ()


def test_the_shape_does_not_change_with_the_rows(write: Write) -> None:
    first = profiled(write("a.csv", "id;price\nA1;12,50\nA2;3,00\n"))
    second = profiled(write("b.csv", "id;price\nB7;1,25\nB8;99,00\nB9;7,10\n"))

    assert first.shape_sha256 == second.shape_sha256
