"""SQL from Parquet to Parquet."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.engines.duck import DuckSql
from agentic_lakehouse.errors import EngineFailed

TYPES = {"k": "string", "n": "long", "price": "decimal(18,4)", "at": "timestamp"}


@pytest.fixture
def source(tmp_path: Path) -> dict[str, Relation]:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"n": [1, 2, 3], "text": ["a", "b", None]}), path)
    return {"t": Relation([path], {"n": "long", "text": "string"})}


def test_the_file_has_exactly_the_columns_asked_for(tmp_path: Path, source: dict[str, Relation]) -> None:
    sql = "SELECT TIMESTAMP '2024-01-01 12:00' AS at, n / 3 AS price, 'x' AS more, n, text AS k FROM t ORDER BY n"

    staged = DuckSql().transform(sql, source, tmp_path / "out.parquet", types=TYPES)

    assert staged.rows == 3
    assert pq.read_schema(staged.path).remove_metadata() == pa.schema(
        {"k": pa.string(), "n": pa.int64(), "price": pa.decimal128(18, 4), "at": pa.timestamp("us", "UTC")}
    )
    assert pl.read_parquet(staged.path).row(0) == ("a", 1, Decimal("0.3333"), datetime(2024, 1, 1, 12, tzinfo=UTC))


def test_columns_are_optional_whatever_they_hold(tmp_path: Path, source: dict[str, Relation]) -> None:
    staged = DuckSql().transform(
        "SELECT 1 AS n, 'x' AS k", source, tmp_path / "out.parquet", types={"n": "long", "k": "string"}
    )

    schema = pq.ParquetFile(staged.path).schema
    assert [schema.column(i).max_definition_level for i in range(2)] == [1, 1]


def test_pages_are_compressed_with_zstd(tmp_path: Path, source: dict[str, Relation]) -> None:
    staged = DuckSql().transform("SELECT n FROM t", source, tmp_path / "out.parquet", types={"n": "long"})

    assert pq.read_metadata(staged.path).row_group(0).column(0).compression == "ZSTD"


def test_no_rows_make_a_file_with_columns(tmp_path: Path, source: dict[str, Relation]) -> None:
    staged = DuckSql().transform("SELECT * FROM t WHERE false", source, tmp_path / "out.parquet", types={"n": "long"})

    assert staged.rows == 0
    assert pq.read_table(staged.path).schema.names == ["n"]


def test_an_earlier_file_is_replaced(tmp_path: Path, source: dict[str, Relation]) -> None:
    engine, out = DuckSql(), tmp_path / "out.parquet"

    engine.transform("SELECT n FROM t", source, out, types={"n": "long"})
    staged = engine.transform("SELECT n FROM t WHERE n = 2", source, out, types={"n": "long"})

    assert pq.read_table(staged.path).to_pylist() == [{"n": 2}]


def test_a_trailing_comment_does_not_hide_what_follows(tmp_path: Path, source: dict[str, Relation]) -> None:
    staged = DuckSql().transform("SELECT n FROM t -- all", source, tmp_path / "out.parquet", types={"n": "long"})

    assert staged.rows == 3


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT nosuch FROM t", "Binder"),
        ("SELECT n FROM nosuch", "Catalog"),
        ("SELECT CAST(text AS BIGINT) AS n FROM t", "Conversion"),
        ("SELECT n FROM", "Parser"),
        ("SELECT text FROM t", "Binder"),
    ],
)
def test_a_failure_is_told_plainly_and_leaves_no_file(
    tmp_path: Path, source: dict[str, Relation], sql: str, kind: str
) -> None:
    out = tmp_path / "out.parquet"

    with pytest.raises(EngineFailed) as failed:
        DuckSql().transform(sql, source, out, types={"n": "long"})

    assert failed.value.details["kind"] == kind
    assert failed.value.hint
    assert "LINE" not in failed.value.message
    assert str(tmp_path) not in failed.value.message
    assert not out.exists()


def test_two_transforms_of_the_same_rows_are_equal(tmp_path: Path, source: dict[str, Relation]) -> None:
    files = [
        DuckSql().transform("SELECT * FROM t", source, tmp_path / f"{i}.parquet", types={"n": "long"}).path
        for i in (1, 2)
    ]

    assert files[0].read_bytes() == files[1].read_bytes()
