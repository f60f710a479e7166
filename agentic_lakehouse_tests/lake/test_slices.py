from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse_tests.lake.scene import CORE, DAY, ERRORS, SLICE, Scene, bronze, schema, slice_of


def test_an_append_adds_and_a_replacement_replaces(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)

    branch.append(CORE.name, [scene.core_rows(feed, "A1"), scene.core_rows(feed, "A2")])
    assert scene.skus(branch) == ["A1", "A2"]

    branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, "A3")])
    assert scene.skus(branch) == ["A3"]


def test_other_slices_are_not_disturbed(scene: Scene, feed: Feed, other: Feed) -> None:
    branch = scene.begin(feed)
    branch.append(CORE.name, [scene.core_rows(feed, "A1"), scene.core_rows(other, "B1")])
    files = branch.files(CORE.name, **slice_of(other))

    branch.replace_slice(CORE.name, slice_of(feed), [])

    assert scene.skus(branch) == ["B1"]
    assert branch.files(CORE.name) == files


def test_a_slice_may_be_told_by_some_of_the_partition_columns(scene: Scene, other: Feed) -> None:
    feeds = [Feed("acme", "prices"), Feed("acme", "stock"), other]
    branch = scene.begin(other)
    branch.append(CORE.name, [scene.core_rows(feed, feed.name) for feed in feeds])

    branch.replace_slice(CORE.name, {"vendor_name": "acme"}, [])

    assert scene.skus(branch) == [other.name]


def test_a_file_without_rows_is_not_registered(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    empty = scene.core_rows(feed)

    branch.append(CORE.name, [empty])
    branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed), scene.core_rows(feed, "A1")])

    assert empty.exists()
    assert len(branch.files(CORE.name)) == 1


def test_replacing_nothing_by_nothing_changes_nothing(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)

    branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed)])

    assert branch.changed_pointers() == {}


def test_a_registered_file_is_moved_into_the_warehouse(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    staged = scene.core_rows(feed, "A1")

    branch.append(CORE.name, [staged])

    (location,) = branch.files(CORE.name)
    assert not staged.exists()
    assert Path(location).parent == scene.folder / "home" / "warehouse" / "product_core" / "product" / "data"


def test_partitions_are_found_by_date_and_by_text(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    scene.write(branch, "A1", "A2")
    table = bronze(feed).name

    assert branch.row_count(table, ingestion_date=DAY) == 2
    assert branch.row_count(table, ingestion_date="2026-11-22", vendor_name="acme") == 2
    assert branch.row_count(table, ingestion_date="2026-11-21") == 0


def test_a_partition_value_longer_than_any_column_statistic_is_kept_exactly(scene: Scene) -> None:
    feed = Feed("v" * 48, "f" * 48)
    near = Feed("v" * 48, "f" * 47 + "g")
    rows = [{"sku": "A1", **slice_of(feed)}]
    path = scene.folder / "polars.parquet"
    pl.DataFrame(rows).with_columns(price=pl.lit("1").cast(pl.Decimal(18, 4))).write_parquet(path)
    branch = scene.begin(feed)

    branch.append(CORE.name, [path, scene.core_rows(near, "A2")])
    branch.replace_slice(CORE.name, slice_of(near), [])

    assert scene.skus(branch, **slice_of(feed)) == ["A1"]
    assert scene.skus(branch) == ["A1"]


def test_a_file_with_rows_of_two_slices_is_refused_whole(scene: Scene, feed: Feed, other: Feed) -> None:
    rows = [{"sku": "A1", **slice_of(feed)}, {"sku": "B1", **slice_of(other)}]
    path = scene.parquet(CORE, rows)
    branch = scene.begin(feed)

    with pytest.raises(UsageInvalid, match="vendor_name is 'acme', 'kontor'"):
        branch.append(CORE.name, [scene.core_rows(feed, "A0"), path])

    assert path.exists()
    assert branch.files(CORE.name) == []


def test_a_file_without_a_partition_value_is_refused(scene: Scene, feed: Feed) -> None:
    path = scene.parquet(CORE, [{"sku": "A1", "vendor_name": "acme"}])

    with pytest.raises(UsageInvalid, match="source_table is None"):
        scene.begin(feed).append(CORE.name, [path])


def test_a_file_of_another_slice_is_refused(scene: Scene, feed: Feed, other: Feed) -> None:
    with pytest.raises(UsageInvalid, match="not of the slice"):
        scene.begin(feed).replace_slice(CORE.name, slice_of(feed), [scene.core_rows(other, "B1")])


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("colour", ["red"], "'colour' is not in the table"),
        ("price", [1.5], "'price' is double, the table has decimal"),
        ("price", pa.array([1], pa.decimal128(18, 2)), "'price' is decimal"),
        ("sku", [1], "'sku' is long"),
    ],
)
def test_a_file_with_other_columns_is_refused(
    scene: Scene, feed: Feed, column: str, values: object, problem: str
) -> None:
    path = scene.folder / "odd.parquet"
    pq.write_table(pa.table({"vendor_name": ["acme"], "source_table": [feed.table], column: values}), path)

    with pytest.raises(UsageInvalid, match=problem):
        scene.begin(feed).append(CORE.name, [path])


