"""The audit accounts for every row: what a fold left passes, and a single row that is lost or made up does not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse_tests.pipeline.fold_scene import History, Row, model
from agentic_lakehouse_tests.pipeline.test_fold import HISTORIES, PLAIN

A, B, C = Row(code="a"), Row(code="b"), Row(code="c")
BAD = Row(code="d", price=-1)
HISTORY = [[A, B, C, BAD], [A, A, BAD], [B]]


@settings(max_examples=12, deadline=None)
@given(history=st.one_of(HISTORIES, PLAIN), full=st.booleans(), data=st.data())
def test_what_a_fold_leaves_is_accounted_for(history, full, data) -> None:
    cut = data.draw(st.integers(0, len(history) - 1))
    new = list(range(cut + 1, len(history) + 1))

    with tempfile.TemporaryDirectory() as folder:
        lake = History(Path(folder), history)
        before = lake.fold(None, new=range(1, cut + 1), full=full)
        after = lake.fold(before.core.path, new=new, full=full)
        core, errors = pq.read_table(after.core.path), pq.read_table(after.errors.path)
        found = lake.account(core, errors, published=before.core.path, new=new, full=full)

        gone = {row[2] for row in model(history[:cut], full=full)[0]} - {row[2] for row in model(history, full=full)[0]}
        assert (found.unaccounted, found.rejected) == (0, after.rejected)
        stood, stands = (set(pq.read_table(fold.core.path)["part_key"].to_pylist()) for fold in (before, after))
        assert stood - stands == gone


@pytest.fixture
def lake(tmp_path: Path) -> History:
    return History(tmp_path, HISTORY)


def without(table: pa.Table, place: int) -> pa.Table:
    return pa.concat_tables([table.slice(0, place), table.slice(place + 1)])


@pytest.mark.parametrize("full", [True, False])
def test_a_row_that_is_missing_from_core_is_told(lake: History, full: bool) -> None:
    folded = lake.fold(None, new=None, full=full)
    core, errors = pq.read_table(folded.core.path), pq.read_table(folded.errors.path)

    for place in range(core.num_rows):
        assert lake.account(without(core, place), errors, full=full).unaccounted >= 1


def test_a_refused_row_that_is_not_kept_is_told(lake: History) -> None:
    folded = lake.fold(None, new=None, full=False)
    core, errors = pq.read_table(folded.core.path), pq.read_table(folded.errors.path)

    assert sorted(errors["rule"].to_pylist()) == ["duplicate_key", "price_minimum", "price_minimum"]
    for place in range(errors.num_rows):
        assert lake.account(core, without(errors, place)).unaccounted == 1


def test_a_row_from_nowhere_is_told(lake: History) -> None:
    folded = lake.fold(None, new=None, full=False)
    core, errors = pq.read_table(folded.core.path), pq.read_table(folded.errors.path)
    made_up = core.slice(0, 1).set_column(core.schema.get_field_index("_row_number"), "_row_number", pa.array([99]))

    assert lake.account(pa.concat_tables([core, made_up]), errors).unaccounted == 1


def test_an_older_version_in_the_place_of_the_newer_one_is_told(lake: History) -> None:
    old = lake.fold(None, new=[1], full=False)
    folded = lake.fold(None, new=None, full=False)

    assert lake.account(pq.read_table(old.core.path), pq.read_table(folded.errors.path)).unaccounted == 2


def test_a_row_that_an_incremental_fold_forgot_is_told(lake: History) -> None:
    before = lake.fold(None, new=[1, 2], full=False)
    after = lake.fold(before.core.path, new=[3], full=False)
    core, errors = pq.read_table(after.core.path), pq.read_table(after.errors.path)

    assert lake.account(core, errors, published=before.core.path, new=[3]).unaccounted == 0
    for place in range(core.num_rows):
        found = lake.account(without(core, place), errors, published=before.core.path, new=[3])
        assert found.unaccounted >= 1
