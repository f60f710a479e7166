from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse_tests.lake.scene import NOW, Scene, call, proposal

TABLES = [
    "governance.audits",
    "governance.commits",
    "governance.dead_letters",
    "governance.deliveries",
    "governance.drifts",
    "governance.feed_specs",
    "governance.inbox",
    "governance.mappings",
    "governance.model_calls",
    "governance.notices",
    "governance.policies",
    "governance.precedents",
    "governance.reviews",
    "governance.runs",
]


def test_tables_that_nobody_asks_for_are_not_read(scene: Scene) -> None:
    assert list(scene.lake.governance.as_arrow(["governance.runs", "product_core.product"])) == ["governance.runs"]


def test_every_governance_table_is_there_with_the_same_types_empty_or_full(scene: Scene, feed: Feed) -> None:
    empty = scene.lake.governance.as_arrow()
    scene.lake.governance.propose(proposal(feed, "spec"))
    scene.lake.governance.record_call(call(status="schema"))
    scene.deliver(feed)
    scene.run(feed, "A1")

    full = scene.lake.governance.as_arrow()

    assert sorted(full) == TABLES
    assert {n: t.schema for n, t in full.items()} == {n: t.schema for n, t in empty.items()}
    assert {n: t.num_rows for n, t in full.items() if n != "governance.runs"} == {
        "governance.audits": 2,
        "governance.commits": 2,
        "governance.dead_letters": 1,
        "governance.deliveries": 1,
        "governance.drifts": 0,
        "governance.feed_specs": 1,
        "governance.inbox": 0,
        "governance.mappings": 1,
        "governance.model_calls": 1,
        "governance.notices": 0,
        "governance.policies": 0,
        "governance.precedents": 0,
        "governance.reviews": 1,
    }


def test_times_days_numbers_and_json_keep_their_types(scene: Scene, feed: Feed) -> None:
    scene.lake.governance.record_call(call(cost_usd=0.5, errors=("a", "b"), input_tokens=3))
    scene.deliver(feed)

    tables = scene.lake.governance.as_arrow()
    calls, deliveries = tables["governance.model_calls"], tables["governance.deliveries"]

    assert calls.schema.field("created_at").type == pa.timestamp("us", tz="UTC")
    assert calls["created_at"].to_pylist() == [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    assert calls["errors"].to_pylist() == ['["a","b"]']
    assert calls["cost_usd"].to_pylist() == [0.5]
    assert deliveries.schema.field("ingestion_date").type == pa.date32()


def test_sql_can_be_asked_of_them(scene: Scene, feed: Feed) -> None:
    scene.run(feed, "A1")
    commits = scene.lake.governance.as_arrow()["governance.commits"]

    with duckdb.connect() as connection:
        connection.register("commits", commits)
        sql = "SELECT feed, json_extract_string(audit, '$.fold_sha256') FROM commits WHERE feed <> ''"
        rows = connection.execute(sql).fetchall()

    assert rows == [("acme/prices", f"fold of {scene.approve(feed).id}")]


def test_the_lakes_own_columns_are_not_shown(scene: Scene) -> None:
    names = {name for table in scene.lake.governance.as_arrow().values() for name in table.column_names}

    assert names.isdisjoint({"seq", "deltas", "checkpoint"})
    assert NOW.tzinfo is UTC