def test_a_file_whose_field_ids_are_of_other_columns_is_refused(scene: Scene, feed: Feed) -> None:
    path = scene.folder / "ids.parquet"
    names = ["sku", "vendor_name", "source_table"]
    fields = [pa.field(n, pa.string(), metadata={b"PARQUET:field_id": b"2"}) for n in names]
    pq.write_table(pa.table([["A1"], ["acme"], [feed.table]], schema=pa.schema(fields)), path)

    with pytest.raises(UsageInvalid, match="field id 2 of another column"):
        scene.begin(feed).append(CORE.name, [path])


def test_a_table_that_is_not_there_is_named(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)

    with pytest.raises(UsageInvalid, match="on feed/acme/prices"):
        branch.append("product_core.products", [])
    with pytest.raises(UsageInvalid, match="on main"):
        scene.lake.view().schema("product_core.products")


def test_a_column_by_which_the_table_is_not_partitioned_is_named(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.append(CORE.name, [scene.core_rows(feed, "A1")])

    with pytest.raises(UsageInvalid, match="not partitioned by 'sku'"):
        branch.files(CORE.name, sku="A1")


def test_a_value_that_the_partition_column_cannot_have_is_named(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    scene.write(branch, "A1")

    with pytest.raises(UsageInvalid, match="'yesterday' is no value of the date column 'ingestion_date'"):
        branch.files(bronze(feed).name, ingestion_date="yesterday")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans(), st.lists(st.integers(0, 99), max_size=3)), max_size=6
    )
)
def test_any_sequence_of_appends_and_replacements_gives_what_lists_would(
    scene: Scene, changes: list[tuple[str, bool, list[int]]]
) -> None:
    branch = scene.begin(Feed("acme", "prices"))
    expected: dict[str, list[str]] = {}

    for name, replaces, numbers in changes:
        feed, skus = Feed("acme", name), [str(n) for n in numbers]
        if replaces:
            branch.replace_slice(CORE.name, slice_of(feed), [scene.core_rows(feed, *skus)])
            expected[name] = skus
        else:
            branch.append(CORE.name, [scene.core_rows(feed, *skus)])
            expected[name] = expected.get(name, []) + skus

    for name in "abc":
        assert scene.skus(branch, **slice_of(Feed("acme", name))) == sorted(expected.get(name, []))
    assert branch.row_count(CORE.name) == sum(map(len, expected.values()))


def test_errors_append_beside_those_of_other_feeds(scene: Scene, feed: Feed, other: Feed) -> None:
    branch = scene.begin(feed)
    for one in (feed, other, feed):
        branch.append(ERRORS.name, [scene.parquet(ERRORS, [{"raw": "x", **slice_of(one)}])])

    assert branch.row_count(ERRORS.name, **slice_of(feed)) == 2


def test_a_table_without_partitions_is_one_slice(scene: Scene, feed: Feed) -> None:
    notes = schema("product_raw.notes", {"raw": "string", **SLICE})
    branch = scene.begin(feed)
    branch.ensure_table(notes)
    branch.append(notes.name, [scene.parquet(notes, [{"raw": "x", **slice_of(feed)}])])

    branch.replace_slice(notes.name, {}, [scene.parquet(notes, [{"raw": "y"}, {"raw": "z"}])])

    assert branch.row_count(notes.name) == 2
