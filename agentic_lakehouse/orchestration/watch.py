"""The feeds' watch: what is late shows on its asset though no run happens, and people are told what changed."""

import json

import dagster as dg

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.orchestration.failures import told_clearly
from agentic_lakehouse.orchestration.partitions import feeds
from agentic_lakehouse.orchestration.resources import LakehouseResource
from agentic_lakehouse.pipeline.notify import Notifier
from agentic_lakehouse.pipeline.states import FeedState, states

FRESH = "fresh"


def build_fresh_check(asset: dg.AssetKey) -> dg.AssetChecksDefinition:
    """Return the check that says whether a feed's delivery is overdue. A run evaluates it, and so does the watch."""

    @dg.asset_check(name=FRESH, asset=asset, partitions_def=feeds)
    def fresh(context: dg.AssetCheckExecutionContext, lakehouse: LakehouseResource) -> dg.AssetCheckResult:
        """Whether the vendor delivered when its facts say that it would."""
        with told_clearly():
            [state] = states(lakehouse.lakehouse, [Feed.parse(context.partition_key)])
        return dg.AssetCheckResult(
            passed=not state.late,
            severity=dg.AssetCheckSeverity.WARN,
            description=_said(state),
            metadata=_facts(state),
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
        shown = {state.feed: _since(state) for state in found if state.expected}
        known = set(context.instance.get_dynamic_partitions("feeds"))
        new = [state.feed for state in found if state.late and state.feed not in known]
        changed = [s for s in found if before.get(s.feed) != shown.get(s.feed)]
        return dg.SensorResult(
            asset_events=[_evaluation(asset, state) for state in changed],
            dynamic_partitions_requests=[feeds.build_add_request(new)] if new else [],
            cursor=json.dumps(shown),
        )

    return feed_states


def _since(state: FeedState) -> str:
    return f"late {state.due_at}" if state.late else "fresh"


def _evaluation(asset: dg.AssetKey, state: FeedState) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=asset,
        check_name=FRESH,
        passed=not state.late,
        severity=dg.AssetCheckSeverity.WARN,
        description=_said(state),
        metadata=_facts(state),
        partition=state.feed,
    )


def _said(state: FeedState) -> str:
    if not state.expected:
        return "The vendor's facts do not say when a delivery is expected."
    if not state.late:
        return f"On time: expected {state.expected}, due {state.due_at:%Y-%m-%d %H:%M} UTC."
    if state.due_at is None:
        return f"Late: expected {state.expected}, and nothing was ever delivered."
    return f"Late since {state.due_at:%Y-%m-%d %H:%M} UTC: expected {state.expected}. It is the vendor's turn."


def _facts(state: FeedState) -> dict[str, dg.MetadataValue]:
    instants = {"due_at": state.due_at, "last_delivery": state.last_delivery}
    return {
        **{name: dg.MetadataValue.timestamp(at) for name, at in instants.items() if at is not None},
        **({"expected": dg.MetadataValue.text(state.expected)} if state.expected else {}),
    }
