"""The outbox of notices: entered once, sent at least once, retried within a bound, and quiet where a feed flaps."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.notice import Change, Topic
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse.lake.notices import FIRST_WAIT, MAX_AN_HOUR, MAX_ATTEMPTS, Notices

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def change(state: str, *, feed: str = "acme/prices", topic: Topic = "run") -> Change:
    return Change(feed=feed, topic=topic, state=state, text=f"{feed} is {state}", facts={})


@pytest.fixture
def notices(tmp_path: Path) -> Notices:
    return Lake.open(f"sqlite:///{tmp_path / 'catalog.db'}", str(tmp_path / "warehouse")).notices


@pytest.mark.parametrize(
    ("topic", "seen", "told"),
    [
        ("run", ["published", "published"], []),
        ("run", ["failed:audit", "failed:audit", "failed:audit"], ["failed:audit"]),
        ("run", ["failed:audit", "failed:budget"], ["failed:audit", "failed:budget"]),
        ("run", ["failed:audit", "published", "published"], ["failed:audit", "published"]),
        ("run", ["awaiting_review:m-1", "awaiting_review:m-1", "published"], ["awaiting_review:m-1", "published"]),
        ("run", ["awaiting_review:m-1", "awaiting_review:m-2"], ["awaiting_review:m-1", "awaiting_review:m-2"]),
        ("delivery", ["fresh", "late", "late", "fresh", "fresh"], ["late", "fresh"]),
    ],
)
def test_each_change_is_entered_once(notices: Notices, topic: Topic, seen: list[str], told: list[str]) -> None:
    entered = [
        notice.state
        for tick, state in enumerate(seen)
        for notice in notices.enter([change(state, topic=topic)], ["webhook"], now=NOON + tick * MINUTE)
    ]

    assert entered == told


def test_each_channel_is_told_by_itself(notices: Notices) -> None:
    notices.enter([change("failed:audit")], ["webhook"], now=NOON)

    [mail] = notices.enter([change("failed:audit")], ["webhook", "mail"], now=NOON + MINUTE)

    assert mail.channel == "mail"


def test_a_feed_that_flaps_is_told_of_so_often_an_hour_and_then_as_it_stands(notices: Notices) -> None:
    def flap(minute: int, state: str) -> int:
        return len(notices.enter([change(state)], ["webhook"], now=NOON + minute * MINUTE))

    told = sum(flap(minute, "failed:audit" if minute % 2 == 0 else "published") for minute in range(31))

    assert told == MAX_AN_HOUR
    assert flap(50, "failed:audit") == 0
    assert flap(61, "failed:audit") == 1


def test_what_was_not_taken_waits_longer_each_time_and_is_given_up_at_last(notices: Notices) -> None:
    notices.enter([change("failed:audit")], ["webhook"], now=NOON)
    now, waits = NOON, []

    while due := notices.due("webhook", now=now):
        claimed = notices.claim(due[0], now=now)
        assert claimed is not None
        notices.unsent(claimed, error="HTTP 500", now=now)
        waits.append(claimed.next_try_at - now)
        assert notices.due("webhook", now=now) == []
        now = claimed.next_try_at

    assert len(waits) == MAX_ATTEMPTS
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    [lost] = notices.given_up()
    assert (lost.status, lost.attempts, lost.error) == ("failed", MAX_ATTEMPTS, "HTTP 500")


def test_what_was_given_up_can_be_sent_again(notices: Notices) -> None:
    notices.enter([change("failed:audit")], ["webhook"], now=NOON)
    for attempt in range(MAX_ATTEMPTS):
        now = NOON + attempt * timedelta(days=1)
        claimed = notices.claim(notices.due("webhook", now=now)[0], now=now)
        assert claimed is not None
        notices.unsent(claimed, error="HTTP 500", now=now)

    assert notices.send_again(now=NOON) == 1

    assert [n.attempts for n in notices.due("webhook", now=NOON)] == [0]
    assert notices.given_up() == []


def test_a_process_that_died_before_it_sent_loses_nothing(notices: Notices) -> None:
    notices.enter([change("failed:audit")], ["webhook"], now=NOON)
    assert notices.claim(notices.due("webhook", now=NOON)[0], now=NOON) is not None

    assert notices.due("webhook", now=NOON) == []
    assert [n.state for n in notices.due("webhook", now=NOON + FIRST_WAIT)] == ["failed:audit"]


def test_of_two_that_saw_a_notice_due_one_sends_it(notices: Notices) -> None:
    notices.enter([change("failed:audit")], ["webhook"], now=NOON)
    [due] = notices.due("webhook", now=NOON)

    assert notices.claim(due, now=NOON) is not None
    assert notices.claim(due, now=NOON) is None


def test_many_at_once_enter_a_change_once(notices: Notices) -> None:
    entered: list[str] = []
    start = threading.Barrier(8)

    def enter() -> None:
        start.wait()
        entered.extend(n.id for n in notices.enter([change("failed:audit")], ["webhook", "mail"], now=NOON))

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(entered) == 2
