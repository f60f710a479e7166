"""The sensor on a landing zone that fails in part or whole."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.orchestration.test_sensor import GOOD, Sensor
from agentic_lakehouse_tests.sftp import QUOTED, SftpServer


def test_what_cannot_be_looked_at_waits_and_stops_no_other(server: SftpServer, tmp_path: Path) -> None:
    server.put("acme/feed/data.csv", GOOD)
    server.put("beta/feed/data.csv", GOOD)
    with Sandbox(tmp_path / "sandbox", landing=server.url) as sandbox:
        sensor = Sensor(sandbox)
        server.refused = {"/landing/acme/feed"}
        assert sensor.tick() == []
        assert [r.partition_key for r in sensor.tick()] == ["beta/feed"]

        server.stop()
        with pytest.raises(dg.Failure, match="cannot be reached: the connection was refused") as caught:
            sensor.tick()
        assert QUOTED not in str(caught.value.description)

        server.start()
        server.refused = set()
        sensor.tick()
        assert "acme/feed" in [r.partition_key for r in sensor.tick()]
