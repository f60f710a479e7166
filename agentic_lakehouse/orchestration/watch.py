"""The feeds' watch: what is late shows in the UI though no run happens, and people are told what changed.

Dagster's freshness policies are of assets, and a feed is a partition. A check's evaluation without a run is kept once a
partition and for ever (Dagster 1.13: a second one breaks a unique index). So one check speaks for all feeds, and each
change is an observation of the feed's partition besides.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from agentic_lakehouse.orchestration.failures import told_clearly
from agentic_lakehouse.orchestration.partitions import feeds
from agentic_lakehouse.orchestration.resources import LakehouseResource
from agentic_lakehouse.pipeline.notify import Notifier
from agentic_lakehouse.pipeline.states import FeedState, states

FRESH = "fresh"
NEVER = datetime.min.replace(tzinfo=UTC)
MAX_NAMED = 5
"""Late feeds that the check's headline names; its table has all of them."""


def build_fresh_check(asset: dg.AssetKey) -> dg.AssetChecksDefinition:
    """Return the check that says which feeds are late. The watch evaluates it; it is part of no feed's run."""

    @dg.asset_check(name=FRESH, asset=asset)
    def fresh(lakehouse: LakehouseResource) -> dg.AssetCheckResult:
        """Whether every vendor delivered when its facts say that it would."""
        with told_clearly():
            timed = _timed(states(lakehouse.lakehouse))
        return dg.AssetCheckResult(
            passed=not _late(timed),
            severity=dg.AssetCheckSeverity.WARN,
            description=_headline(timed),
            metadata=_table(timed),
        )

    return fresh


def build_watch(asset: dg.AssetKey) -> dg.SensorDefinition:
    """Return the sensor that looks how all feeds stand.

    Its cursor holds which feed was shown as late or fresh, and since when: only a change is shown again.
    """

    @dg.sensor(
        name="feed_states",
        asset_selection=dg.AssetSelection.assets(asset),
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def feed_states(context: dg.SensorEvaluationContext, lakehouse: LakehouseResource) -> dg.SensorResult:
        """Show which feeds are late, and tell people what changed."""
        house, before = lakehouse.lakehouse, json.loads(context.cursor or "{}")
        with told_clearly():
            notifier = Notifier(house)
            found = states(house)
            tried = notifier.tell(found)
        for notice in tried:
            if notice.status != "sent":
                context.log.warning("%s was not told by %s: %s", notice.feed, notice.channel, notice.error)
        timed = _timed(found)
        shown = {state.feed: _since(state) for state in timed}
        known = set(context.instance.get_dynamic_partitions("feeds"))
        new = [state.feed for state in timed if state.feed not in known]
        changed = [state for state in timed if before.get(state.feed) != shown[state.feed]]
        return dg.SensorResult(
            asset_events=[
                *(_observation(asset, state) for state in changed),
                *([_evaluation(asset, timed)] if before != shown else []),
            ],
            dynamic_partitions_requests=[feeds.build_add_request(new)] if new else [],
            cursor=json.dumps(shown),
        )

    return feed_states


def _timed(found: Sequence[FeedState]) -> list[FeedState]:
    """Return the feeds whose deliveries somebody expects."""
    return [state for state in found if state.expected]


def _late(timed: Sequence[FeedState]) -> list[FeedState]:
    """Return the late ones, those that are so longest first."""
    late = [state for state in timed if state.late]
    return sorted(late, key=lambda state: (state.due_at or NEVER, state.feed))


def _since(state: FeedState) -> str:
    if not state.late:
        return "fresh"
    return f"late since {state.due_at:%Y-%m-%d %H:%M} UTC" if state.due_at else "late, nothing was ever delivered"


def _evaluation(asset: dg.AssetKey, timed: Sequence[FeedState]) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=asset,
        check_name=FRESH,
        passed=not _late(timed),
        severity=dg.AssetCheckSeverity.WARN,
        description=_headline(timed),
        metadata=_table(timed),
    )


def _headline(timed: Sequence[FeedState]) -> str:
    late = _late(timed)
    if not late:
        return f"{len(timed)} feeds of which deliveries are expected are on time."
    named = "; ".join(f"{state.feed} is {_since(state)}" for state in late[:MAX_NAMED])
    more = f"; and {len(late) - MAX_NAMED} more" if len(late) > MAX_NAMED else ""
    return f"{len(late)} of {len(timed)} feeds: {named}{more}. It is the vendor's turn."


def _table(timed: Sequence[FeedState]) -> dict[str, dg.MetadataValue]:
    """Return the number of late feeds, which is plotted over time, and who they are."""
    late = _late(timed)
    rows = [
        dg.TableRecord(
            {
                "feed": state.feed,
                "due": _minute(state.due_at),
                "expected": state.expected,
                "last delivery": _minute(state.last_delivery) or "never",
            }
        )
        for state in late
    ]
    shown = {"feeds": dg.MetadataValue.table(rows)} if rows else {}
    return {"late": dg.MetadataValue.int(len(late)), **shown}


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _observation(asset: dg.AssetKey, state: FeedState) -> dg.AssetObservation:
    instants = {"due_at": state.due_at, "last_delivery": state.last_delivery}
    return dg.AssetObservation(
        asset_key=asset,
        partition=state.feed,
        description=_since(state),
        metadata={
            "late": state.late,
            "expected": state.expected,
            **{name: dg.MetadataValue.timestamp(at) for name, at in instants.items() if at is not None},
        },
    )
