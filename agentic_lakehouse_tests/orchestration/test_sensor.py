"""The landing-zone sensor: what it asks for, and when."""

from __future__ import annotations

import dagster as dg

from agentic_lakehouse.orchestration.graph import graph
from agentic_lakehouse.testing import Sandbox

GOOD = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(20))


class Sensor:
    """The sensor, with its cursor carried from tick to tick as the daemon does."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.definitions = graph(sandbox.settings)
        [self.sensor] = self.definitions.sensors
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


def test_an_approval_asks_for_a_run(sandbox: Sandbox) -> None:
    text = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))
    sensor = Sensor(sandbox)
    feed = sandbox.drop("cryptic/feed", text)
    sandbox.run(feed)
    sensor.tick()
    assert sensor.tick() == []

    sandbox.approve(feed)

    assert [r.tags["lakehouse/reason"] for r in sensor.tick()] == ["approved"]
