"""How feeds stand: what is late, failing or waiting, since when, and whose turn it is.

Whatever number of feeds is asked about, the catalog database is asked as often as for one.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun, Proposal
from agentic_lakehouse.errors import ContractInvalid, FeedUnreadable
from agentic_lakehouse.lake.glance import Glance
from agentic_lakehouse.pipeline.freshness import Freshness, freshness
from agentic_lakehouse.pipeline.impact_review import at_issue
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.rejected import rejected
from agentic_lakehouse.pipeline.work import Work, runnable_mapping, work_for

State = Literal["running", "pending", "failed", "waiting", "late", "at rest"]
Turn = Literal["vendor", "engineer", "reviewer", "lakehouse", "nobody"]


class FeedState(Record):
    """One feed as it stands."""

    feed: str
    status: str
    """As its last run ended; `new` where it never ran."""
    pending: int
    """Deliveries that wait to be published."""
    work: str
    """What the next run would do; empty where nothing."""
    last_run: datetime | None
    reason: str
    """Why its last run ended so."""
    failure: str = ""
    """One word for the reason of a failed run."""
    state: State
    """`running` now; `pending`, for the next run; `failed`, and tried again or given up; `waiting` for a person;
    `late`, where a delivery is overdue; else `at rest`."""
    since: datetime | None
    """Since when; `None` where nobody knows."""
    turn: Turn
    """Who has to do something: the vendor deliver, a data engineer mend, a reviewer decide, the lakehouse run."""
    command: str = ""
    """What that person runs; empty where no command helps."""
    proposal: str = ""
    """Proposal that waits; else empty."""
    attempt: int = 0
    """How often in a row this same work was tried; 0 where it did not fail."""
    max_attempts: int
    """How often it will be tried before it waits for a change."""
    next_try_at: datetime | None = None
    """When it is tried again; `None` where it is not, or at once."""
    expected: str = ""
    """When deliveries are expected, as the vendor's facts say."""
    last_delivery: datetime | None = None
    """When its newest delivery was first seen."""
    late: bool = False
    """Whether a delivery is overdue, whatever else there is."""
    due_at: datetime | None = None
    """When the next delivery is due, or was; `None` where none is expected or none ever came."""


def states(
    lakehouse: Lakehouse, feeds: Collection[Feed] | None = None, *, now: datetime | None = None
) -> list[FeedState]:
    """Tell how feeds stand, or all that have a folder in the landing zone or ever delivered, by name.

    Raises:
        LandingUnavailable: nothing answers at the landing zone.
    """
    glance = lakehouse.lake.glance(feeds)
    wanted = {*lakehouse.zone.feeds(), *glance.feeds()} if feeds is None else set(feeds)
    return [_state(lakehouse, feed, glance, now or datetime.now(UTC)) for feed in sorted(wanted)]


def work_of(house: Lakehouse, feed: Feed, glance: Glance) -> Work | None:
    """Return what there is to do for a feed, as `Lakehouse.work` does, without asking the database.

    Raises:
        FeedUnreadable: the feed's folder cannot be listed.
    """
    facts = house.facts(feed)
    return work_for(
        feed,
        zone=house.zone,
        lake=glance,
        standard=house.standard,
        rule_sets=house.rules(feed, glance),
        policy=house.policy,
        facts=facts,
    )


def _state(house: Lakehouse, feed: Feed, glance: Glance, now: datetime) -> FeedState:
    last = glance.last_run(feed)
    known: dict[str, Any] = {
        "feed": str(feed),
        "status": last.status if last else "new",
        "pending": len(glance.pending(feed)),
        "last_run": last.started_at if last else None,
        "reason": _reason(last),
        "failure": last.reason if last and last.status == "failed" else "",
        "last_delivery": glance.last_seen(feed),
        "max_attempts": house.policy.max_attempts,
    }
    try:
        expectation, work = house.facts(feed).expectation(feed.name), work_of(house, feed, glance)
    except (FeedUnreadable, ContractInvalid) as error:
        known |= {"status": "failed", "reason": str(error), "failure": error.reason}
        return FeedState(**known, work="", state="failed", since=None, turn="engineer")
    # A file that stands in the landing zone has come, whenever it is looked at.
    came = now if work is not None and work.reason == "new files" else glance.last_seen(feed)
    fresh = freshness(expectation, came, now=now)
    return FeedState(
        **(known | _stand(house, feed, glance, work, fresh)),
        work=work.reason if work else "",
        expected=expectation.every if expectation else "",
        late=fresh.late,
        due_at=fresh.due_at,
    )


