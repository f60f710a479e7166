"""What people are told of feeds, by real servers on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.contracts.notice import Notice
from agentic_lakehouse.errors import SettingsInvalid
from agentic_lakehouse.pipeline.channels import signature, tellers
from agentic_lakehouse.pipeline.notify import Notifier, changes
from agentic_lakehouse.pipeline.states import FeedState, states
from agentic_lakehouse.settings import Settings
from agentic_lakehouse_tests.hooks import Hook, Mailbox, hooked, mailbox
from agentic_lakehouse_tests.pipeline.conftest import Straight

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GOOD = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(20))
CRYPTIC = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooked() as hook:
        yield hook


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as box:
        yield box


@pytest.fixture
def sandbox(tmp_path: Path, hook: Hook) -> Iterator[Straight]:
    with Straight(tmp_path / "lake", webhook_url=hook.url, webhook_secret="k3y") as sandbox:
        yield sandbox


def state(feed: str = "acme/prices", **facts: Any) -> FeedState:
    """A feed at rest, but for what is given."""
    rest: dict[str, Any] = {
        "feed": feed, "status": "published", "pending": 0, "work": "", "last_run": NOON, "reason": "",
        "state": "at rest", "since": NOON, "turn": "nobody", "max_attempts": 5,
    }  # fmt: skip
    return FeedState(**{**rest, **facts})


FAILED = {"status": "failed", "state": "failed", "failure": "audit", "reason": "Checks failed.", "attempt": 2}
WAITS = {"status": "awaiting_review", "state": "waiting", "proposal": "mapping-1", "reason": "doubtful"}
LATE = {"state": "late", "late": True, "due_at": NOON, "expected": "daily", "last_delivery": NOON - 1440 * MINUTE}


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, {"run": "published", "delivery": "fresh"}),
        ({"status": "unchanged"}, {"run": "published", "delivery": "fresh"}),
        ({"status": "new"}, {"delivery": "fresh"}),
        (FAILED, {"run": "failed:audit", "delivery": "fresh"}),
        ({**FAILED, "late": True}, {"run": "failed:audit", "delivery": "late"}),
        # A new file came after the failure: it failed until a run ends otherwise.
        ({**FAILED, "state": "pending"}, {"run": "failed:audit", "delivery": "fresh"}),
        # The row of a run that goes on says that it failed.
        ({**FAILED, "state": "running"}, {"delivery": "fresh"}),
        (WAITS, {"run": "awaiting_review:mapping-1", "delivery": "fresh"}),
        # Approved, and not run yet: neither waiting any more nor published.
        ({**WAITS, "state": "pending"}, {"delivery": "fresh"}),
        (LATE, {"run": "published", "delivery": "late"}),
    ],
)
def test_a_feed_has_these_states_to_be_told(facts: dict[str, Any], told: dict[str, str]) -> None:
    assert {change.topic: change.state for change in changes([state(**facts)])} == told


def test_a_lake_at_rest_has_nothing_to_tell_at_the_first_look(sandbox: Straight, hook: Hook) -> None:
    at_rest = [state(f"acme/feed{n}") for n in range(200)]

    assert Notifier(sandbox.lakehouse).tell(at_rest, now=NOON) == []
    assert hook.posts == []


def test_a_trouble_is_told_once_and_its_end_too(sandbox: Straight, hook: Hook) -> None:
    for minute, found in enumerate([state(**FAILED), state(**FAILED), state(), state(), state(**LATE), state(**LATE)]):
        Notifier(sandbox.lakehouse).tell([found], now=NOON + minute * MINUTE)

    assert [kind for _, kind in hook.states] == ["failed", "published", "late"]


def test_a_post_says_what_whose_turn_and_carries_text_and_signature(sandbox: Straight, hook: Hook) -> None:
    Notifier(sandbox.lakehouse).tell([state(**FAILED, turn="engineer", next_try_at=NOON)], now=NOON)

    [(headers, body)] = hook.posts
    said = json.loads(body)
    assert headers["X-Lakehouse-Signature"] == signature(body, "k3y")
    assert headers["X-Lakehouse-Notice"] == said["id"]
    text = "acme/prices failed, attempt 2 of 5, next try 2026-11-02 12:00 UTC: Checks failed."
    assert (said["text"], said["state"], said["turn"], said["attempt"]) == (text, "failed:audit", "engineer", 2)


def test_what_a_vendor_wrote_calls_nobody_and_adds_no_header(tmp_path: Path, hook: Hook, box: Mailbox) -> None:
    with Straight(tmp_path / "lake", webhook_url=hook.url, **mail(box)) as sandbox:
        hostile = state(**{**FAILED, "reason": "<!channel> @all\r\nBcc: evil@example.com\n\n\x1b[2J\ud800x"})

        Notifier(sandbox.lakehouse).tell([hostile], now=NOON)

    assert not {"<", "@", "\n", "\x1b", "\ud800"} & set(hook.bodies[0]["text"])
    assert not {"<", "@"} & set(hook.bodies[0]["reason"])
    [sent] = box.mails
    assert sent["Bcc"] is None
    assert box.recipients == [["desk@example.com", "lead@example.com"]]


def mail(box: Mailbox, **settings: Any) -> dict[str, Any]:
    where = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_starttls": False}
    return {**where, "smtp_from": "lake@example.com", "smtp_to": "desk@example.com, lead@example.com", **settings}


def test_a_server_that_was_down_is_told_when_it_is_up_again(sandbox: Straight, hook: Hook) -> None:
    hook.status = 503
    [tried] = Notifier(sandbox.lakehouse).tell([state(**FAILED)], now=NOON)
    assert (tried.status, tried.error) == ("pending", "HTTP 503")
    assert Notifier(sandbox.lakehouse).tell([state(**FAILED)], now=NOON) == []  # it waits
    hook.status = 204

    sent = Notifier(sandbox.lakehouse).tell([state()], now=NOON + 2 * MINUTE)

    assert [(n.state, n.status) for n in sent] == [("failed:audit", "sent"), ("published", "sent")]


def test_a_channel_that_fails_is_not_asked_for_every_feed_of_a_run(sandbox: Straight, hook: Hook) -> None:
    hook.status = 500
    notifier = Notifier(sandbox.lakehouse)

    for n in range(5):
        notifier.tell([state(f"acme/feed{n}", **FAILED)], now=NOON)

    assert len(hook.posts) == 1
    assert len(sandbox.lakehouse.bare_lake.notices.due("webhook", now=NOON)) == 4


def test_a_server_that_never_answers_is_given_up_in_time(tmp_path: Path, hook: Hook) -> None:
    hook.hangs = True
    with Straight(tmp_path / "lake", webhook_url=hook.url, notify_timeout_seconds=0.2) as sandbox:
        [tried] = Notifier(sandbox.lakehouse).tell([state(**FAILED)], now=NOON)

    assert (tried.status, tried.error) == ("pending", "no answer in time")


def test_mail_without_tls_is_not_sent_where_tls_was_asked_for(tmp_path: Path, box: Mailbox) -> None:
    with Straight(tmp_path / "lake", **mail(box, smtp_starttls=True)) as sandbox:
        [tried] = Notifier(sandbox.lakehouse).tell([state(**FAILED)], now=NOON)

    assert (tried.status, tried.error, box.mails) == ("pending", "SMTPNotSupportedError", [])


def test_a_refused_recipient_is_a_mail_not_sent(tmp_path: Path, box: Mailbox) -> None:
    box.refuses = True
    with Straight(tmp_path / "lake", **mail(box)) as sandbox:
        [tried] = Notifier(sandbox.lakehouse).tell([state(**FAILED)], now=NOON)

    assert (tried.status, tried.error) == ("pending", "SMTPRecipientsRefused")


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"webhook_url": "hooks.example.com/s3cret"}, "LAKEHOUSE_WEBHOOK_URL is no web address"),
        ({"smtp_host": "mail.example.com"}, "LAKEHOUSE_SMTP_FROM"),
        (
            {"smtp_host": "mail.example.com", "smtp_from": "a@b.example", "smtp_to": "c@d.example", "smtp_user": "u",
             "smtp_password": "p4ss", "smtp_starttls": False},
            "in the clear",
        ),
    ],
)  # fmt: skip
def test_a_channel_that_cannot_work_is_named_without_its_secret(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SettingsInvalid, match=complaint) as caught:
        tellers(Settings(_env_file=None, **settings))

    assert "s3cret" not in str(caught.value)
    assert "p4ss" not in str(caught.value)


def test_no_secret_is_in_a_log_or_the_lake(sandbox: Straight, hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    hook.status = 500
    Notifier(sandbox.lakehouse).tell([state(**FAILED)], now=NOON)

    told = sandbox.query("SELECT * FROM governance.notices")
    assert len(told) == 1
    for shown in (caplog.text, repr(told), repr(sandbox.settings)):
        assert "s3cret" not in shown
        assert "k3y" not in shown


def tell(sandbox: Straight, *, now: datetime | None = None) -> list[Notice]:
    """What the watch does at a tick."""
    house = sandbox.lakehouse
    return Notifier(house).tell(states(house, now=now), now=now)


def test_a_feed_is_told_of_from_its_first_trouble_to_its_end(sandbox: Straight, hook: Hook) -> None:
    now = datetime.now(UTC)
    sandbox.facts("acme", "expected: daily\n")
    broken, cryptic = sandbox.drop("acme/feed", b""), sandbox.drop("cryptic/feed", CRYPTIC)
    good = sandbox.drop("other/feed", GOOD)
    assert tell(sandbox) == []  # files that wait to be run are no news

    for feed in (broken, cryptic, good):
        sandbox.run(feed)
    tell(sandbox)
    assert sorted(hook.states) == [("acme/feed", "failed"), ("cryptic/feed", "awaiting_review")]
    proposal = sandbox.lakehouse.undecided(cryptic)
    assert proposal is not None
    assert hook.bodies[-1]["command"] == f"lakehouse review show {proposal.id}"

    sandbox.drop("acme/feed", GOOD)
    sandbox.run(broken)
    tell(sandbox)
    tell(sandbox)
    assert hook.states[2:] == [("acme/feed", "published")]

    tell(sandbox, now=now + timedelta(days=3))
    assert hook.states[3:] == [("acme/feed", "late")]
    sandbox.drop("acme/feed", GOOD.replace("Stapler", "Pen"))
    tell(sandbox, now=now + timedelta(days=3, hours=1))
    assert hook.states[4:] == [("acme/feed", "fresh")]
