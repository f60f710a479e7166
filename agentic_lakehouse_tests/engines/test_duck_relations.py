"""How Parquet files become the tables that SQL sees."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.engines.duck import DuckSql
from agentic_lakehouse.errors import CatalogUnavailable, ContractInvalid, EngineFailed


def parquet(path: Path, **columns: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def rows(relation: Relation, sql: str = "SELECT * FROM t") -> list[dict[str, Any]]:
    return DuckSql().query(sql, {"t": relation}).to_pylist()


def test_a_relation_has_exactly_its_columns_and_types(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", n=pa.array([1], pa.int32()), extra=["x"], s=["b"])

    found = DuckSql().query("SELECT * FROM t", {"t": Relation([file], {"s": "string", "n": "long"})})

    assert found.schema == pa.schema({"s": pa.string(), "n": pa.int64()})


def test_every_table_type_reads_as_itself(tmp_path: Path) -> None:
    types = {
        "s": "string", "l": "long", "f": "double", "b": "boolean", "d": "date", "t": "timestamp", "p": "decimal(18,4)",
    }  # fmt: skip
    file = parquet(
        tmp_path / "a.parquet",
        s=["ä"], l=[2**62], f=[0.5], b=[True], d=[date(2024, 2, 29)],
        t=pa.array([datetime(2024, 1, 1, 12, tzinfo=UTC)], pa.timestamp("us", "UTC")),
        p=pa.array([Decimal("1.5000")], pa.decimal128(18, 4)),
    )  # fmt: skip

    assert rows(Relation([file], types)) == [
        {
            "s": "ä", "l": 2**62, "f": 0.5, "b": True, "d": date(2024, 2, 29),
            "t": datetime(2024, 1, 1, 12, tzinfo=UTC), "p": Decimal("1.5000"),
        }
    ]  # fmt: skip


def test_files_are_joined_by_column_name_and_an_absent_column_is_null(tmp_path: Path) -> None:
    old = parquet(tmp_path / "old.parquet", a=[1], b=["x"])
    new = parquet(tmp_path / "new.parquet", b=["y"], c=[True])
    types = {"a": "long", "b": "string", "c": "boolean", "never": "decimal(10,2)"}

    assert rows(Relation([old, new], types), "SELECT * FROM t ORDER BY b") == [
        {"a": 1, "b": "x", "c": None, "never": None},
        {"a": None, "b": "y", "c": True, "never": None},
    ]


def test_a_relation_without_files_is_empty_and_typed(tmp_path: Path) -> None:
    found = DuckSql().query("SELECT * FROM t", {"t": Relation([], {"p": "decimal(18,4)", "d": "date"})})

    assert found.num_rows == 0
    assert found.schema == pa.schema({"p": pa.decimal128(18, 4), "d": pa.date32()})


def test_folders_named_like_partitions_add_no_column(tmp_path: Path) -> None:
    file = parquet(tmp_path / "vendor_name=acme" / "a [1].parquet", vendor_name=["from the file"])

    assert rows(Relation([file], {"vendor_name": "string"})) == [{"vendor_name": "from the file"}]


def test_relations_stand_in_their_schemas(tmp_path: Path) -> None:
    core = Relation([parquet(tmp_path / "a.parquet", k=[1, 2])], {"k": "long"})
    bronze = Relation([parquet(tmp_path / "b.parquet", k=[2, 3])], {"k": "long"})
    sql = 'SELECT k FROM "core"."product" SEMI JOIN "raw"."a-b__feed" USING (k)'

    found = DuckSql().query(sql, {"core.product": core, "raw.a-b__feed": bronze, "core.other": core})

    assert found.to_pylist() == [{"k": 2}]


def test_a_file_reached_through_a_link_is_read(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", k=[1])
    link = tmp_path / "link.parquet"
    link.symlink_to(file)

    assert rows(Relation([link], {"k": "long"})) == [{"k": 1}]


def test_a_limit_keeps_the_order(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", k=list(range(5000)))

    found = DuckSql().query("SELECT k FROM t ORDER BY k DESC", {"t": Relation([file], {"k": "long"})}, limit=2)

    assert found.to_pylist() == [{"k": 4999}, {"k": 4998}]


def test_a_value_that_does_not_fit_its_type_is_an_error(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", k=["abc"])

    with pytest.raises(EngineFailed, match="abc") as failed:
        rows(Relation([file], {"k": "long"}))

    assert failed.value.details["kind"] == "Conversion"


def test_an_unknown_type_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractInvalid, match="'money'"):
        rows(Relation([], {"k": "money"}))


def test_a_missing_or_broken_file_is_named_without_its_folder(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"not parquet")

    for file in (broken, tmp_path / "gone.parquet"):
        with pytest.raises(CatalogUnavailable, match=file.name) as failed:
            rows(Relation([file], {"k": "long"}))
        assert str(tmp_path) not in str(failed.value)
