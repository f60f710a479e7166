"""How feeds stand: what comes first, since when, whose turn it is, and at what cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.overview import FeedStatus, overview
from agentic_lakehouse.pipeline.review import Reviewer, edit
from agentic_lakehouse.pipeline.states import states, work_of
from agentic_lakehouse.testing import Sandbox

GOOD = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(20))
CRYPTIC = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))


def of(sandbox: Sandbox) -> dict[str, FeedStatus]:
    return {status.feed: status for status in overview(sandbox.lakehouse)}


def test_every_feed_says_what_it_waits_for_and_whose_turn_it_is(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "expected: daily\n")
    good, broken = sandbox.drop("other/good", GOOD), sandbox.drop("other/broken", b"")
    cryptic = sandbox.drop("other/cryptic", CRYPTIC)
    for feed in (good, broken, cryptic):
        sandbox.run(feed)
    sandbox.drop("other/new", GOOD)
    (sandbox.root / "landing" / "acme" / "never").mkdir(parents=True)

    found = of(sandbox)

    stand = {name.partition("/")[2]: (s.state, s.turn, s.status, s.core_rows, s.pending) for name, s in found.items()}
    assert stand == {
        "good": ("at rest", "nobody", "published", 20, 0),
        "broken": ("failed", "engineer", "failed", 0, 1),
        "cryptic": ("waiting", "reviewer", "awaiting_review", 0, 1),
        "new": ("pending", "lakehouse", "new", 0, 0),
        "never": ("late", "vendor", "new", 0, 0),
    }
    house = sandbox.lakehouse
    glance = house.lake.glance()
    for name in found:
        assert work_of(house, Feed.parse(name), glance) == house.work(Feed.parse(name))
    waits = house.undecided(cryptic)
    assert waits is not None
    cryptic_now, broken_now = found["other/cryptic"], found["other/broken"]
    assert (cryptic_now.proposal, cryptic_now.since) == (waits.id, waits.created_at)
    assert cryptic_now.command == f"lakehouse review show {waits.id}"
    assert (broken_now.attempt, broken_now.max_attempts) == (1, 5)
    assert broken_now.last_run is not None
    assert broken_now.next_try_at is not None
    assert broken_now.next_try_at - broken_now.last_run >= timedelta(seconds=60)
    assert (found["acme/never"].late, found["acme/never"].since) == (True, None)


def test_a_feed_that_fails_again_failed_since_its_first_try(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", b"")
    sandbox.run(feed)
    first = of(sandbox)["acme/feed"].since

    for _ in range(4):
        sandbox.run(feed)

    last = of(sandbox)["acme/feed"]
    assert (last.since, last.attempt, last.next_try_at) == (first, 5, None)


def test_a_feed_is_late_until_a_file_stands_there(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "expected: daily\n")
    feed = sandbox.drop("acme/feed", GOOD)
    sandbox.run(feed)
    in_three_days = datetime.now(UTC) + timedelta(days=3)

    [late] = states(sandbox.lakehouse, [feed], now=in_three_days)
    sandbox.drop("acme/feed", GOOD.replace("Stapler", "Pen"))
    [come] = states(sandbox.lakehouse, [feed], now=in_three_days)

    assert (late.state, late.turn, late.since) == ("late", "vendor", late.due_at)
    assert (come.state, come.late) == ("pending", False)


def test_a_feed_whose_folder_is_gone_is_still_told(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", GOOD)
    sandbox.run(feed)
    (sandbox.root / "landing" / "acme" / "feed" / "data.csv").unlink()
    (sandbox.root / "landing" / "acme" / "feed").rmdir()

    assert of(sandbox)["acme/feed"].core_rows == 20


def test_a_feed_that_is_being_worked_on_is_not_called_failed(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", GOOD)
    house = sandbox.lakehouse
    house.receive(feed, "run-1")

    assert of(sandbox)["acme/feed"].state == "running"


def test_wrong_facts_of_one_vendor_stop_no_other(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "expected: dayly\n")
    for name in ("acme/feed", "other/feed"):
        sandbox.drop(name, GOOD)

    found = of(sandbox)

    assert (found["acme/feed"].state, found["other/feed"].state) == ("failed", "pending")
    assert "line 1, at expected: 'dayly'" in found["acme/feed"].reason


def test_what_a_rollback_lets_wait_is_told(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", GOOD)
    first = sandbox.run(feed)
    stands = sandbox.lakehouse.mapping_in_force(feed)
    assert stands is not None
    lines = [{**c, "expression": "upper(title)"} if c["target"] == "title" else c for c in stands.content["columns"]]
    edit(sandbox.lakehouse, stands.id, json.dumps({**stands.content, "columns": lines}), by=Reviewer("Mia"))
    assert sandbox.run(feed).status == "published"

    sandbox.lakehouse.rollback(first.commit, feed, by="tom", note="titles were right")

    found = of(sandbox)["acme/feed"]
    assert (found.state, found.turn) == ("waiting", "reviewer")
    assert found.reason.endswith("titles were right; it was in force until then")
    assert found.command == f"lakehouse review show {found.proposal}"


@contextmanager
def counted(house: Lakehouse) -> Iterator[list[str]]:
    """Collect the statements that the catalog database is asked."""
    said: list[str] = []

    def note(*event: object) -> None:
        said.append(str(event[2]))

    engine = house.lake._database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield said
    sa.event.remove(engine, "before_cursor_execute", note)


def test_two_hundred_feeds_cost_the_statements_of_one(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    house = sandbox.lakehouse
    tables: list[object] = []
    read = house.lake._warehouse.table_at
    monkeypatch.setattr(house.lake._warehouse, "table_at", lambda where: tables.append(where) or read(where))

    def cost(feeds: int) -> tuple[int, int]:
        for n in range(feeds):
            feed = sandbox.drop(f"acme/feed{n}", GOOD)
            ran = FeedRun(run_id=f"r{n}", feed=str(feed), status="failed", reason="audit", started_at=datetime.now(UTC))
            house.lake.governance.record_run(ran)
        tables.clear()
        with counted(house) as said:
            assert len(overview(house)) == feeds
        return len(said), len(tables)

    assert cost(1) == cost(200)
    assert states(house, [Feed("acme", "feed7")])[0].state == "pending"
