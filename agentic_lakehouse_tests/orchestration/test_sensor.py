"""The landing-zone sensor: what it asks for, and when."""

from __future__ import annotations

import time

import dagster as dg
import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.lake.holders import Holder
from agentic_lakehouse.orchestration.graph import graph
from agentic_lakehouse.orchestration.killed import HOLDER_TAG, Note
from agentic_lakehouse.testing import Sandbox

GOOD = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(20))


class Sensor:
    """The sensor, with its cursor carried from tick to tick as the daemon does."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.definitions = graph(sandbox.settings)
        self.sensor = next(s for s in self.definitions.sensors if s.name == "landing_zone")
        self.job = self.definitions.resolve_implicit_global_asset_job_def()
        self.instance = sandbox.instance
        self.cursor: str | None = None

    def tick(self) -> list[dg.RunRequest]:
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources=self.definitions.resources
        )
        with context:
            result = self.sensor(context)
        self.cursor = result.cursor
        for request in result.dynamic_partitions_requests or []:
            self.instance.add_dynamic_partitions(request.partitions_def_name, list(request.partition_keys))
        return list(result.run_requests or [])

    def run_asset(self, feed: Feed, asset: str) -> dg.ExecuteInProcessResult:
        """Materialise one asset by hand."""
        return self.job.execute_in_process(
            partition_key=str(feed),
            instance=self.instance,
            asset_selection=[dg.AssetKey.from_user_string(asset)],
            raise_on_error=False,
        )

    def end_run(self, feed: Feed, status: dg.DagsterRunStatus, *, seconds_ago: int) -> None:
        """Let a run of a feed have ended before it did anything."""
        ends = {
            dg.DagsterRunStatus.FAILURE: dg.DagsterEventType.RUN_FAILURE,
            dg.DagsterRunStatus.CANCELED: dg.DagsterEventType.RUN_CANCELED,
        }
        run = self.instance.create_run_for_job(self.job, tags={"dagster/partition": str(feed)})
        event = dg.DagsterEvent(ends[status].value, self.job.name)
        self.instance.report_dagster_event(event, run.run_id, timestamp=time.time() - seconds_ago)
        assert self.status(run.run_id) is status

    def status(self, run_id: str) -> dg.DagsterRunStatus:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status


def test_a_new_file_is_asked_for_once_it_stands_still(sandbox: Sandbox) -> None:
    sensor = Sensor(sandbox)
    sandbox.drop("acme/feed", GOOD)

    first, second = sensor.tick(), sensor.tick()

    assert first == []
    assert [r.partition_key for r in second] == ["acme/feed"]
    assert sandbox.instance.get_dynamic_partitions("feeds") == ["acme/feed"]


def test_a_file_that_grows_waits_for_another_look(sandbox: Sandbox) -> None:
    sensor = Sensor(sandbox)
    sandbox.drop("acme/feed", GOOD[:100])
    sensor.tick()
    sandbox.drop("acme/feed", GOOD)

    assert sensor.tick() == []
    assert len(sensor.tick()) == 1


def test_files_still_being_written_are_never_looked_at(sandbox: Sandbox) -> None:
    sensor = Sensor(sandbox)
    sandbox.drop("acme/feed", GOOD, name="data.csv.part")

    sensor.tick()

    assert sensor.tick() == []


def test_a_published_feed_is_left_alone(sandbox: Sandbox) -> None:
    sensor = Sensor(sandbox)
    sandbox.run(sandbox.drop("acme/feed", GOOD))
    sensor.tick()

    assert sensor.tick() == []


def test_a_failed_feed_is_tried_again_only_after_its_wait(sandbox: Sandbox) -> None:
    sensor = Sensor(sandbox)
    feed = sandbox.drop("acme/feed", b"")
    sandbox.run(feed)
    sensor.tick()

    assert sensor.tick() == []


def test_a_mended_feed_is_new_work_with_a_new_key(sandbox: Sandbox) -> None:
    sensor = Sensor(sandbox)
    feed = sandbox.drop("acme/feed", b"")
    sensor.tick()
    [broken] = sensor.tick()
    sandbox.run(feed)
    sandbox.drop("acme/feed", GOOD)
    sensor.tick()

    [mended] = sensor.tick()

    assert mended.run_key != broken.run_key


def test_while_its_run_waits_in_the_queue_a_feed_is_asked_for_under_the_same_key(sandbox: Sandbox) -> None:
    sensor = Sensor(sandbox)
    sandbox.drop("acme/feed", GOOD)
    sensor.tick()

    [first], [second] = sensor.tick(), sensor.tick()

    assert first.run_key == second.run_key


def test_after_a_vain_try_by_hand_the_feed_is_asked_for_under_a_new_key(sandbox: Sandbox) -> None:
    sensor = Sensor(sandbox)
    feed = sandbox.drop("acme/feed", GOOD)
    sensor.tick()
    [before] = sensor.tick()

    by_hand = sensor.run_asset(feed, "product_raw/bronze")
    [after] = sensor.tick()

    assert not by_hand.success
    assert after.run_key != before.run_key


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED])
def test_a_run_that_ended_before_its_first_step_is_made_up_for_after_a_wait(
    sandbox: Sandbox, status: dg.DagsterRunStatus
) -> None:
    sensor = Sensor(sandbox)
    feed = sandbox.drop("acme/feed", GOOD)
    sensor.tick()
    [before] = sensor.tick()

    sensor.end_run(feed, status, seconds_ago=30)
    assert sensor.tick() == []
    sensor.end_run(feed, status, seconds_ago=90)
    [after] = sensor.tick()

    assert after.run_key != before.run_key


def test_a_tick_ends_runs_whose_process_was_killed(sandbox: Sandbox, dead: Holder) -> None:
    sensor = Sensor(sandbox)
    run = sensor.instance.create_run_for_job(sensor.job, status=dg.DagsterRunStatus.STARTED)
    note = Note(run_id=run.run_id, holder=dead)
    sensor.instance.add_run_tags(run.run_id, {HOLDER_TAG: note.model_dump_json()})

    sensor.tick()

    assert sensor.status(run.run_id) is dg.DagsterRunStatus.FAILURE


def test_an_approval_asks_for_a_run(sandbox: Sandbox) -> None:
    text = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))
    sensor = Sensor(sandbox)
    feed = sandbox.drop("cryptic/feed", text)
    sandbox.run(feed)
    sensor.tick()
    assert sensor.tick() == []

    sandbox.approve(feed)

    assert [r.tags["lakehouse/reason"] for r in sensor.tick()] == ["approved"]
