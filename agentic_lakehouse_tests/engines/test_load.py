from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.contracts.feed_spec import ColumnSpec
from agentic_lakehouse.errors import ContractInvalid, FeedUnreadable
from agentic_lakehouse_tests.engines.load_scene import load

NR = ColumnSpec(source_name="Artikel", name="artikel", type="string", nullable=False)
PRICE = ColumnSpec(source_name="Preis", name="preis", type="decimal", format="1.234,56", precision=10, scale=2)
DAY = ColumnSpec(source_name="Datum", name="datum", type="date", format="%d.%m.%Y")
FLAG = ColumnSpec(source_name="Aktiv", name="aktiv", type="boolean", format="ja|nein", null_tokens=("k.A.",))
CSV = "Artikel;Preis;Datum;Aktiv\nA1;1.234,56;31.01.2024;ja\nA2;auf Anfrage;01.02.2024;nein\nA3;;;k.A.\n"


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "a.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def test_good_rows_are_typed_and_bad_rows_are_kept_verbatim(prices: Path) -> None:
    found = load(prices, NR, PRICE, DAY, FLAG)

    assert found.rows == [
        {"artikel": "A1", "preis": Decimal("1234.56"), "datum": dt.date(2024, 1, 31), "aktiv": True},
        {"artikel": "A3", "preis": None, "datum": None, "aktiv": None},
    ]
    assert found.loaded.good_rows == 2
    assert found.loaded.bad.rows == 1
    assert found.loaded.rows == 3
    assert found.loaded.error_codes == {"not_a_decimal": 1}
    assert found.loaded.null_counts == {"artikel": 0, "preis": 1, "datum": 1, "aktiv": 1}


def test_an_error_row_says_all_that_is_known_of_it(prices: Path) -> None:
    (row,) = load(prices, NR, PRICE, DAY, FLAG).bad.to_pylist()

    assert row["line"] == 3
    assert row["_row_number"] == 2
    assert row["column"] == "Preis"
    assert row["code"] == "not_a_decimal"
    assert row["message"] == "'auf Anfrage' in 'Preis' is not a number written like 1.234,56"
    assert row["raw"] == "A2;auf Anfrage;01.02.2024;nein"
    assert (row["vendor_name"], row["source_table"], row["status"]) == ("acme", "acme__prices", "open")
    assert (row["file"], row["_delivery_id"]) == ("acme/prices/a.csv", "00000001-0123456789ab")
    assert (row["ingestion_date"], row["_run_id"]) == (dt.date(2024, 1, 31), "run-1")
    assert len(row["spec_sha256"]) == 64


def test_a_kept_record_tells_its_cells_and_what_was_read_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Artikel;Preis;Datum;Aktiv;Um;Rest\nA1;teuer;01.02.2024;k.A.;2024-02-01T10:00:00+02:00;x\nA2;1\n")
    at = ColumnSpec(source_name="Um", name="um", type="timestamp")

    kept, broken = load(path, NR, PRICE, DAY, FLAG, at).bad.to_pylist()

    assert json.loads(kept["cells"]) == {
        "Artikel": "A1", "Preis": "teuer", "Datum": "01.02.2024", "Aktiv": "k.A.",
        "Um": "2024-02-01T10:00:00+02:00", "Rest": "x",
    }  # fmt: skip
    assert json.loads(kept["typed"]) == {
        "artikel": "A1", "preis": {"fault": "not_a_decimal"}, "datum": "2024-02-01", "aktiv": None,
        "um": "2024-02-01T08:00:00.000000Z",
    }  # fmt: skip
    assert (broken["cells"], broken["typed"]) == (None, None)


def test_good_rows_carry_where_they_came_from(prices: Path) -> None:
    found = load(prices, NR, PRICE, DAY, FLAG)

    assert found.values("_row_number") == [1, 3]
    assert found.values("_delivery_id") == ["00000001-0123456789ab"] * 2
    assert found.values("vendor_name") == ["acme", "acme"]
    assert found.values("ingestion_date") == [dt.date(2024, 1, 31)] * 2
    assert found.values("_ingested_at") == [dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC)] * 2
    assert found.values("_spec_sha256") == [found.bad.to_pylist()[0]["spec_sha256"]] * 2


