"""A record is found again in its file by its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FillDown
from agentic_lakehouse.feeds import place
from agentic_lakehouse.feeds.place import record_at
from agentic_lakehouse.feeds.read import source_names
from agentic_lakehouse.feeds.sniff import sniff

VARIANTS = "handle,title,sku\n" + "".join(
    f"shirt-{p},{f'Shirt {p}' if s == 'S' else ''},{p}-{s}\n" for p in range(5) for s in "SML"
)


def spec_of(path: Path, *, fill_down: FillDown | None = None) -> FeedSpec:
    fmt = sniff(path, name=path.name)
    names = source_names(path, fmt, name=path.name)
    columns = tuple(ColumnSpec(source_name=n, name=f"c{i}", type="string") for i, n in enumerate(names))
    return FeedSpec(vendor_name="acme", table_name="feed", format=fmt, columns=columns, fill_down=fill_down)


@pytest.mark.parametrize("batch_rows", [2, 50_000])
def test_a_filled_cell_is_told_with_the_line_that_fills_it(
    tmp_path: Path, batch_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "BATCH_ROWS", batch_rows)
    path = tmp_path / "variants.csv"
    path.write_text(VARIANTS, encoding="utf-8")
    spec = spec_of(path, fill_down=FillDown(group="handle", columns=("title",)))

    last = record_at(path, spec, 9, name="variants.csv")
    first = record_at(path, spec, 7, name="variants.csv")

    assert last is not None
    assert first is not None
    assert (last.line, last.raw.strip(), last.filled, last.filled_from) == (10, "shirt-2,,2-L", {"title": "Shirt 2"}, 8)
    assert (first.line, first.filled, first.filled_from) == (8, {}, None)


def test_a_broken_record_keeps_its_number_and_its_text(tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("a,b,c\n" + "".join(f"{n},x,y\n" for n in range(20)) + "20,x\n21,x,y\n", encoding="utf-8")

    found = record_at(path, spec_of(path), 21, name="broken.csv")
    behind = record_at(path, spec_of(path), 22, name="broken.csv")

    assert found is not None
    assert behind is not None
    assert (found.line, found.raw.strip(), found.cells) == (22, "20,x", None)
    assert behind.cells == {"a": "21", "b": "x", "c": "y"}
    assert record_at(path, spec_of(path), 23, name="broken.csv") is None


def test_a_record_over_several_lines_is_told_whole(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("a,b\n" + '1,"one\ntwo"\n2,three\n' * 5, encoding="utf-8")

    found = record_at(path, spec_of(path), 3, name="lines.csv")

    assert found is not None
    assert (found.line, found.raw.strip()) == (5, '1,"one\ntwo"')
