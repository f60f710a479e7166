from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from agentic_lakehouse.feeds.instants import DATES, instant_problem, layouts, read_date, read_timestamp
from agentic_lakehouse.feeds.months import LONG_MONTHS, SHORT_MONTHS

MOMENT = dt.datetime(2024, 3, 5, 14, 7, 9, tzinfo=dt.UTC)
TIMESTAMPS = (
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y, %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y-%m-%dT%H:%M:%S%z",
    "%d %b %Y %H:%M",
    "%a, %d %b %Y %H:%M:%S %z",
    "%Y%m%d%H%M%S",
)


def as_date(text: str, fmt: str) -> dt.date | None:
    found: dt.date | None = pl.DataFrame({"t": [text]}).select(read_date(pl.col("t"), fmt)).item()
    return found


def as_timestamp(text: str, fmt: str) -> dt.datetime | None:
    found: dt.datetime | None = pl.DataFrame({"t": [text]}).select(read_timestamp(pl.col("t"), fmt)).item()
    return found


@pytest.mark.parametrize("fmt", DATES)
def test_every_date_pattern_reads_what_it_writes(fmt: str) -> None:
    text = MOMENT.strftime(fmt)

    assert as_date(text, fmt) == MOMENT.date()
    assert ("date", fmt) in set(layouts(text))


@pytest.mark.parametrize("fmt", TIMESTAMPS)
def test_every_timestamp_pattern_reads_what_it_writes(fmt: str) -> None:
    text = MOMENT.strftime(fmt)
    expected = dt.datetime.strptime(text, fmt)  # noqa: DTZ007

    assert as_timestamp(text, fmt) == (expected if expected.tzinfo else expected.replace(tzinfo=dt.UTC))
    assert ("timestamp", fmt) in set(layouts(text))


@pytest.mark.parametrize(
    ("text", "fmt"),
    [
        ("01/02/24", "%d/%m/%Y"),
        ("24-01-31", "%Y-%m-%d"),
        ("31.02.2024", "%d.%m.%Y"),
        ("2024-13-01", "%Y-%m-%d"),
        ("31.01.2024 ", "%d.%m.%Y"),
        ("31.01.2024x", "%d.%m.%Y"),
        ("5 Foo 2024", "%d %b %Y"),
        ("1.1.202", "%d.%m.%Y"),
    ],
)
def test_what_is_not_quite_a_date_is_none(text: str, fmt: str) -> None:
    assert as_date(text, fmt) is None


def test_a_single_digit_day_is_a_day() -> None:
    assert as_date("1.2.2024", "%d.%m.%Y") == dt.date(2024, 2, 1)


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2024-01-31T12:00:00Z", 12), ("2024-01-31T12:00:00+02:00", 10), ("2024-01-31T12:00:00-0330", 15)],
)
def test_an_offset_is_honoured(text: str, hour: int) -> None:
    found = as_timestamp(text, "%Y-%m-%dT%H:%M:%S%z")

    assert found is not None
    assert (found.hour, found.utcoffset()) == (hour, dt.timedelta(0))


def test_a_fraction_may_be_missing_and_is_exact_to_the_microsecond() -> None:
    fmt = "%Y-%m-%d %H:%M:%S.%f"

    assert as_timestamp("2024-01-31 12:00:00.123456", fmt) == dt.datetime(2024, 1, 31, 12, 0, 0, 123456, dt.UTC)
    assert as_timestamp("2024-01-31 12:00:00", fmt) == dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC)


def test_a_bare_date_is_its_midnight() -> None:
    assert as_timestamp("31.01.2024", "%d.%m.%Y") == dt.datetime(2024, 1, 31, tzinfo=dt.UTC)


@pytest.mark.parametrize("hour", ["24:00", "25:00"])
def test_an_hour_that_is_none_is_no_time(hour: str) -> None:
    assert as_timestamp(f"2024-01-31 {hour}", "%Y-%m-%d %H:%M") is None


@pytest.mark.parametrize(
    ("kind", "fmt", "cause"),
    [
        ("date", "%Y-%m", "needs a year, a month and a day"),
        ("date", "%Y-%m-%d %H:%M", "a date has no time of day"),
        ("date", "%Q", "'%Q'|%Q is not one of"),
        ("date", "dd.mm.yyyy", "needs a year"),
        ("timestamp", "%Y-%m-%d %I:%M", "%I needs %p"),
        ("timestamp", "%Y-%m-%d %M", "needs an hour"),
        ("date", "", "is not one of"),
    ],
)
def test_a_pattern_that_cannot_be_read_by_is_explained(kind: str, fmt: str, cause: str) -> None:
    problem = instant_problem(kind, fmt)

    assert problem is not None
    assert any(part in problem for part in cause.split("|"))


def test_no_name_of_a_month_means_two() -> None:
    for names in (SHORT_MONTHS, LONG_MONTHS):
        assert set(names.values()) == {f"{month:02}" for month in range(1, 13)}
    assert all(LONG_MONTHS.get(name, month) == month for name, month in SHORT_MONTHS.items())
    assert not {"listopad", "lis", "srp", "lip"} & (SHORT_MONTHS.keys() | LONG_MONTHS.keys())
