"""A damaged Parquet file is named with its table, whatever DuckDB says of it, and is no fault of the query."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.engines.duck import DuckSql
from agentic_lakehouse.errors import CatalogUnavailable, EngineFailed
from agentic_lakehouse_tests.damage import DAMAGES, damaged

TYPES = {"sku": "string", "price": "double"}
CORE = "product_core.product"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files of a table, as the engine writes them."""
    duck = DuckSql()
    sql = "SELECT 'sku' || range AS sku, range / 7 AS price FROM range(5000)"
    return [duck.transform(sql, {}, tmp_path / name, types=TYPES).path for name in ("whole.parquet", "broken.parquet")]


def relation(files: list[Path]) -> dict[str, Relation]:
    return {"bronze": Relation(files=files, types=TYPES, table=CORE)}


def refused(files: list[Path], out: Path) -> list[CatalogUnavailable]:
    """What a query and a transformation over all rows end in."""
    found = []
    sql = "SELECT max(sku) AS sku, sum(price) AS price FROM bronze"
    for deed in (
        lambda: DuckSql().query(sql, relation(files)),
        lambda: DuckSql().transform(sql, relation(files), out, types=TYPES),
    ):
        with pytest.raises(CatalogUnavailable) as error:
            deed()
        found.append(error.value)
    assert not out.exists()
    return found


# Bytes garbled within a page can pass: DuckDB writes no page checksums, and does not look at others'.
@pytest.mark.parametrize("how", sorted(set(DAMAGES) - {"garbage within"}))
def test_a_damaged_file_is_named_with_its_table(files: list[Path], tmp_path: Path, how: str) -> None:
    with damaged(files[1], how):
        errors = refused(files, tmp_path / "out.parquet")

    for error in errors:
        assert (error.details["table"], error.details["location"]) == (CORE, str(files[1]))
        assert error.message.startswith(f"{CORE} cannot be read: its data file broken.parquet is damaged")
        assert "lakehouse doctor --deep" in str(error.hint)


def test_a_garbled_footer_is_never_a_fault_of_the_query(files: list[Path]) -> None:
    some, whole, named = random.Random(5), files[1].read_bytes(), 0
    for _ in range(30):
        place = len(whole) - some.randrange(9, 300)
        files[1].write_bytes(whole[:place] + some.randbytes(4) + whole[place + 4 :])
        try:
            DuckSql().query("SELECT * FROM bronze", relation(files))
        except CatalogUnavailable as error:
            named += error.details["location"] == str(files[1])

    assert named > 10  # the others hit what DuckDB does not need, or what it cannot check


def test_a_fault_of_the_query_stays_one_where_all_files_are_whole(files: list[Path]) -> None:
    with pytest.raises(EngineFailed, match="Could not parse string"):
        DuckSql().query("SELECT strptime(sku, '%Y') FROM bronze", relation(files))
