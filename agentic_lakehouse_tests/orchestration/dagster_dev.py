"""`lakehouse dev` as a user starts it, on a lake of its own, and what its lake holds afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import yaml

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.settings import Settings
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.orchestration.graphql import Dagster, Run, until
from agentic_lakehouse_tests.orchestration.model_server import ModelServer

RAW = ("product_raw/vendor_files", "product_raw/feed_spec", "product_raw/bronze")
CORE = ("product_core/product_mapping", "product_core/product_staged", "product_core/product")
RECALLED = "Recalled"
"""A product of that title fails its feed's audit: the server's standard has one more table rule."""


def price_list(rows: int = 20, *, title: str = "Stapler", note: str = "note") -> str:
    """A plain file. Models are asked once a shape: one with a `note` column of its own is asked about by itself."""
    return f"sku,title,price,currency,{note}\n" + "".join(f"S{n},{title} {n},{n}.50,EUR,\n" for n in range(rows))


class DagsterDev(Sandbox):
    """A sandbox with a server on it: `run` goes through the graph in here, the rest through the server's GraphQL API.

    Attributes:
        model: what the server's runs ask before the embedded planner.
        dagster: the API.
    """

    def __init__(self, root: Path, model: ModelServer) -> None:
        super().__init__(root, standard=_standard_with_recalls(root))
        self.model = model
        self._log = root / "server.log"
        port = _free_port()
        self.dagster = Dagster(port)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).with_name("lakehouse"), "dev", "--port", str(port)],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=root,
                env={**os.environ, **_environment(self.settings, model)},
            )

    def wait_until_up(self) -> None:
        """Wait for the server, and stop its sensor: the tests start every run themselves."""

        def look() -> bool | None:
            assert self._process.poll() is None, self._log.read_text(encoding="utf-8")
            return self.dagster.is_up() or None

        until("the server", look)
        self.dagster.stop_sensors()

    def __exit__(self, *_: object) -> None:
        self.dagster.close()
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        _end_group(self._process.pid)
        self._process.wait()
        super().__exit__()

    def feed(self, name: str, content: str) -> Feed:
        """Drop a feed's first file, and add its partition as the sensor would."""
        self.dagster.add_partition(name)
        return self.drop(name, content)

    def launch(self, feed: Feed, *assets: str) -> str:
        """Start the whole job for a feed, or some of its assets with their checks; return the run's id."""
        return self.dagster.launch(str(feed), *assets)

    def run_to_end(self, feed: Feed, *assets: str) -> Run:
        """The same, and wait for the run's end."""
        return self.dagster.ended(self.launch(feed, *assets))

    def ended(self, run_ids: Iterable[str]) -> list[Run]:
        """Wait for the end of runs that were all started before."""
        return [self.dagster.ended(run_id) for run_id in list(run_ids)]

    def bronze_rows(self, feed: Feed) -> int:
        """Rows of the feed's bronze table on main."""
        view = self.lakehouse.lake.view()
        table = f"product_raw.{feed.table}"
        return view.row_count(table) if view.exists(table) else 0

    def core_rows(self, feed: Feed) -> int:
        """Rows of the feed's slice of the core table on main."""
        return self.lakehouse.slice_rows(feed)

    def commits(self, feed: Feed) -> list[str]:
        """Runs that published the feed, newest first."""
        return [commit.run_id for commit in self.lakehouse.lake.log(feed=feed)]

    def statuses(self, feed: Feed) -> list[str]:
        """Status of each of the feed's deliveries, oldest first."""
        return [delivery.status for delivery in self.lakehouse.lake.ledger.deliveries(feed)]

    def open_branches(self) -> list[str]:
        return [branch.name for branch in self.lakehouse.lake.branches()]


def _environment(settings: Settings, model: ModelServer) -> dict[str, str]:
    return {
        "LAKEHOUSE_HOME": str(settings.home_path),
        "LAKEHOUSE_LANDING": settings.landing,
        "LAKEHOUSE_VENDORS": str(settings.vendors),
        "LAKEHOUSE_STANDARD": str(settings.standard),
        "LAKEHOUSE_MODEL": "openai-chat:unknowing,embedded",
        "LAKEHOUSE_BASE_URL": model.url,
        "OPENAI_API_KEY": "none",
    }


def _standard_with_recalls(root: Path) -> Path:
    contract = yaml.safe_load(Settings(_env_file=None).standard.read_text(encoding="utf-8"))
    query = f"SELECT COUNT(DISTINCT title) FROM {{object}} WHERE title LIKE '{RECALLED}%'"
    rule = {"name": "no_recalls", "type": "sql", "query": query, "mustBe": 0, "severity": "error"}
    contract["schema"][0].setdefault("quality", []).append({**rule, "dimension": "accuracy"})
    path = root / "standard.odcs.yaml"
    path.write_text(yaml.safe_dump(contract, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def _end_group(group: int) -> None:
    """Whatever is left of the server's own group, ends."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
