from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse_tests.feeds.scene import best, measured, readings


@pytest.mark.parametrize(
    ("values", "kind", "fmt"),
    [
        (["2024-01-31", "2024-02-01"], "date", "%Y-%m-%d"),
        (["31.01.2024", "1.2.2024"], "date", "%d.%m.%Y"),
        (["20240131", "20240201"], "date", "%Y%m%d"),
        (["31 Jan 2024", "1 Feb 2024"], "date", "%d %b %Y"),
        (["January 31, 2024", "February 1, 2024"], "date", "%B %d, %Y"),
        (["31. Januar 2024", "1. Mai 2024"], "date", "%d. %B %Y"),
        (["31-Mär-2024", "1-Okt-2024"], "date", "%d-%b-%Y"),
        (["31 janv. 2024", "1 févr. 2024"], "date", "%d %b %Y"),
        (["31 de enero de 2024", "1 de mayo de 2024"], "date", "%d de %B de %Y"),
        (["31JAN2024", "01DEC2024"], "date", "%d%b%Y"),
        (["31.01.68", "13.02.71"], "date", "%d.%m.%y"),
        (["1/31/2024, 1:05:00\u202fPM", "2/13/2024, 11:00:00\u202fAM"], "timestamp", "%m/%d/%Y, %I:%M:%S %p"),
        (
            ["2024-01-31T12:00:00.123+02:00", "2024-01-31T12:00:00.5-05:00"],
            "timestamp",
            "%Y-%m-%dT%H:%M:%S.%f%z",
        ),
        (["2024-01-31T12:00:00Z", "2024-01-31T12:00:00+02:00"], "timestamp", "%Y-%m-%dT%H:%M:%S%z"),
        (["2024-01-31 12:00:00", "2024-01-31 12:00:00.5"], "timestamp", "%Y-%m-%d %H:%M:%S.%f"),
        (["31.01.2024 08:15", "01.02.2024 17:45"], "timestamp", "%d.%m.%Y %H:%M"),
        (["01/31/2024 1:05 PM", "02/13/2024 11:00 am"], "timestamp", "%m/%d/%Y %I:%M %p"),
    ],
)
def test_dates_and_times_are_read_by_pattern(tmp_path: Path, values: list[str], kind: str, fmt: str) -> None:
    evidence = best(measured(tmp_path, values))

    assert (evidence.type, evidence.format, evidence.matches) == (kind, fmt, 2)


@pytest.mark.parametrize(
    ("values", "fmt"),
    [(["01/02/2024", "25/02/2024"], "%d/%m/%Y"), (["01/02/2024", "02/25/2024"], "%m/%d/%Y")],
)
def test_one_day_above_twelve_settles_the_order_for_the_column(tmp_path: Path, values: list[str], fmt: str) -> None:
    column = measured(tmp_path, values)

    assert readings(column, "date") == [(fmt, 2)]


@pytest.mark.parametrize(("locale", "fmt"), [("en_GB", "%d/%m/%Y"), ("en_US", "%m/%d/%Y"), ("de_DE", "%d/%m/%Y")])
def test_an_open_order_is_settled_by_locale(tmp_path: Path, locale: str, fmt: str) -> None:
    assert readings(measured(tmp_path, ["01/02/2024", "03/04/2024"], locale=locale), "date") == [(fmt, 2)]


@pytest.mark.parametrize("values", [["01/02/2024", "03/04/2024"], ["01-02-03", "04-05-06"]])
def test_an_open_order_without_locale_is_no_date(tmp_path: Path, values: list[str]) -> None:
    column = measured(tmp_path, values)

    assert column.evidence == ()
    [warning] = column.warnings
    assert values[0] in warning
    assert "locale" in warning


def test_an_order_that_the_column_or_the_locale_settles_is_no_news(tmp_path: Path) -> None:
    assert measured(tmp_path, ["01/02/2024", "25/02/2024"]).warnings == ()
    assert measured(tmp_path, ["01/02/2024", "03/04/2024"], locale="en_GB").warnings == ()


def test_days_that_do_not_exist_do_not_count(tmp_path: Path) -> None:
    assert readings(measured(tmp_path, ["31.01.2024", "31.02.2024"]), "date") == [("%d.%m.%Y", 1)]


def test_dates_are_ordered_in_time(tmp_path: Path) -> None:
    column = measured(tmp_path, ["02.01.2024", "01.02.2024", "31.12.2023"])

    assert (column.minimum, column.maximum) == ("31.12.2023", "01.02.2024")


def test_eight_digits_that_are_no_days_are_numbers(tmp_path: Path) -> None:
    column = measured(tmp_path, ["96385074", "12345670", "20240131"])

    assert best(column).type == "integer"
