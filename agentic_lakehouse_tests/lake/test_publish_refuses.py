from __future__ import annotations

import pytest
import sqlalchemy as sa

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Audit, CheckResult, Proposal
from agentic_lakehouse.errors import MergeConflict, PublishRefused, UsageInvalid
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.governed_rows import PROPOSALS, REVIEWS
from agentic_lakehouse_tests.lake.scene import CORE, ERRORS, NOW, Scene, proposal, review, slice_of

FAILED = CheckResult(name="keys_unique", table=CORE.name, severity="ERROR", passed=False, count=3)
WARNED = CheckResult(name="prices_usual", table=CORE.name, severity="WARN", passed=False, count=1)


@pytest.fixture
def mapping(scene: Scene, feed: Feed) -> Proposal:
    return scene.approve(feed)


@pytest.fixture
def branch(scene: Scene, feed: Feed) -> Branch:
    branch = scene.begin(feed)
    scene.write(branch, "A1")
    return branch


def refused(scene: Scene, branch: Branch) -> PublishRefused:
    with pytest.raises(PublishRefused) as error:
        scene.publish(branch)
    assert scene.skus() == []
    assert [b.name for b in scene.lake.branches()] == [branch.name]
    return error.value


def test_without_any_audit(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    error = refused(scene, branch)

    assert "no audit of its bronze tables is recorded" in error.message
    assert error.details["step"] == "audit bronze"


def test_without_the_audit_of_the_staged_tables(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    scene.audit(branch, "bronze")

    assert refused(scene, branch).details["step"] == "audit staged"


def test_with_an_audit_of_an_earlier_state_of_the_slice(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    scene.audited(branch, mapping)
    branch.replace_slice(CORE.name, slice_of(branch.feed), [scene.core_rows(branch.feed, "A2")])

    error = refused(scene, branch)

    assert (error.details["step"], error.details["tables"]) == ("audit staged", [CORE.name])


def test_with_an_audit_of_an_earlier_state_of_bronze(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    scene.audit(branch, "bronze")
    row = {"raw": "x", **slice_of(branch.feed)}
    branch.append(ERRORS.name, [scene.parquet(ERRORS, [row])])
    scene.audit(branch, "staged", mapping_sha256=mapping.sha256)

    error = refused(scene, branch)

    assert (error.details["step"], error.details["tables"]) == ("audit bronze", [ERRORS.name])


def test_with_errors_that_came_after_the_audit_of_bronze_though_no_row_did(
    scene: Scene, feed: Feed, mapping: Proposal
) -> None:
    scene.run(feed, "A1")
    branch = scene.begin(feed, "run-2")
    scene.audit(branch, "bronze")
    branch.append(ERRORS.name, [scene.parquet(ERRORS, [{"raw": "x", **slice_of(feed)}])])
    scene.audit(branch, "staged", mapping_sha256=mapping.sha256)

    with pytest.raises(PublishRefused) as error:
        scene.publish(branch)

    assert (error.value.details["step"], error.value.details["tables"]) == ("audit bronze", [ERRORS.name])


def test_with_an_audit_of_the_branch_before_it_was_begun_anew(scene: Scene, feed: Feed, mapping: Proposal) -> None:
    first = scene.begin(feed)
    scene.audited(first, mapping)
    first.release()
    second = scene.begin(feed, "run-2")

    assert "no audit of its bronze tables" in refused(scene, second).message


def test_with_an_audit_of_another_feed(scene: Scene, branch: Branch, other: Feed, mapping: Proposal) -> None:
    for stage in ("bronze", "staged"):
        scene.audit(branch, stage, feed=str(other), mapping_sha256=mapping.sha256)

    assert refused(scene, branch).details["step"] == "audit bronze"


@pytest.mark.parametrize("stage", ["bronze", "staged"])
def test_with_a_failed_error_check(scene: Scene, branch: Branch, mapping: Proposal, stage: str) -> None:
    scene.audited(branch, mapping)
    scene.audit(branch, stage, WARNED, FAILED, mapping_sha256=mapping.sha256)

    assert "keys_unique on product_core.product (3)" in refused(scene, branch).message


def test_but_not_with_a_failed_warning(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    scene.audited(branch, mapping)
    scene.audit(branch, "staged", WARNED, mapping_sha256=mapping.sha256)

    scene.publish(branch)

    (commit,) = scene.lake.log(feed=branch.feed)
    assert commit.audit is not None
    assert (commit.audit.checks, commit.audit.warnings) == (1, 1)


def test_where_the_latest_audit_failed_though_an_earlier_one_passed(
    scene: Scene, branch: Branch, mapping: Proposal
) -> None:
    scene.audited(branch, mapping)
    scene.audit(branch, "bronze", FAILED)

    assert "checks failed" in refused(scene, branch).message


def test_with_a_mapping_that_nobody_approved(scene: Scene, branch: Branch) -> None:
    mapping = scene.lake.governance.propose(proposal(branch.feed))
    scene.audited(branch, mapping)

    error = refused(scene, branch)

    assert f"mapping {mapping.id} is proposed, not approved" in error.message
    assert error.details["step"] == "review"


def test_with_a_rejected_mapping(scene: Scene, branch: Branch) -> None:
    mapping = scene.lake.governance.propose(proposal(branch.feed))
    scene.lake.governance.decide(review(mapping, "rejected"))
    scene.audited(branch, mapping)

    assert "is rejected, not approved" in refused(scene, branch).message


def test_with_a_mapping_that_was_never_proposed(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    scene.audit(branch, "bronze")
    scene.audit(branch, "staged", mapping_sha256="0" * 64)

    assert "mapping 000000000000 was never proposed" in refused(scene, branch).message


def test_with_an_audit_that_names_no_mapping(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    scene.audit(branch, "bronze")
    scene.audit(branch, "staged")

    assert "names no mapping" in refused(scene, branch).message


def test_with_a_mapping_of_another_feed(scene: Scene, branch: Branch, other: Feed) -> None:
    mapping = scene.approve(other, columns="theirs")
    scene.audited(branch, mapping)

    assert "was never proposed" in refused(scene, branch).message


def test_with_a_review_that_binds_another_sha256(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    scene.audited(branch, mapping)
    with scene.lake._database.write() as connection:
        connection.execute(REVIEWS.update().values(sha256="0" * 64))

    assert "no recorded review approves" in refused(scene, branch).message


def test_with_a_mapping_whose_content_was_changed_after_its_approval(
    scene: Scene, branch: Branch, mapping: Proposal
) -> None:
    scene.audited(branch, mapping)
    with scene.lake._database.write() as connection:
        connection.execute(sa.update(PROPOSALS).values(content={"columns": "forged"}))

    assert "its content was changed" in refused(scene, branch).message


def test_with_a_delivery_that_was_never_loaded(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    loaded = scene.deliver(branch.feed)
    unloaded = scene.lake.ledger.register(
        branch.feed,
        path="acme/prices/b.csv",
        sha256="b" * 64,
        byte_size=1,
        mtime_ns=1,
        raw_uri="raw/b",
        ingestion_date=loaded.ingestion_date,
    )
    scene.audited(branch, mapping)

    with pytest.raises(PublishRefused, match="was never loaded"):
        scene.publish(branch, loaded, unloaded)

    assert {d.status for d in scene.lake.ledger.deliveries(branch.feed)} == {"pending"}


def test_with_a_delivery_that_the_feed_does_not_have(
    scene: Scene, branch: Branch, other: Feed, mapping: Proposal
) -> None:
    delivery = scene.deliver(other)
    scene.audited(branch, mapping)

    with pytest.raises(UsageInvalid, match="has no delivery"):
        scene.publish(branch, delivery)


def test_with_a_delivery_that_is_published_by_now(scene: Scene, feed: Feed, mapping: Proposal) -> None:
    delivery = scene.deliver(feed)
    first = scene.begin(feed)
    scene.audited(first, mapping)
    scene.publish(first, delivery)
    second = scene.begin(feed, "run-2")
    scene.audited(second, mapping)

    with pytest.raises(MergeConflict, match="is published by now"):
        scene.publish(second, delivery)


def test_with_a_delivery_read_under_a_rejected_spec(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    spec = scene.lake.governance.propose(proposal(branch.feed, "spec"))
    scene.lake.governance.decide(review(spec, "rejected"))
    delivery = scene.deliver(branch.feed)
    scene.lake.ledger.described(branch.feed, delivery.delivery_id, spec_sha256=spec.sha256)
    scene.audited(branch, mapping)

    with pytest.raises(PublishRefused, match="which is rejected"):
        scene.publish(branch, delivery)


def test_with_an_audit_that_holds_no_result_at_all(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    scene.audited(branch, mapping)
    pointers = branch.changed_pointers()
    scene.lake.governance.record_audit(
        Audit(
            feed=str(branch.feed),
            run_id=branch.run_id,
            stage="staged",
            pointers=pointers,
            results=(),
            mapping_sha256=mapping.sha256,
            created_at=NOW,
        )
    )

    assert "holds no result of: any check" in refused(scene, branch).message


def test_with_an_audit_that_lacks_a_check_which_is_demanded(scene: Scene, branch: Branch, mapping: Proposal) -> None:
    scene.audited(branch, mapping)

    with pytest.raises(PublishRefused, match="staged tables holds no result of: prices_are_positive"):
        scene.lake.publish(
            branch, author="run", message="publish", demands={"staged": ["rows_add_up", "prices_are_positive"]}
        )

    assert scene.skus() == []