def _stand(house: Lakehouse, feed: Feed, glance: Glance, work: Work | None, fresh: Freshness) -> dict[str, Any]:
    """Return what comes first of a feed: what runs, what will, what failed, what waits, what is late."""
    branch, last = glance.branch(feed), glance.last_run(feed)
    if branch is not None and branch.lease == "held":
        return {"state": "running", "since": branch.created_at, "turn": "lakehouse"}
    if work is not None and last is not None and work.reason == "failed before":
        return _failed(house, feed, glance, work, last)
    if work is not None:
        return {"state": "pending", "since": None, "turn": "lakehouse", "command": f"lakehouse run --feed {feed}"}
    if waits := _waiting(house, feed, glance, last):
        return waits
    if fresh.late:
        return {"state": "late", "since": fresh.late_since, "turn": "vendor"}
    return {"state": "at rest", "since": last.started_at if last else None, "turn": "nobody"}


def _waiting(house: Lakehouse, feed: Feed, glance: Glance, last: FeedRun | None) -> dict[str, Any]:
    """Return what waits for a person: what the last run came to, or what a rollback or `map --renew` filed since."""
    is_awaited = last is not None and last.status == "awaiting_review"
    waits = waiting_proposal(house, feed, glance) if is_awaited else _filed(feed, glance)
    told: dict[str, Any] = {"state": "waiting", "turn": "reviewer"}
    if waits is None:
        proposal_less = {"since": last.started_at if last else None, "proposal": "", "command": "lakehouse review list"}
        return told | proposal_less if is_awaited else {}
    told |= {"since": waits.created_at, "proposal": waits.id, "command": f"lakehouse review show {waits.id}"}
    if waits.status == "rejected":
        return told | {"reason": rejected(waits, glance.approver(waits.id))}
    return told if is_awaited else told | {"reason": waits.reason}


def _filed(feed: Feed, glance: Glance) -> Proposal | None:
    filed = [p for p in glance.proposals(feed, status="proposed") if p.kind != "impact"]
    return max(filed, key=lambda p: p.created_at, default=None)


def _failed(house: Lakehouse, feed: Feed, glance: Glance, work: Work, last: FeedRun) -> dict[str, Any]:
    wait = house.policy.wait_before(work.attempt) if work.attempt > 1 else None
    ended = last.started_at + timedelta(seconds=last.seconds)
    return {
        "state": "failed",
        "since": glance.failing_since(feed) or last.started_at,
        "turn": "engineer",
        "command": f"lakehouse run --feed {feed}",
        "attempt": last.attempt,
        "next_try_at": ended + wait if wait is not None else None,
    }


def waiting_proposal(house: Lakehouse, feed: Feed, glance: Glance) -> Proposal | None:
    """Return the proposal that a feed waits for, without its content: undecided, or rejected with none in its place."""
    mapping = runnable_mapping(glance, feed)
    impact = at_issue(glance, feed, house.fold_in_force(feed, mapping.sha256)) if mapping else None
    if impact is not None and impact.status != "approved":
        return impact
    undecided = glance.proposals(feed, status="proposed") or glance.proposals(feed, status="rejected")
    return max(undecided, key=lambda p: p.created_at, default=None)


def _reason(last: FeedRun | None) -> str:
    return "; ".join(last.errors) or last.reason if last else ""
