"""Dagster's GraphQL API as its own UI uses it: start, execute again, stop and watch runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

REPOSITORY = {"repositoryName": "__repository__", "repositoryLocationName": "agentic_lakehouse.definitions"}
PATIENCE = 240.0
"""Seconds: a bound for what takes a moment on a quiet machine."""
OVER = {"SUCCESS", "FAILURE", "CANCELED"}
ERROR = "... on PythonError { message stack }"

LAUNCH = f"""mutation($params: ExecutionParams!) {{ launchRun(executionParams: $params) {{
    __typename ... on LaunchRunSuccess {{ run {{ runId }} }} ... on InvalidSubsetError {{ message }} {ERROR} }} }}"""
REEXECUTE = f"""mutation($params: ReexecutionParams!) {{ launchRunReexecution(reexecutionParams: $params) {{
    __typename ... on LaunchRunSuccess {{ run {{ runId }} }} {ERROR} }} }}"""
TERMINATE = f"""mutation($run: String!) {{ terminateRun(runId: $run, terminatePolicy: SAFE_TERMINATE) {{
    __typename ... on TerminateRunFailure {{ message }} {ERROR} }} }}"""
BACKFILL = f"""mutation($params: LaunchBackfillParams!) {{ launchPartitionBackfill(backfillParams: $params) {{
    __typename ... on LaunchBackfillSuccess {{ backfillId }} {ERROR} }} }}"""
ADD_PARTITION = f"""mutation($key: String!, $repository: RepositorySelector!) {{
    addDynamicPartition(partitionKey: $key, partitionsDefName: "feeds", repositorySelector: $repository) {{
    __typename {ERROR} }} }}"""
SENSORS = """query($repository: RepositorySelector!) { sensorsOrError(repositorySelector: $repository) {
    __typename ... on Sensors { results { id name } } } }"""
STOP_SENSOR = f"""mutation($id: String!) {{ stopSensor(id: $id) {{ __typename {ERROR} }} }}"""
CHECKS = """query($assets: [AssetKeyInput!]!) { assetNodes(assetKeys: $assets) {
    assetKey { path } assetChecksOrError { __typename ... on AssetChecks { checks { name } } } } }"""
RUNS_OF_BACKFILL = """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
    __typename ... on PartitionBackfill { runs(limit: 50) { runId } } } }"""
STATUS = """query($run: ID!) { runOrError(runId: $run) { __typename ... on Run { status } } }"""
RUN = """query($run: ID!) { runOrError(runId: $run) { __typename ... on Run {
    status tags { key value } stepStats { stepKey status }
    eventConnection(limit: 1000) { events { __typename
        ... on MessageEvent { message }
        ... on ExecutionStepFailureEvent {
            stepKey error { className causes { className } }
            failureMetadata { description metadataEntries { label ... on TextMetadataEntry { text } } } } } } } } }"""


@dataclass(frozen=True)
class StepFailure:
    """How the UI shows a step that failed."""

    step: str
    kind: str
    """Class of the error that Dagster saw."""
    causes: int
    """Errors below it, with their tracebacks."""
    description: str
    metadata: dict[str, str]


@dataclass(frozen=True)
class Run:
    """A run as the UI shows it."""

    id: str
    status: str
    tags: dict[str, str]
    steps: dict[str, str]
    """Last part of an asset's key, or a check's name, to how its step ended."""
    failures: tuple[StepFailure, ...]
    messages: tuple[str, ...]

    @property
    def partition(self) -> str:
        return self.tags["dagster/partition"]

    @property
    def failure(self) -> StepFailure:
        """The one step that failed."""
        [failure] = self.failures
        return failure


def until(what: str, look: Callable[[], T | None], *, seconds: float = PATIENCE) -> T:
    """Look until there is something to see, and return it; not for ever."""
    give_up = time.monotonic() + seconds
    while (found := look()) is None:
        assert time.monotonic() < give_up, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.2)
    return found


class Dagster:
    """A client of one server."""

    def __init__(self, port: int) -> None:
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)

    def close(self) -> None:
        self._http.close()

    def is_up(self) -> bool:
        """Whether the server answers and has loaded the code location."""
        try:
            return self._ask(SENSORS, repository=REPOSITORY)["__typename"] == "Sensors"
        except (httpx.TransportError, httpx.HTTPStatusError):
            return False

    def stop_sensors(self) -> None:
        for sensor in self._ask(SENSORS, repository=REPOSITORY)["results"]:
            self._do(STOP_SENSOR, "StopSensorMutationResult", id=sensor["id"])

    def add_partition(self, feed: str) -> None:
        """Add the partition of a feed that has none."""
        self._do(ADD_PARTITION, "AddDynamicPartitionSuccess", key=feed, repository=REPOSITORY)

    def launch(self, feed: str, *assets: str) -> str:
        """Start the whole job for a feed, or some of its assets with their checks, and return the run's id."""
        selector: dict[str, Any] = {**REPOSITORY, "jobName": "publish_feed"}
        if assets:
            keys = [{"path": asset.split("/")} for asset in assets]
            checks = self._checks(keys)
            selector |= {"jobName": "__ASSET_JOB", "assetSelection": keys, "assetCheckSelection": checks}
        tags = {"tags": [{"key": "dagster/partition", "value": feed}]}
        params = {"selector": selector, "mode": "default", "runConfigData": {}, "executionMetadata": tags}
        return str(self._do(LAUNCH, "LaunchRunSuccess", params=params)["run"]["runId"])

    def _checks(self, keys: Sequence[dict[str, list[str]]]) -> list[dict[str, Any]]:
        nodes = self._ask(CHECKS, assets=keys)
        return [
            {"assetKey": {"path": node["assetKey"]["path"]}, "name": check["name"]}
            for node in nodes
            for check in node["assetChecksOrError"]["checks"]
        ]

    def reexecute(self, run: Run) -> str:
        """Do what failed, and what depends on it, once more in a new run."""
        params = {"parentRunId": run.id, "strategy": "FROM_FAILURE", "useParentRunTags": True}
        return str(self._do(REEXECUTE, "LaunchRunSuccess", params=params)["run"]["runId"])

    def terminate(self, run_id: str) -> None:
        self._do(TERMINATE, "TerminateRunSuccess", run=run_id)

    def backfill(self, feeds: Sequence[str], assets: Sequence[str]) -> list[Run]:
        """Materialise assets for several feeds and wait for all of their runs."""
        keys = [{"path": asset.split("/")} for asset in assets]
        params = {"assetSelection": keys, "partitionNames": list(feeds)}
        backfill = self._do(BACKFILL, "LaunchBackfillSuccess", params=params)["backfillId"]

        def all_started() -> list[str] | None:
            runs = self._ask(RUNS_OF_BACKFILL, id=backfill)["runs"]
            return [r["runId"] for r in runs] if len(runs) == len(feeds) else None

        return [self.ended(run_id) for run_id in until("the backfill's runs", all_started)]

    def run(self, run_id: str) -> Run:
        """Look at a run."""
        seen = self._ask(RUN, run=run_id)
        events = seen["eventConnection"]["events"]
        return Run(
            id=run_id,
            status=seen["status"],
            tags={tag["key"]: tag["value"] for tag in seen["tags"]},
            steps={s["stepKey"].rpartition("__")[2]: s["status"] for s in seen["stepStats"]},
            failures=tuple(_failure(e) for e in events if e["__typename"] == "ExecutionStepFailureEvent"),
            messages=tuple(e["message"] for e in events if "message" in e),
        )

    def ended(self, run_id: str) -> Run:
        """Wait for a run to end."""

        def look() -> bool | None:
            return self._ask(STATUS, run=run_id)["status"] in OVER or None

        until(f"run {run_id} to end", look)
        return self.run(run_id)

    def _do(self, mutation: str, success: str, **variables: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._ask(mutation, **variables)
        assert answer["__typename"] == success, json.dumps(answer, indent=1)
        return answer

    def _ask(self, query: str, **variables: Any) -> Any:
        """Send one query and return its one field."""
        response = self._http.post("/graphql", json={"query": query, "variables": variables})
        response.raise_for_status()
        answer = response.json()
        assert "errors" not in answer, json.dumps(answer["errors"], indent=1)
        [field] = answer["data"].values()
        return field


def _failure(event: dict[str, Any]) -> StepFailure:
    told = event["failureMetadata"] or {"description": "", "metadataEntries": []}
    return StepFailure(
        step=event["stepKey"].rpartition("__")[2],
        kind=event["error"]["className"],
        causes=len(event["error"]["causes"]),
        description=told["description"],
        metadata={entry["label"]: entry.get("text", "") for entry in told["metadataEntries"]},
    )
