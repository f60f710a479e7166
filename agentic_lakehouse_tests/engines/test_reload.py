"""Bad records typed again, by what `ingest_errors` keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat
from agentic_lakehouse.contracts.tables import bronze_table, ingest_errors_table
from agentic_lakehouse.engines.base import BadRecord, Reloaded
from agentic_lakehouse.engines.reload import reload_records
from agentic_lakehouse_tests.engines.load_scene import LINEAGE, STANDARD, load, spec_of

SEMICOLONS = FileFormat(kind="csv", encoding="utf-8", delimiter=";", quote='"', header_row=1)
NUMBER = ColumnSpec(source_name="nr", name="nr", type="string")
TEXT = ColumnSpec(source_name="titel", name="titel", type="string")
PRICE = ColumnSpec(source_name="preis", name="preis", type="decimal", format="1.234,56")
LENIENT = PRICE.model_copy(update={"null_tokens": ("auf Anfrage",)})
FILE = """nr;titel;preis
1;Stift;1,50
2;Block;auf Anfrage
3;Heft\\; A5\\; kariert;2,50
4;Mappe;teuer
5;Ordner
6;Lineal;0,80
Stand: heute
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text(FILE, encoding="utf-8")
    return path


def kept(bad: Any) -> list[BadRecord]:
    """Return bad records as they are kept."""
    names = {"row_number": "_row_number"}
    return [BadRecord(**{f.name: row[names.get(f.name, f.name)] for f in fields(BadRecord)}) for row in bad.to_pylist()]


def reload(records: Sequence[BadRecord], spec: FeedSpec, original: Path | None, staging: Path) -> Reloaded:
    return reload_records(
        records,
        spec,
        original=original,
        good=bronze_table(STANDARD, spec),
        bad=ingest_errors_table(STANDARD),
        lineage=LINEAGE,
        staging=staging,
    )


def test_together_they_are_what_loading_the_file_by_the_new_spec_gives(file: Path, tmp_path: Path) -> None:
    before = load(file, NUMBER, TEXT, PRICE, fmt=SEMICOLONS)
    now = load(file, NUMBER, TEXT, LENIENT, fmt=SEMICOLONS)

    again = reload(kept(before.bad), spec_of(SEMICOLONS, NUMBER, TEXT, LENIENT), file, tmp_path)

    fitting = pq.read_table(again.good.path).to_pylist()
    told = {"_spec_sha256"}
    rows = [{k: v for k, v in row.items() if k not in told} for row in (*before.good.to_pylist(), *fitting)]
    expected = [{k: v for k, v in row.items() if k not in told} for row in now.good.to_pylist()]
    assert sorted(rows, key=lambda row: row["_row_number"]) == expected
    assert again.error_codes == dict(now.loaded.error_codes)


def test_by_the_same_spec_nothing_is_news(file: Path, tmp_path: Path) -> None:
    before = load(file, NUMBER, TEXT, PRICE, fmt=SEMICOLONS)
    assert {"not_a_decimal", "too_many_cells", "too_few_cells", "footer"} <= set(before.loaded.error_codes)

    again = reload(kept(before.bad), spec_of(SEMICOLONS, NUMBER, TEXT, PRICE), file, tmp_path)

    assert not again.is_news
    assert again.error_codes == dict(before.loaded.error_codes)


def test_a_record_of_another_width_is_split_again_by_the_dialect_of_the_spec(file: Path, tmp_path: Path) -> None:
    before = load(file, NUMBER, TEXT, PRICE, fmt=SEMICOLONS)
    escaped = SEMICOLONS.model_copy(update={"escape": "\\"})

    again = reload(kept(before.bad), spec_of(escaped, NUMBER, TEXT, PRICE), file, tmp_path)

    [row] = pq.read_table(again.good.path).to_pylist()
    assert (row["nr"], row["titel"], row["_row_number"]) == ("3", "Heft; A5; kariert", 3)


def test_one_that_is_whole_now_but_does_not_fit_tells_the_cell_that_does_not(file: Path, tmp_path: Path) -> None:
    before = load(file, NUMBER, TEXT, PRICE, fmt=SEMICOLONS)
    whole = SEMICOLONS.model_copy(update={"escape": "\\"})
    title = TEXT.model_copy(update={"type": "integer"})
    [broken] = [r for r in kept(before.bad) if r.code == "too_many_cells"]

    again = reload([broken], spec_of(whole, NUMBER, title, PRICE), file, tmp_path)

    [told] = pq.read_table(again.changed.path).to_pylist()
    assert (told["code"], told["column"], told["line"], told["status"]) == ("not_an_integer", "titel", 4, "open")
    assert told["cells"] is not None


def test_where_the_header_reads_otherwise_or_is_gone_broken_records_stay(file: Path, tmp_path: Path) -> None:
    before = load(file, NUMBER, TEXT, PRICE, fmt=SEMICOLONS)
    commas = FileFormat(kind="csv", encoding="utf-8", delimiter=",", header_row=1)
    broken = [r for r in kept(before.bad) if r.cells is None]

    for spec, original in (
        (spec_of(commas, NUMBER, TEXT, PRICE), file),
        (spec_of(SEMICOLONS, NUMBER, TEXT, PRICE), None),
    ):
        again = reload(broken, spec, original, tmp_path)
        assert not again.is_news
        assert sum(again.error_codes.values()) == len(broken)
