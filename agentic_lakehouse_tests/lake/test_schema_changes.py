from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from pyiceberg.table import StaticTable

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.tables import TableColumn, TableSchema
from agentic_lakehouse.errors import ContractInvalid, UsageInvalid
from agentic_lakehouse_tests.lake.scene import CORE, DAY, ERRORS, SLICE, Scene, bronze, schema

EVERY_TYPE = {
    "s": "string",
    "l": "long",
    "d": "double",
    "b": "boolean",
    "day": "date",
    "t": "timestamp",
    "p": "decimal(38,10)",
}


def test_every_type_comes_back_in_the_houses_words(scene: Scene, feed: Feed) -> None:
    table = schema("product_raw.types", EVERY_TYPE, "day")
    branch = scene.begin(feed)

    branch.ensure_table(table)

    assert branch.schema(table.name) == EVERY_TYPE


@pytest.mark.parametrize("word", ["text", "decimal(39,2)", "decimal(4,5)", "timestamp_ns"])
def test_a_type_that_no_table_can_have_is_named(scene: Scene, feed: Feed, word: str) -> None:
    with pytest.raises(ContractInvalid, match="is not a type"):
        scene.begin(feed).ensure_table(schema("product_raw.types", {"x": word}))


def test_docs_become_column_docs(scene: Scene, feed: Feed) -> None:
    column = TableColumn(name="raw", type="string", doc="The record, verbatim.")
    branch = scene.begin(feed)
    branch.ensure_table(TableSchema(name="product_raw.t", columns=(column,), partition_by=()))

    table = StaticTable.from_metadata(branch.pointers()["product_raw.t"])

    assert table.schema().find_field("raw").doc == "The record, verbatim."


def test_a_new_column_gets_its_own_field_id_and_old_files_read_as_null(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    scene.write(branch, "A1")
    wider = bronze(feed, preis="long")

    branch.ensure_table(wider)
    row = {"artikel": "A2", "preis": 5, "ingestion_date": DAY, "vendor_name": feed.vendor}
    branch.append(wider.name, [scene.parquet(wider, [row])])

    table = StaticTable.from_metadata(branch.pointers()[wider.name])
    ids = [field.field_id for field in table.schema().fields]
    rows = table.scan().to_arrow().sort_by("artikel").to_pylist()
    assert ids == [1, 2, 3, 4]
    assert [(r["artikel"], r["preis"]) for r in rows] == [("A1", None), ("A2", 5)]


def test_the_same_schema_again_commits_nothing(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.ensure_table(bronze(feed))
    before = branch.pointers()

    branch.ensure_table(bronze(feed))

    assert branch.pointers() == before


def test_a_decimal_gets_longer_and_never_shorter(scene: Scene, feed: Feed) -> None:
    table = "product_raw.t"
    branch = scene.begin(feed)
    for word in ("decimal(10,2)", "decimal(18,2)", "decimal(12,2)"):
        branch.ensure_table(schema(table, {"preis": word}))

    assert branch.schema(table) == {"preis": "decimal(18,2)"}


@pytest.mark.parametrize(
    ("before", "after"), [("string", "long"), ("long", "double"), ("decimal(9,2)", "decimal(9,3)")]
)
def test_a_retyped_column_is_refused_with_a_new_name_for_it(scene: Scene, feed: Feed, before: str, after: str) -> None:
    branch = scene.begin(feed)
    branch.ensure_table(schema("product_raw.t", {"preis": before}))

    with pytest.raises(UsageInvalid, match=f"preis__{after.partition('(')[0]}"):
        branch.ensure_table(schema("product_raw.t", {"preis": after}))


def test_a_column_that_a_later_spec_lacks_stays(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.ensure_table(bronze(feed, preis="long"))

    branch.ensure_table(bronze(feed))

    assert "preis" in branch.schema(bronze(feed).name)


def test_other_partitions_are_refused(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    branch.ensure_table(schema("product_raw.t", SLICE, "vendor_name"))

    with pytest.raises(UsageInvalid, match="partitioned by vendor_name, not by source_table"):
        branch.ensure_table(schema("product_raw.t", SLICE, "source_table"))


def test_new_columns_reach_main_with_their_rows(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    branch = scene.begin(feed, "run-2")
    wider = bronze(feed, preis="long")
    branch.ensure_table(wider)
    row = {"artikel": "A2", "preis": 5, "ingestion_date": DAY, "vendor_name": feed.vendor}
    branch.append(wider.name, [scene.parquet(wider, [row])])
    scene.audited(branch, scene.approve(feed))

    scene.publish(branch)

    view = scene.lake.view()
    assert view.schema(wider.name) == {
        "artikel": "string",
        "ingestion_date": "date",
        "vendor_name": "string",
        "preis": "long",
    }
    assert sum(pq.read_metadata(f).num_rows for f in view.files(wider.name)) == 2


def test_shared_tables_stand_on_main_once_however_often_they_are_asked_for(scene: Scene) -> None:
    before = scene.lake.view().pointers()

    scene.lake.create_shared([CORE, ERRORS])

    assert scene.lake.view().pointers() == before
    assert [c.message for c in scene.lake.log()] == ["create product_core.product, product_raw.ingest_errors"]


def test_a_shared_table_that_lacks_a_column_asks_for_a_migration(scene: Scene, feed: Feed) -> None:
    wider = schema(CORE.name, {**CORE.types, "brand": "string"}, *SLICE)

    with pytest.raises(UsageInvalid, match="stands without brand") as error:
        scene.lake.create_shared([wider])
    with pytest.raises(UsageInvalid, match="stands without brand"):
        scene.begin(feed).ensure_table(wider)

    assert "lakehouse migrate" in str(error.value)


def test_a_shared_table_may_have_columns_that_a_standard_no_longer_has(scene: Scene) -> None:
    scene.lake.create_shared([schema(CORE.name, {"sku": "string", **SLICE}, *SLICE)])

    assert "price" in scene.lake.view().schema(CORE.name)
