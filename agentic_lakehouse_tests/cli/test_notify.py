"""`lakehouse status` and `notify`, and what `run` tells."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentic_lakehouse_tests.cli.conftest import Command, drop, goods
from agentic_lakehouse_tests.hooks import Hook, hooked

CRYPTIC = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with hooked() as hook:
        monkeypatch.setenv("LAKEHOUSE_WEBHOOK_URL", hook.url)
        yield hook


def test_a_run_tells_what_failed_or_waits_and_notify_has_nothing_to_add(
    lakehouse: Command, landing: Path, hook: Hook
) -> None:
    drop(landing, "acme/feed", goods(0))
    drop(landing, "broken/feed", "")
    drop(landing, "cryptic/feed", CRYPTIC)

    lakehouse("run")

    assert sorted(hook.states) == [("broken/feed", "failed"), ("cryptic/feed", "awaiting_review")]
    assert lakehouse("notify").out == "Nothing is new.\n"
    told = lakehouse("query", "SELECT DISTINCT status FROM governance.notices", "--csv")
    assert told.out == "status\nsent\n"

    status = lakehouse("status")
    assert max(map(len, status.out.splitlines())) <= 80
    assert "broken/feed: failed (attempt 1 of 5, next try " in status.out
    assert "`lakehouse review show mapping-" in status.out
    turns = {feed["feed"]: feed["turn"] for feed in lakehouse("status", "--json").json["feeds"]}
    assert turns == {"acme/feed": "nobody", "broken/feed": "engineer", "cryptic/feed": "reviewer"}


def test_a_webhook_that_is_down_fails_no_run_and_cron_tells_later(
    lakehouse: Command, landing: Path, hook: Hook
) -> None:
    (landing.parent / "vendors").mkdir()
    (landing.parent / "vendors" / "acme.yaml").write_text("expected: daily\n")
    (landing / "acme" / "feed").mkdir(parents=True)
    hook.status = 500

    planned = lakehouse("notify", "--dry-run", "--json").json["notices"]
    assert [(n["feed"], n["state"], n["channel"]) for n in planned] == [("acme/feed", "late", "webhook")]
    assert hook.posts == []
    assert lakehouse("run").code == 0
    assert len(hook.posts) == 1
    assert lakehouse("notify").out == "Nothing is new.\n"  # it waits for its second try


def test_what_was_given_up_is_wrong_until_it_is_sent_again(
    lakehouse: Command, landing: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentic_lakehouse.lake.notices.MAX_ATTEMPTS", 1)
    drop(landing, "broken/feed", "")
    hook.status = 500
    lakehouse("run")

    assert "1 notices were given up" in lakehouse("status").out
    doctor = lakehouse("doctor")
    assert "webhook was not told that broken/feed is failed:feed_unreadable: HTTP 500" in doctor.out
    assert "lakehouse notify --again" in doctor.out
    assert "s3cret" not in doctor.out
    hook.status = 200

    assert lakehouse("notify", "--again").code == 0

    assert "given up" not in lakehouse("status").out
    assert hook.states == [("broken/feed", "failed")] * 2


def test_two_processes_tell_it_once(lakehouse: Command, landing: Path, hook: Hook) -> None:
    drop(landing, "broken/feed", "")
    with pytest.MonkeyPatch.context() as unset:
        unset.delenv("LAKEHOUSE_WEBHOOK_URL")
        lakehouse("run")

    notify = [Path(sys.executable).with_name("lakehouse"), "notify"]
    both = [subprocess.Popen(notify, stdout=subprocess.DEVNULL) for _ in range(2)]

    assert [process.wait(120) for process in both] == [0, 0]
    assert hook.states == [("broken/feed", "failed")]


def test_without_a_channel_notify_says_how_to_set_one(lakehouse: Command, landing: Path) -> None:
    told = lakehouse("notify")

    assert told.code == 2
    assert "LAKEHOUSE_WEBHOOK_URL" in told.err
