"""The job `review`: what a person decides from the launchpad."""

from __future__ import annotations

import dagster as dg
import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.orchestration.graph import graph
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.pipeline.conftest import Straight

CRYPTIC = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))


@pytest.fixture
def sandbox(tmp_path) -> Straight:
    with Straight(tmp_path) as sandbox:
        yield sandbox


def waiting(sandbox: Sandbox) -> tuple[Feed, Proposal]:
    feed = sandbox.drop("cryptic/feed", CRYPTIC)
    sandbox.run(feed)
    proposal = sandbox.lakehouse.undecided(feed)
    assert proposal is not None
    return feed, proposal


def launch(sandbox: Sandbox, proposal: Proposal, **config: str) -> dg.ExecuteInProcessResult:
    said = {"id": proposal.id, "decision": "approved", "by": "Mia", "note": "checked", **config}
    job = graph(sandbox.settings).resolve_job_def("review")
    config = {"ops": {"decision": {"config": said}}}
    return job.execute_in_process(run_config=config, instance=sandbox.instance, raise_on_error=False)


def refusal(result: dg.ExecuteInProcessResult) -> str:
    assert not result.success
    [event] = result.get_step_failure_events()
    return str(event.step_failure_data.user_failure_data.description)


def test_what_the_job_approves_is_asked_to_be_run_and_is_decided_once(sandbox: Straight) -> None:
    feed, proposal = waiting(sandbox)
    assert sandbox.lakehouse.work(feed) is None

    done = launch(sandbox, proposal)

    assert done.success
    [review] = sandbox.lakehouse.lake.governance.reviews(proposal.id)
    assert (review.decision, review.by, review.note, review.sha256) == ("approved", "Mia", "checked", proposal.sha256)
    work = sandbox.lakehouse.work(feed)
    assert work is not None
    assert work.reason == "approved"
    [output] = [e for e in done.all_events if e.event_type is dg.DagsterEventType.STEP_OUTPUT]
    shown = output.step_output_data.metadata
    assert (shown["status"].value, shown["feed"].value) == ("approved", str(feed))
    assert "| target | sources | expression |" in shown["content"].value
    assert "decided by Mia" in refusal(launch(sandbox, proposal, decision="rejected"))


def test_where_the_lake_has_a_review_token_the_job_refuses_and_names_the_page(sandbox: Straight) -> None:
    _, proposal = waiting(sandbox)
    sandbox.lakehouse.lake.review_key.set_first("a token of some length")

    said = refusal(launch(sandbox, proposal))

    assert "lakehouse review --web" in said
    assert sandbox.lakehouse.lake.governance.reviews(proposal.id) == []
