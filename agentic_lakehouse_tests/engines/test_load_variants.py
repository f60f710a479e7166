"""Filling down before typing: within a group, across batches, never over a border, and nothing else changes."""

from __future__ import annotations

import json
import tempfile
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FileFormat, FillDown
from agentic_lakehouse.engines import load as load_module
from agentic_lakehouse.feeds.fill_down import fill_down
from agentic_lakehouse.feeds.read import read_batches
from agentic_lakehouse_tests.engines.load_scene import Outcome, csv_text, load

HEADER = "handle,title,live,size,price"
COLUMNS = (
    ColumnSpec(source_name="handle", name="handle", type="string"),
    ColumnSpec(source_name="title", name="title", type="string", nullable=False),
    ColumnSpec(source_name="live", name="live", type="boolean"),
    ColumnSpec(source_name="size", name="size", type="string"),
    ColumnSpec(source_name="price", name="price", type="decimal"),
)
CLAIM = FillDown(group="handle", columns=("title", "live"))
FORMAT = FileFormat(kind="csv", encoding="utf-8", delimiter=",", quote='"', header_row=1)


def loaded(folder: Path, *lines: str) -> Outcome:
    path = folder / "a.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return load(path, *COLUMNS, fmt=FORMAT, fill_down=CLAIM)