def test_the_files_have_exactly_the_tables_columns_and_types(prices: Path) -> None:
    found = load(prices, NR, PRICE, DAY, FLAG)

    assert found.good.schema.names[:5] == ["artikel", "preis", "datum", "aktiv", "_delivery_id"]
    assert [found.good.schema.field(n).type for n in ("artikel", "preis", "datum", "aktiv", "_ingested_at")] == [
        pa.string(),
        pa.decimal128(10, 2),
        pa.date32(),
        pa.bool_(),
        pa.timestamp("us", tz="UTC"),
    ]
    assert found.bad.schema.names[0] == "vendor_name"
    partition = pq.ParquetFile(found.loaded.good[0].path).metadata.row_group(0).column(10).statistics
    assert (partition.min, partition.max) == ("acme", "acme")


def test_columns_that_the_spec_does_not_name_are_left_out(prices: Path) -> None:
    assert load(prices, NR).rows == [{"artikel": "A1"}, {"artikel": "A2"}, {"artikel": "A3"}]


def test_a_column_that_the_file_lacks_is_null(prices: Path) -> None:
    gone = ColumnSpec(source_name="Gewicht", name="gewicht", type="decimal")

    found = load(prices, NR, gone)

    assert found.values("gewicht") == [None] * 3
    assert found.loaded.null_counts["gewicht"] == 3


@pytest.mark.parametrize("rows", ["A1;1,00\n", ""])
def test_a_column_that_must_have_values_cannot_be_lacking(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Artikel;Preis\n" + rows, encoding="utf-8")
    gone = ColumnSpec(source_name="EAN", name="ean", type="string", nullable=False)

    with pytest.raises(FeedUnreadable, match=r"acme/prices/a\.csv: lacks the column 'EAN'"):
        load(path, NR, gone)


def test_a_file_of_another_feed_is_refused(prices: Path) -> None:
    with pytest.raises(FeedUnreadable, match="has none of the columns of acme/prices: 'Artikel', 'Preis'"):
        load(prices, ColumnSpec(source_name="sku", name="sku", type="string"))


def test_a_format_that_cannot_be_read_by_is_refused_before_any_row(prices: Path) -> None:
    with pytest.raises(ContractInvalid, match=r"Column 'Datum': the format 'dd\.mm\.yyyy'"):
        load(prices, NR, DAY.model_copy(update={"format": "dd.mm.yyyy"}))
    with pytest.raises(ContractInvalid, match="scale 12 is more than precision 10"):
        load(prices, NR, PRICE.model_copy(update={"scale": 12}))


def test_a_header_alone_loads_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Artikel;Preis\n", encoding="utf-8")

    found = load(path, NR, PRICE)

    assert found.loaded.rows == 0
    assert found.loaded.null_counts == {"artikel": 0, "preis": 0}
    assert found.good.schema.names[:2] == ["artikel", "preis"]


def test_broken_records_stand_among_bad_rows_in_file_order(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('Artikel;Preis\nA1;x\nA2\nA3;1,00\n;2,00\nA5;"2,00\n', encoding="utf-8")

    found = load(path, NR, PRICE)

    assert found.faults == [
        (2, "Preis", "not_a_decimal"),
        (3, None, "too_few_cells"),
        (5, "Artikel", "missing_value"),
        (6, None, "bad_quoting"),
    ]
    assert found.values("artikel") == ["A3"]


def test_the_first_bad_cell_names_the_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Artikel;Preis;Datum;Aktiv\nA1;teuer;gestern;vielleicht\n", encoding="utf-8")

    assert load(path, NR, PRICE, DAY, FLAG).faults == [(2, "Preis", "not_a_decimal")]


def test_json_records_load_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"items": [\n{"id": "A1", "price": {"net": 1.50}},\n{"id": "A2", "price": {"net": "?"}},\n7]}')
    net = ColumnSpec(source_name="price.net", name="net", type="decimal", scale=2)

    found = load(path, ColumnSpec(source_name="id", name="id", type="string"), net)

    assert found.rows == [{"id": "A1", "net": Decimal("1.50")}]
    assert found.faults == [(3, "price.net", "not_a_decimal"), (4, None, "not_an_object")]
    assert json.loads(found.bad.to_pylist()[0]["raw"]) == {"id": "A2", "price": {"net": "?"}}
