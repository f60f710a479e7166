from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.contracts.feed_spec import ColumnSpec
from agentic_lakehouse_tests.engines.load_scene import load_values


def column(kind: Any, **claims: Any) -> ColumnSpec:
    return ColumnSpec(source_name="value", name="value", type=kind, **claims)


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        (column("string"), " x ", " x "),
        (column("string"), "  ", None),
        (column("string"), "0012", "0012"),
        (column("string", null_tokens=("n/a",)), " n/a ", None),
        (column("string", null_tokens=("n/a",)), "N/A", "N/A"),
        (column("integer"), " 7 ", 7),
        (column("integer"), "-12", -12),
        (column("integer"), "+3", 3),
        (column("integer"), "9223372036854775807", 9223372036854775807),
        (column("integer", null_tokens=("-",)), "-", None),
        (column("decimal"), " 1.5", Decimal("1.5000")),
        (column("decimal", format="1.234,56"), "-1.234,5", Decimal("-1234.5000")),
        (column("decimal", precision=38, scale=18), "9" * 20 + "." + "9" * 18, Decimal("9" * 20 + "." + "9" * 18)),
        (column("decimal", precision=2, scale=2), "0.99", Decimal("0.99")),
        (column("decimal", format="1.234,56 €"), "1.234,50 €", Decimal("1234.5000")),
        (column("decimal", format="1.234,56 €"), "-5€", Decimal("-5.0000")),
        (column("decimal", format="$1,234.56"), "-$1,299", Decimal("-1299.0000")),
        (column("decimal", format="$1,234.56"), "$ -5", Decimal("-5.0000")),
        (column("decimal", format="CHF 1'234.56"), "CHF 1’234.50", Decimal("1234.5000")),
        (column("decimal", format="1234.56 %"), "19%", Decimal("19.0000")),
        (column("decimal", format="1.234,56-"), "5,00-", Decimal("-5.0000")),
        (column("decimal", format="(1,234.56)"), "(1,250.00)", Decimal("-1250.0000")),
        (column("decimal", format="($1,234.56)"), "($5)", Decimal("-5.0000")),
        (column("decimal", format="12,34,567.89"), "-12,34,567.89", Decimal("-1234567.8900")),
        (column("decimal", format="1 234,56"), "1\u2009234,5", Decimal("1234.5000")),
        (column("decimal", format="1234,56"), "007,50", Decimal("7.5000")),
        (column("date", format="%d. %B %Y"), "5. März 2024", dt.date(2024, 3, 5)),
        (column("date", format="%d.%m.%y"), "31.12.69", dt.date(2069, 12, 31)),
        (column("date", format="%d.%m.%y"), "31.12.70", dt.date(1970, 12, 31)),
        (column("boolean"), "TRUE", True),
        (column("boolean", format="ja|nein"), " Nein ", False),
        (column("boolean", format="1|0"), "1", True),
        (column("date"), "2024-01-31", dt.date(2024, 1, 31)),
        (column("date", format="%d.%m.%Y"), " 1.2.2024", dt.date(2024, 2, 1)),
        (column("timestamp"), "2024-01-31T12:00:00+02:00", dt.datetime(2024, 1, 31, 10, tzinfo=dt.UTC)),
        (column("timestamp"), "2024-01-31 12:00:00.25", dt.datetime(2024, 1, 31, 12, 0, 0, 250000, dt.UTC)),
        (column("timestamp"), "2024-01-31", dt.datetime(2024, 1, 31, tzinfo=dt.UTC)),
        (
            column("timestamp", format="%d.%m.%Y %H:%M"),
            "31.01.2024 12:30",
            dt.datetime(2024, 1, 31, 12, 30, tzinfo=dt.UTC),
        ),
        (column("json"), ' {"a": [1.50, null]} ', '{"a": [1.50, null]}'),
    ],
)
def test_a_cell_becomes_its_value(tmp_path: Path, spec: ColumnSpec, text: str, value: Any) -> None:
    found = load_values(tmp_path, [text.replace('"', '""').join('""') if '"' in text else text], spec)

    assert found.faults == []
    assert found.values("value") == [value]


@pytest.mark.parametrize(
    ("spec", "text", "code"),
    [
        (column("integer"), "1.0", "not_an_integer"),
        (column("integer"), "1 000", "not_an_integer"),
        (column("integer"), "00123", "not_an_integer"),
        (column("integer"), "-007", "not_an_integer"),
        (column("decimal"), "007", "not_a_decimal"),
        (column("decimal", format="1.234,56 €"), "12,50", "not_a_decimal"),
        (column("decimal", format="1.234,56 €"), "12,50 $", "not_a_decimal"),
        (column("decimal", format="1234.56 kg"), "12 KG", "not_a_decimal"),
        (column("decimal", format="$1,234.56"), "--$5", "not_a_decimal"),
        (column("decimal", format="(1,234.56)"), "(5", "not_a_decimal"),
        (column("decimal", format="(1,234.56)"), "(-5)", "not_a_decimal"),
        (column("decimal", format="1.234,56-"), "-5-", "not_a_decimal"),
        (column("decimal", format="12,34,567.89"), "1,234,567.89", "not_a_decimal"),
        (column("integer"), "9223372036854775808", "not_an_integer"),
        (column("integer"), "n/a", "not_an_integer"),
        (column("decimal"), "1,5", "not_a_decimal"),
        (column("decimal"), "69.71 gbp", "not_a_decimal"),
        (column("decimal"), "1e5", "not_a_decimal"),
        (column("decimal"), "NaN", "not_a_decimal"),
        (column("decimal", format="1.234,56"), "12.50", "not_a_decimal"),
        (column("decimal", scale=2), "1.234", "decimal_too_long"),
        (column("decimal", precision=5, scale=2), "1234", "decimal_too_long"),
        (column("decimal", precision=2, scale=2), "5.00", "decimal_too_long"),
        (column("boolean"), "ja", "not_a_boolean"),
        (column("boolean", format="ja|nein"), "1", "not_a_boolean"),
        (column("date"), "31.01.2024", "not_a_date"),
        (column("date"), "2024-02-30", "not_a_date"),
        (column("date", format="%d/%m/%Y"), "01/02/24", "not_a_date"),
        (column("timestamp"), "12:00", "not_a_timestamp"),
        (column("json"), "{broken", "not_json"),
        (column("json"), "NaN", "not_json"),
        (column("string", nullable=False), "  ", "missing_value"),
        (column("integer", nullable=False, null_tokens=("-",)), "-", "missing_value"),
    ],
)
def test_a_cell_that_does_not_fit_sends_its_row_away(tmp_path: Path, spec: ColumnSpec, text: str, code: str) -> None:
    found = load_values(tmp_path, [text], spec)

    assert found.rows == []
    assert found.faults == [(2, "value", code)]
    if code != "missing_value":
        assert repr(text) in found.bad.to_pylist()[0]["message"]


def test_a_long_cell_is_cut_in_the_message_and_whole_in_the_raw_record(tmp_path: Path) -> None:
    (row,) = load_values(tmp_path, ["x" * 5000], column("integer")).bad.to_pylist()

    assert len(row["message"]) < 250
    assert row["raw"] == "0\t" + "x" * 5000