@pytest.fixture(params=[1, 2, 3, 50_000])
def batch_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Rows a batch, so that groups are split by its borders."""
    size: int = request.param
    monkeypatch.setattr(load_module, "read_batches", partial(read_batches, batch_rows=size))
    return size


@pytest.mark.usefixtures("batch_rows")
def test_variants_get_what_their_first_row_says(tmp_path: Path) -> None:
    found = loaded(tmp_path, "a,Shirt,true,S,1.5", "a,,,M,1.5", "a, ,,L,1.5", "b,Hat,false,,2", "b,,,XL,2")

    assert found.values("title") == ["Shirt"] * 3 + ["Hat"] * 2
    assert found.values("live") == [True] * 3 + [False] * 2
    assert found.values("size") == ["S", "M", "L", None, "XL"]
    assert found.values("_row_number") == [1, 2, 3, 4, 5]
    assert found.loaded.null_counts == {"handle": 0, "title": 0, "live": 0, "size": 1, "price": 0}


@pytest.mark.usefixtures("batch_rows")
def test_a_row_with_a_value_of_its_own_keeps_it_and_passes_nothing_on(tmp_path: Path) -> None:
    found = loaded(tmp_path, "a,Shirt,true,S,1", "a,Blouse,,M,1", "a,,false,L,1", "a,,,XL,1")

    assert found.values("title") == ["Shirt", "Blouse", "Shirt", "Shirt"]
    assert found.values("live") == [True, True, False, True]


@pytest.mark.usefixtures("batch_rows")
def test_nothing_crosses_the_border_of_a_group(tmp_path: Path) -> None:
    found = loaded(tmp_path, "a,Shirt,true,S,1", "b,Hat,,M,1", "b,,,L,1", ",Cap,true,,1", ",Tie,,,1")

    assert found.values("live") == [True, None, None, True, None]
    assert found.values("title") == ["Shirt", "Hat", "Hat", "Cap", "Tie"]


@pytest.mark.usefixtures("batch_rows")
def test_a_group_that_comes_back_starts_anew(tmp_path: Path) -> None:
    found = loaded(tmp_path, "a,Shirt,true,S,1", "b,Hat,false,M,1", "a,,,L,1", "a,Shirt,,XL,1")

    assert found.faults == [(4, "title", "missing_value")]
    assert found.values("live") == [True, False, None]


@pytest.mark.usefixtures("batch_rows")
def test_a_bad_first_row_still_passes_its_values_on(tmp_path: Path) -> None:
    found = loaded(tmp_path, "a,Shirt,true,S,cheap", "a,,,M,1.5")

    assert found.faults == [(2, "price", "not_a_decimal")]
    assert found.rows == [{"handle": "a", "title": "Shirt", "live": True, "size": "M", "price": 1.5}]


@pytest.mark.usefixtures("batch_rows")
def test_a_bad_later_row_is_kept_verbatim_and_read_with_what_it_was_given(tmp_path: Path) -> None:
    found = loaded(tmp_path, "a,Shirt,true,S,1.5", "a,,,M,dear")

    [bad] = found.bad.to_pylist()
    assert bad["raw"] == "a,,,M,dear"
    assert json.loads(bad["cells"]) == {"handle": "a", "title": "Shirt", "live": "true", "size": "M", "price": "dear"}
    assert json.loads(bad["typed"])["title"] == "Shirt"


@pytest.mark.usefixtures("batch_rows")
def test_a_value_that_does_not_fit_is_bad_on_every_row_that_it_stands_for(tmp_path: Path) -> None:
    found = loaded(tmp_path, "a,Shirt,perhaps,S,1", "a,,,M,1", "b,Hat,true,L,1")

    assert found.faults == [(2, "live", "not_a_boolean"), (3, "live", "not_a_boolean")]
    assert found.values("title") == ["Hat"]


@pytest.mark.usefixtures("batch_rows")
def test_a_broken_record_neither_gives_nor_ends_a_group(tmp_path: Path) -> None:
    found = loaded(tmp_path, "a,Shirt,true,S,1", "a,Junk,false,S,1,1,1", "a,,,M,1", "b,x,y,z,w,v", "b,,,L,1")

    assert [(line, code) for line, _, code in found.faults] == [
        (3, "too_many_cells"),
        (5, "too_many_cells"),
        (6, "missing_value"),
    ]
    assert found.values("title") == ["Shirt", "Shirt"]
    assert found.values("live") == [True, True]


def test_the_fast_way_leaves_such_files_to_the_careful_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "WORTHWHILE", 0)

    found = loaded(tmp_path, "a,Shirt,true,S,1.5", "a,,,M,1.5", *(f"c{i},Thing {i},true,S,1" for i in range(50)))

    assert found.values("title")[:2] == ["Shirt", "Shirt"]


def test_a_later_file_without_the_group_column_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("title,price\nShirt,1\nHat,2\n", encoding="utf-8")

    assert load(path, *COLUMNS, fmt=FORMAT, fill_down=CLAIM).values("title") == ["Shirt", "Hat"]


def test_records_of_json_are_filled_too(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    records = [
        {"handle": "a", "title": "Shirt", "price": 1},
        {"handle": "a", "price": 2},
        {"handle": "b", "title": "Hat"},
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")

    assert load(path, *COLUMNS, fill_down=CLAIM).values("title") == ["Shirt", "Shirt", "Hat"]


GROUPS = st.sampled_from(["a", "b", "c", "", " a", "  "])
CELLS = st.sampled_from(["", "", "", " ", "x", "y", " z", "n/a"])
ROWS = st.lists(st.tuples(GROUPS, CELLS, CELLS, CELLS), min_size=1, max_size=30)


def filled_by_hand(rows: list[tuple[str, ...]]) -> list[tuple[str, str]]:
    """What filling down the second and third cell means, one row after the other."""
    made: list[tuple[str, str]] = []
    key, first = "", ("", "")
    for group, *cells, _ in rows:
        if not group.strip() or group.strip() != key:
            key, first = group.strip(), (cells[0], cells[1])
        made.append((cells[0] if cells[0].strip() else first[0], cells[1] if cells[1].strip() else first[1]))
    return made


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, batch_rows=st.integers(1, 31))
def test_filling_is_what_a_person_would_do_by_hand(rows: list[tuple[str, ...]], batch_rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        numbered = [[*row, str(number)] for number, row in enumerate(rows)]
        path.write_text(csv_text([["g", "one", "two", "rest", "n"], *numbered], ",", "\n"), encoding="utf-8")
        before = list(read_batches(path, FORMAT, name="a.csv", batch_rows=batch_rows))
        after = list(fill_down(iter(before), FillDown(group="g", columns=("two", "one"))))

    got = [row for batch in after for row in batch.rows.iter_rows()]
    expected = filled_by_hand(rows)
    assert [((one or "").strip(), (two or "").strip()) for _, one, two, *_ in got] == [
        (one.strip(), two.strip()) for one, two in expected
    ]
    assert [((g or ""), (rest or "")) for g, _, _, rest, _ in got] == [(row[0], row[3]) for row in rows]
    for old, new in zip(before, after, strict=True):
        assert new.row_number.equals(old.row_number)
        assert new.raw.equals(old.raw)
        assert new.line.equals(old.line)
