"""An inbox item is told once, counts up, and is moved on only from how its author saw it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.inbox import InboxItem, item_id
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse_tests.lake.scene import Scene, proposal, review

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def governance(scene: Scene) -> Governance:
    return scene.lake.governance


def unseen(feed: Feed, word: str = "Bastler", **facts: Any) -> InboxItem:
    given = {"rows": 1, "first_delivery": "1", "last_delivery": "1", "created_at": NOW, "changed_at": NOW, **facts}
    name = item_id(str(feed), "unseen_value", "condition", "Zustand", word.lower())
    return InboxItem(
        id=name, feed=str(feed), kind="unseen_value", target="condition", source="Zustand", word=word, **given
    )


def test_what_recurs_counts_up_and_is_told_once(governance: Governance, feed: Feed) -> None:
    governance.tell([unseen(feed)])
    governance.tell([unseen(feed, rows=3, last_delivery="2", created_at=LATER, changed_at=LATER)])

    assert governance.inbox() == [unseen(feed, rows=3, last_delivery="2")]
    assert governance.inbox(Feed("other", "feed")) == []


def test_a_suggestion_is_kept_the_first_time_alone(governance: Governance, feed: Feed) -> None:
    governance.tell([unseen(feed)])
    governance.tell([unseen(feed, suggestion="used", confidence=0.5, suggested_by="one")])
    governance.tell([unseen(feed, suggestion="new", confidence=0.9, suggested_by="other")])

    [item] = governance.inbox()
    assert (item.suggestion, item.confidence, item.suggested_by) == ("used", 0.5, "one")


def test_whoever_saw_an_older_item_does_not_change_it(governance: Governance, feed: Feed) -> None:
    governance.tell([unseen(feed)])
    [seen] = governance.inbox(status="open")
    governance.settle(seen, "dismissed", by="Mia", at=LATER)

    with pytest.raises(UsageInvalid, match="changed meanwhile: it is dismissed by Mia"):
        governance.settle(seen, "answered", answer="new", by="Tom", at=LATER)

    assert [i.by for i in governance.inbox()] == ["Mia"]
    assert governance.inbox(status="open") == []


def test_an_answer_and_its_mapping_come_together_or_not_at_all(governance: Governance, feed: Feed) -> None:
    base = governance.propose(proposal(feed, columns=[1]))
    governance.decide(review(base))
    governance.tell([unseen(feed)])
    [seen] = governance.inbox()
    standing = governance.standing_mappings(feed)
    assert standing == (base.id, None)

    other = governance.propose(proposal(feed, columns=[2]))
    governance.decide(review(other))
    learned = proposal(feed, columns=[3])
    assert governance.answer(seen, "used", standing=standing, filed=learned, review=review(learned)) is None
    assert governance.inbox() == [seen]

    standing = governance.standing_mappings(feed)
    done = governance.answer(seen, "used", standing=standing, filed=learned, review=review(learned))
    assert done is not None
    assert (done.status, done.answer, done.by) == ("answered", "used", "Mia")
    assert governance.approved_or_active(feed, "mapping").id == learned.id

    again = proposal(feed, columns=[4])
    with pytest.raises(UsageInvalid, match="changed meanwhile"):
        governance.answer(seen, "new", standing=governance.standing_mappings(feed), filed=again, review=review(again))
    assert governance.approved_or_active(feed, "mapping").id == learned.id


@pytest.mark.parametrize("name", ["", "in-nowhere", "in-%"])
def test_an_unknown_item_is_named(governance: Governance, feed: Feed, name: str) -> None:
    governance.tell([unseen(feed), unseen(feed, "Seltsam")])

    with pytest.raises(UsageInvalid, match="item of the inbox has the id"):
        governance.inbox_item(name)


def test_the_beginning_of_an_id_is_enough(governance: Governance, feed: Feed) -> None:
    governance.tell([unseen(feed)])

    assert governance.inbox_item(unseen(feed).id[:7]).word == "Bastler"


def test_it_is_read_as_a_table(governance: Governance, feed: Feed) -> None:
    assert governance.as_arrow()["governance.inbox"].num_rows == 0
    governance.tell([unseen(feed)])

    [row] = governance.as_arrow()["governance.inbox"].to_pylist()

    assert (row["word"], row["status"], row["rows"], row["created_at"]) == ("Bastler", "open", 1, NOW)
