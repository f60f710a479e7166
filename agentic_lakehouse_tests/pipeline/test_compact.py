from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.engines.base import StagedFile
from agentic_lakehouse.engines.local import LocalEngine
from agentic_lakehouse.errors import EngineFailed
from agentic_lakehouse.lake.upkeep.bundles import Bundle
from agentic_lakehouse.pipeline.compact import rewrite

TYPES = {"sku": "string", "price": "decimal(20,4)", "stock": "long", "seen": "timestamp"}
BUNDLE = Bundle(table="product_raw.acme__prices", head="", types=TYPES, files=())


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files: the older one has no stock, and fewer digits."""
    seen = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
    older = pa.table(
        {
            "sku": pa.array(["A1", "A1", None]),
            "price": pa.array([Decimal("1.2500"), Decimal("1.2500"), None], pa.decimal128(10, 4)),
            "seen": pa.array([seen, seen, None], pa.timestamp("us", tz="UTC")),
        }
    )
    newer = pa.table(
        {
            "sku": pa.array(["ä\u0000", ""]),
            "price": pa.array([Decimal("123456789012.0000"), Decimal(-1)], pa.decimal128(20, 4)),
            "stock": pa.array([-(2**63), 2**63 - 1]),
            "seen": pa.array([seen, seen], pa.timestamp("us", tz="UTC")),
        }
    )
    paths = [tmp_path / "older.parquet", tmp_path / "newer.parquet"]
    for path, table in zip(paths, (older, newer), strict=True):
        pq.write_table(table, path)
    return paths


def test_the_rows_are_the_same_one_file_after_the_other(files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "one.parquet"

    rewrite(BUNDLE, files, out, engine=LocalEngine())

    expected = [row | {"stock": row.get("stock")} for file in files for row in pq.read_table(file).to_pylist()]
    assert pq.read_table(out).to_pylist() == expected


def test_very_many_files_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentic_lakehouse.pipeline.compact.FAN_IN", 3)
    paths = [tmp_path / f"small-{number:02}.parquet" for number in range(20)]
    for number, path in enumerate(paths):
        pq.write_table(pa.table({"stock": [number]}), path)

    rewrite(BUNDLE, paths, out := tmp_path / "one.parquet", engine=LocalEngine())

    assert pq.read_table(out)["stock"].to_pylist() == list(range(20))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM small LIMIT 4",
        "SELECT DISTINCT * FROM small UNION ALL SELECT * FROM small WHERE sku = ''",
        "SELECT * REPLACE (coalesce(stock, 0) AS stock) FROM small",
        "SELECT * REPLACE (price + 1 AS price) FROM small",
    ],
)
def test_a_file_with_other_rows_is_refused(files: list[Path], tmp_path: Path, sql: str) -> None:
    class Careless(LocalEngine):
        def transform(self, _: str, relations: Any, out: Path, *, types: Any) -> StagedFile:
            return super().transform(sql, relations, out, types=types)

    with pytest.raises(EngineFailed, match="not written anew as they are"):
        rewrite(BUNDLE, files, tmp_path / "one.parquet", engine=Careless())
