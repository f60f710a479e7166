"""Every commit accounts for itself: what it changed, what it was checked for, who or what approved it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agentic_lakehouse.contracts.commit_audit import CommitAudit
from agentic_lakehouse.contracts.governed import Review
from agentic_lakehouse.contracts.policy import RetentionPolicy
from agentic_lakehouse.pipeline.commit_audit import audit_commit
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.pipeline.test_again import price_list

CORE = "product_core.product"


def keys(found: CommitAudit) -> tuple[int, int, int, int]:
    assert found.keys is not None
    return found.keys.added, found.keys.changed, found.keys.removed, found.keys.rewritten


def test_a_publish_tells_keys_checks_approvals_and_calls(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 20), name="one.csv")
    first = sandbox.run(feed)
    sandbox.drop("acme/prices", price_list(10, 18) + price_list(18, 30, "2,50").partition("\n")[2], name="two.csv")
    second = sandbox.run(feed)
    other = sandbox.drop("other/prices", price_list(0, 5))
    sandbox.run(other)

    began, followed = (audit_commit(sandbox.lakehouse, run.commit[:12]) for run in (first, second))

    assert keys(began) == (20, 0, 0, 0)
    assert keys(followed) == (10, 2, 0, 8)
    assert followed.keys is not None
    assert followed.keys.columns == {"price": 2}
    assert {what: len(some) for what, some in followed.keys.samples.items()} == {"added": 5, "changed": 2}
    assert [(t.rows_before, t.rows_after) for t in followed.tables if t.table == CORE] == [(20, 30)]
    [core] = [t for t in followed.tables if t.table == CORE]
    assert [(d.path, d.status, d.rows_in) for d in followed.deliveries] == [("acme/prices/two.csv", "published", 20)]
    assert [s.stage for s in followed.stages] == ["bronze", "staged"]
    staged = followed.stages[1]
    assert staged.snapshots[CORE] == core.snapshot_after
    assert staged.merged == tuple(sorted(staged.snapshots))
    assert all(result.passed for result in staged.results)
    assert next(r.sql for r in staged.results if r.name == "price_minimum")
    assert followed.mapping is not None
    assert [(d.by, d.decision) for d in followed.mapping.decisions] == [("policy:standard", "approved")]
    assert [spec.kind for spec in followed.specs] == ["spec"]
    assert {c.prompt: c.calls for c in began.calls} == {"describe_feed": 1, "map_columns": 1}
    assert followed.calls == ()
    assert (followed.run["run_id"], followed.author) == (second.run_id, f"run:{second.run_id}")


def test_a_rollback_tells_what_it_took_back_and_from_whom(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 20), name="one.csv")
    first = sandbox.run(feed)
    sandbox.drop("acme/prices", price_list(10, 30, "2,50"), name="two.csv")
    sandbox.run(feed)
    house = sandbox.lakehouse

    alone = audit_commit(house, house.rollback(first.commit, feed, by="mia", note="net prices"))

    assert (alone.kind, alone.author, keys(alone)) == ("rollback", "person:mia", (0, 10, 10, 0))
    assert [(d.path, d.status) for d in alone.deliveries] == [("acme/prices/two.csv", "withdrawn")]
    assert (alone.stages, alone.mapping, alone.specs, alone.calls, alone.run) == ((), None, (), (), {})

    created = house.lake.log()[-1].id
    whole = audit_commit(house, house.rollback(created, None, by="mia"))

    assert keys(whole) == (0, 0, 20, 0)
    assert {d.status for d in whole.deliveries} == {"withdrawn"}
    assert [t.change for t in whole.tables if t.table == "product_raw.acme__prices"] == ["dropped"]
    assert audit_commit(house, created).kind == "create"


def test_small_files_put_together_change_no_key(sandbox: Sandbox) -> None:
    for number in range(9):
        feed = sandbox.drop("acme/prices", price_list(number * 5, number * 5 + 5), name=f"{number}.csv")
    sandbox.run(feed)
    sandbox.lakehouse.maintain()

    [newest] = sandbox.lakehouse.lake.log(1)
    found = audit_commit(sandbox.lakehouse, newest.id)

    assert (found.kind, keys(found), found.deliveries) == ("compact", (0, 0, 0, 0), ())


def test_a_removal_that_a_person_approved_is_told_by_name(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "delivery: full\n")
    feed = sandbox.drop("acme/prices", price_list(0, 20), name="one.csv")
    sandbox.run(feed)
    sandbox.drop("acme/prices", price_list(0, 10), name="two.csv")
    assert sandbox.run(feed).status == "awaiting_review"
    waits = sandbox.lakehouse.undecided(feed)
    assert waits is not None
    sandbox.lakehouse.lake.governance.decide(
        Review(
            proposal_id=waits.id,
            sha256=waits.sha256,
            decision="approved",
            by="ada",
            note="season is over",
            created_at=datetime.now(UTC),
        )
    )

    found = audit_commit(sandbox.lakehouse, sandbox.run(feed).commit)

    assert keys(found)[2] == 10
    [impact] = found.impacts
    assert [(d.by, d.note) for d in impact.decisions] == [("ada", "season is over")]


def test_of_a_forgotten_commit_is_told_what_is_still_known(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list(0, 20), name="one.csv")
    first = sandbox.run(feed)
    sandbox.drop("acme/prices", price_list(10, 30), name="two.csv")
    second = sandbox.run(feed)
    house = sandbox.lakehouse
    policy = RetentionPolicy(history_days=1, history_commits=1)
    house.lake.housekeeping.forget(policy, now=datetime.now(UTC) + timedelta(days=2))

    gone, kept = audit_commit(house, first.commit), audit_commit(house, second.commit)

    assert (gone.forgotten, gone.keys) == (True, None)
    assert gone.notes == ("Its tables are no longer kept: which rows it changed cannot be told any more.",)
    assert [(t.table, t.rows_after, t.snapshot_after) for t in gone.tables if t.table == CORE] == [(CORE, 20, None)]
    assert [s.stage for s in gone.stages] == ["bronze", "staged"]
    assert gone.mapping is not None
    assert kept.keys is None
    assert kept.notes[0].startswith("The commit before it is no longer kept")
