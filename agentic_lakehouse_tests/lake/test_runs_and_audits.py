from __future__ import annotations

from datetime import date
from decimal import Decimal

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Audit, CheckResult, FeedRun
from agentic_lakehouse_tests.lake.scene import CORE, NOW, Scene


def test_a_run_is_entered_anew_as_it_goes_on(scene: Scene, feed: Feed) -> None:
    governance = scene.lake.governance
    first = FeedRun(run_id="run-1", feed=str(feed), status="failed", reason="did not finish", started_at=NOW)
    governance.record_run(first)
    done = first.model_copy(update={"status": "published", "rows_in": 7, "cost_usd": None, "errors": ("one",)})

    governance.record_run(done)

    assert governance.run("run-1", feed) == done
    assert governance.runs() == [done]


def test_the_last_run_of_a_feed_is_the_one_that_was_entered_last(scene: Scene, feed: Feed, other: Feed) -> None:
    governance = scene.lake.governance
    for run_id, of in (("run-1", feed), ("run-2", feed), ("run-2", other)):
        governance.record_run(FeedRun(run_id=run_id, feed=str(of), status="unchanged", started_at=NOW))

    last = governance.last_run(feed)

    assert last is not None
    assert (last.run_id, last.feed) == ("run-2", str(feed))
    assert governance.last_run(Feed("no", "such")) is None
    assert governance.run("run-3", feed) is None


def test_an_audit_keeps_samples_that_json_has_no_types_for(scene: Scene, feed: Feed) -> None:
    sample = {"price": Decimal("1.50"), "day": date(2026, 11, 22), "weight": float("nan")}
    check = CheckResult(name="rule", table=CORE.name, severity="WARN", passed=False, samples=(sample,))
    facts = {"feed": str(feed), "run_id": "run-1", "stage": "staged", "pointers": {CORE.name: "x"}}

    scene.lake.governance.record_audit(Audit.model_validate(facts | {"results": (check,), "created_at": NOW}))

    (audit,) = scene.lake.governance.audits(feed, "run-1")
    assert audit.results[0].samples == ({"price": "1.50", "day": "2026-11-22", "weight": None},)
    assert audit.passed
    assert scene.lake.governance.audits(feed, "run-2") == []


def test_the_last_audit_of_each_stage_is_the_one_that_was_recorded_last(scene: Scene, feed: Feed, other: Feed) -> None:
    branch = scene.begin(feed)
    scene.audit(branch, "bronze")
    scene.audit(branch, "staged", fold_sha256="old")
    scene.audit(branch, "staged", fold_sha256="new")
    scene.audit(scene.begin(other), "bronze")

    latest = scene.lake.governance.latest_audits(feed)

    assert [(a.feed, a.stage, a.fold_sha256) for a in latest] == [
        (str(feed), "bronze", ""),
        (str(feed), "staged", "new"),
    ]


def test_governance_outlives_an_abandoned_branch(scene: Scene, feed: Feed) -> None:
    branch = scene.begin(feed)
    scene.audited(branch, scene.approve(feed))

    scene.lake.abandon(branch.name)

    assert len(scene.lake.governance.audits(feed)) == 2
    assert scene.lake.governance.approved_or_active(feed, "mapping") is not None
