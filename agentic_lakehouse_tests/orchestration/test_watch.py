"""The watch over feeds: what is late shows in the UI without a run, and people are told at its ticks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from agentic_lakehouse.lake.rows import DELIVERIES
from agentic_lakehouse.orchestration.graph import JOB, graph
from agentic_lakehouse_tests.hooks import Hook, hooked
from agentic_lakehouse_tests.pipeline.conftest import Straight

GOOD = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(20))
LONG_AGO = datetime.now(UTC) - timedelta(days=9)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooked() as hook:
        yield hook


@pytest.fixture
def sandbox(tmp_path: Path, hook: Hook) -> Iterator[Straight]:
    with Straight(tmp_path, webhook_url=hook.url) as sandbox:
        sandbox.facts("acme", "expected: daily\n")
        yield sandbox


class Watch:
    """The sensor, with its cursor carried from tick to tick, and its events reported, as the daemon does."""

    def __init__(self, sandbox: Straight, monkeypatch: pytest.MonkeyPatch) -> None:
        # The code location reads channels from its environment.
        monkeypatch.setenv("LAKEHOUSE_WEBHOOK_URL", sandbox.settings.webhook_url.get_secret_value())
        self.definitions = graph(sandbox.settings)
        self.sensor = next(s for s in self.definitions.sensors if s.name == "feed_states")
        self.instance = sandbox.instance
        self.cursor: str | None = None

    def tick(self) -> tuple[list[str | None], dg.AssetCheckEvaluation | None]:
        """Return the partitions that were observed, and what the check said."""
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources=self.definitions.resources
        )
        with context:
            result = self.sensor(context)
        self.cursor = result.cursor
        for event in result.asset_events:
            self.instance.report_runless_asset_event(event)
        checks = [event for event in result.asset_events if isinstance(event, dg.AssetCheckEvaluation)]
        observed = [event.partition for event in result.asset_events if isinstance(event, dg.AssetObservation)]
        return observed, checks[0] if checks else None


def test_a_late_feed_shows_though_no_run_happens_and_is_told_once(
    sandbox: Straight, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(sandbox, monkeypatch)
    late, fresh = sandbox.drop("acme/late", GOOD), sandbox.drop("acme/fresh", GOOD)
    for feed in (late, fresh):
        sandbox.run(feed)
    observed, check = watch.tick()
    assert (observed, check is not None and check.passed) == (["acme/fresh", "acme/late"], True)
    with sandbox.lakehouse.lake._database.write() as connection:
        of_late = DELIVERIES.update().where(DELIVERIES.c.feed == str(late))
        connection.execute(of_late.values(first_seen_at=LONG_AGO))

    observed, check = watch.tick()

    assert observed == ["acme/late"]
    assert check is not None
    assert (check.passed, check.severity, check.metadata["late"].value) == (False, dg.AssetCheckSeverity.WARN, 1)
    assert check.description is not None
    assert check.description.startswith("1 of 2 feeds: acme/late is late since ")
    assert watch.tick() == ([], None)
    assert hook.states == [("acme/late", "late")]


def test_what_is_late_is_shown_as_often_as_it_changes(sandbox: Straight, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(sandbox, monkeypatch)
    for name in ("never", "once"):
        (sandbox.root / "landing" / "acme" / name).mkdir(parents=True)
    _, both = watch.tick()
    sandbox.drop("acme/once", GOOD)
    observed, one = watch.tick()
    (sandbox.root / "landing" / "acme" / "once" / "data.csv").unlink()
    _, both_again = watch.tick()

    assert observed == ["acme/once"]
    assert [check.metadata["late"].value for check in (both, one, both_again) if check is not None] == [2, 1, 2]
    key = dg.AssetCheckKey(dg.AssetKey(["product_raw", "vendor_files"]), "fresh")
    [record] = sandbox.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.evaluation is not None
    assert not record.evaluation.passed


def test_no_run_evaluates_what_only_the_watch_can_tell(sandbox: Straight) -> None:
    job = graph(sandbox.settings).resolve_job_def(JOB)

    assert "fresh" not in {key.name for key in job.asset_layer.asset_graph.asset_check_keys}
    assert "needs_review" in {key.name for key in job.asset_layer.asset_graph.asset_check_keys}
