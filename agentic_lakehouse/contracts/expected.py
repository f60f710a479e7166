"""What a vendor's facts say of time, checked when they are read: it would be met only when a delivery is late."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from agentic_lakehouse.contracts.feed import ID_PATTERN
from agentic_lakehouse.contracts.yaml_file import Place, did_you_mean

WORDS = ("daily", "weekly", "never")

_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun|l"
_CRON = re.compile(rf"(?:(?:[0-9*,/#-]|{_NAMES})+\s+){{4}}(?:[0-9*,/#-]|{_NAMES})+", re.IGNORECASE)
"""Five fields. The library also reads seconds, years, and fields that are drawn at random."""


def check_expected(place: Place) -> None:
    """Refuse an expectation that is no word that we know, and no cron line that ever comes round.

    Raises:
        ContractInvalid: it is neither.
    """
    from croniter import CroniterError, croniter

    text = place.data
    if text is None or text in WORDS:
        return
    if " " not in text.strip():
        hint = f"{did_you_mean(text, WORDS)} A cron line will do, too: `0 6 * * mon-fri`."
        raise place.invalid(f"{text!r} does not say when a delivery is expected.", hint)
    hint = "Write `daily`, `weekly`, `never`, or minute, hour, day, month and weekday: `0 6 * * mon-fri`."
    if not _CRON.fullmatch(text.strip()):
        raise place.invalid(f"{text!r} is no cron line of five fields.", hint)
    try:
        croniter(text, datetime(2024, 1, 1, tzinfo=UTC)).get_next()
    except CroniterError as error:
        raise place.invalid(f"{text!r} names no time that ever comes: {error}.", hint) from error


def check_timezone(place: Place) -> None:
    """Refuse a time zone that IANA does not list.

    Raises:
        ContractInvalid: it does not.
    """
    if place.data is None:
        return
    try:
        ZoneInfo(place.data)
    except (KeyError, ValueError, OSError) as error:  # unknown; not a name but a path; a folder of the database
        raise place.invalid(
            f"{place.data!r} is not an IANA time zone.", "Write it like `Europe/Berlin` or `UTC`."
        ) from error


def check_feed_id(place: Place, feed: str) -> None:
    """Refuse the name of a feed that there cannot be.

    Raises:
        ContractInvalid: it is no id.
    """
    if not ID_PATTERN.fullmatch(feed):
        raise place.invalid(f"{feed!r} cannot be a feed id.", "Write the name of its folder in the landing zone.")
