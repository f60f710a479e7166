from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, SLICE, Scene, schema

WIDER = schema(CORE.name, {**CORE.types, "price": "decimal(28,4)", "brand": "string"}, *SLICE)


def test_what_would_change_is_told_and_nothing_is_written(scene: Scene) -> None:
    before = scene.lake.view().pointers()

    [line] = scene.lake.migrations([WIDER, ERRORS])

    assert (line.table, line.added, line.widened) == (CORE.name, {"brand": "string"}, {"price": "decimal(28,4)"})
    assert scene.lake.view().pointers() == before


def test_columns_and_digits_come_in_one_commit_and_rows_stay(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")

    commit = scene.lake.migrate([WIDER, ERRORS], author="person:mia")

    last = scene.lake.log(1)[0]
    assert (last.id, last.kind, last.message) == (commit, "migrate", f"migrate {CORE.name}: brand, price")
    assert scene.lake.view().schema(CORE.name) == {**CORE.types, "price": "decimal(28,4)", "brand": "string"}
    assert scene.skus() == ["A1"]
    assert scene.lake.migrations([WIDER, ERRORS]) == []
    assert scene.lake.migrate([WIDER, ERRORS], author="person:mia") is None
    scene.lake.create_shared([WIDER, ERRORS])


def test_a_branch_that_was_open_lands_on_the_migrated_table(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    scene.write(branch, "A1")
    scene.audited(branch, scene.approve(feed))

    scene.lake.migrate([WIDER, ERRORS], author="person:mia")
    scene.publish(branch)

    assert scene.skus() == ["A1"]
    assert "brand" in scene.lake.view().schema(CORE.name)


def test_a_column_that_the_contract_has_no_longer_stays(scene: Scene) -> None:
    narrower = schema(CORE.name, {"sku": "string", **SLICE}, *SLICE)

    [line] = scene.lake.migrations([narrower])

    assert line.beyond == ("price",)
    assert scene.lake.migrate([narrower], author="person:mia") is None
    assert "price" in scene.lake.view().schema(CORE.name)


def test_a_column_of_another_type_is_refused_and_nothing_is_changed(scene: Scene) -> None:
    retyped = schema(CORE.name, {**CORE.types, "sku": "long", "brand": "string"}, *SLICE)
    before = scene.lake.view().pointers()

    with pytest.raises(UsageInvalid, match="has sku as string; it cannot become long"):
        scene.lake.migrate([retyped], author="person:mia")

    assert scene.lake.view().pointers() == before


def test_a_table_that_never_stood_is_made(scene: Scene) -> None:
    rejects = schema("product_core.rejects", {"raw": "string", **SLICE}, *SLICE)

    scene.lake.migrate([rejects], author="person:mia")

    assert scene.lake.view().exists("product_core.rejects")
