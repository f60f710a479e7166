"""A scripted OpenAI-compatible server on loopback, a journal in memory, and hand-made facts."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.brain.brain import Answer, Brain, Budget, Patience
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec, FileFormat
from agentic_lakehouse.contracts.governed import ModelCall
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.profile import ColumnProfile, FeedProfile, TypeEvidence
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.contracts.vendor import VendorFacts

PROMPTS = Path(__file__).parents[2] / "prompts"
FEED = Feed("acme", "prices")


@dataclass
class Memory:
    """A journal that keeps calls as `lake` does."""

    rows: list[ModelCall] = field(default_factory=list)

    def record_call(self, call: ModelCall) -> None:
        assert call.id not in {c.id for c in self.rows}
        self.rows.append(call)

    def answered(self, request_sha256: str) -> ModelCall | None:
        good = [c for c in self.rows if c.request_sha256 == request_sha256 and c.status == "ok" and not c.cached]
        return good[-1] if good else None

    @property
    def statuses(self) -> list[str]:
        return [c.status for c in self.rows]


@dataclass
class ModelServer:
    """Answers with what a test scripted, in order; the last script is repeated."""

    url: str = ""
    script: list[Callable[[dict[str, Any]], tuple[int, dict[str, str], str]]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def says(self, *answers: Any) -> None:
        """Answer with these contents: text as it is, anything else as JSON."""
        self.script.extend(_completion(a if isinstance(a, str) else json.dumps(a)) for a in answers)

    def fails(
        self, *statuses: int, headers: dict[str, str] | None = None, body: str = '{"error":{"message":"no"}}'
    ) -> None:
        self.script.extend(lambda _, s=s: (s, headers or {}, body) for s in statuses)

    def sends(self, body: Any) -> None:
        """Answer 200 with this body instead of a completion."""
        self.script.append(lambda _: (200, {}, body if isinstance(body, str) else json.dumps(body)))

    def words(self, number: int) -> str:
        """Return all that the model was told in a request."""
        return "\n".join(str(m["content"]) for m in self.requests[number]["messages"])


def _completion(text: str) -> Callable[[dict[str, Any]], tuple[int, dict[str, str], str]]:
    def reply(request: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        body = {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": f"{request['model']}-2026-11-01",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
        }
        return 200, {}, json.dumps(body)

    return reply


@pytest.fixture
def server() -> Iterator[ModelServer]:
    stub = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stub.requests.append(request)
            status, headers, body = stub.script[min(len(stub.requests), len(stub.script)) - 1](request)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away is no news."""

    with Quiet(("127.0.0.1", 0), Handler) as httpd:
        stub.url = f"http://127.0.0.1:{httpd.server_port}/v1"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield stub
        httpd.shutdown()
        thread.join()


@pytest.fixture
def journal() -> Memory:
    return Memory()


@pytest.fixture
def think(server: ModelServer, journal: Memory) -> Callable[..., Brain]:
    """Make a brain that asks the scripted server and never really waits."""

    def make(
        *ladder: str,
        budget: Budget | None = None,
        waits: list[float] | None = None,
        base_url: str | None = None,
        prompts: Path = PROMPTS,
        timeout_seconds: float = 20.0,
    ) -> Brain:
        return Brain(
            ladder=ladder or ("openai-chat:weak",),
            base_url=base_url or server.url,
            prompts=prompts,
            journal=journal,
            timeout_seconds=timeout_seconds,
            budget=budget or Budget(),
            patience=Patience(sleep=(waits if waits is not None else []).append),
        )

    return make


def _column(name: str, position: int = 0, *, rows: int = 10, **facts: Any) -> ColumnProfile:
    """Make a column's facts; `values` are its values with counts."""
    values = facts.pop("values", {f"{name} {n}": 1 for n in range(rows)})
    filled = sum(values.values())
    return ColumnProfile(
        source_name=name,
        position=position,
        rows=rows,
        nulls=rows - filled,
        distinct=len(values),
        min_length=min((len(v) for v in values), default=0),
        max_length=max((len(v) for v in values), default=0),
        top_values=values,
        samples=tuple(values)[:8],
        **facts,
    )


def _profile(*columns: ColumnProfile, keys: tuple[tuple[str, ...], ...] = ()) -> FeedProfile:
    """Make a file's facts."""
    return FeedProfile(
        format=FileFormat(kind="csv", encoding="utf-8", delimiter=";", header_row=1),
        file_name="prices.csv",
        row_count=columns[0].rows,
        byte_size=100,
        columns=columns,
        unique_keys=keys,
    )


@pytest.fixture
def column() -> Callable[..., ColumnProfile]:
    """Make a column's facts; `values` are its values with counts."""
    return _column


@pytest.fixture
def profile() -> Callable[..., FeedProfile]:
    """Make a file's facts of its columns'."""
    return _profile


@pytest.fixture
def prices() -> FeedProfile:
    """Facts of a file with an article number and a price."""
    price = TypeEvidence(type="decimal", format="1.234,56", matches=10, max_scale=2, max_digits=2)
    return _profile(
        _column("Artikel", values={f"A{n}": 1 for n in range(10)}),
        _column("Preis", 1, values={f"{n},50": 1 for n in range(10)}, evidence=(price,)),
        keys=(("Artikel",),),
    )


@pytest.fixture
def good() -> dict[str, Any]:
    """Return an answer about `prices` that passes."""
    return {
        "columns": [
            {"source_name": "Artikel", "type": "string"},
            {"source_name": "Preis", "type": "decimal", "format": "1.234,56"},
        ],
        "primary_key": ["Artikel"],
    }


@pytest.fixture
def ask(prices: FeedProfile) -> Callable[..., Answer[FeedSpec]]:
    """Ask a brain what `prices` is."""

    def ask_about(
        brain: Brain,
        about: FeedProfile = prices,
        *,
        run_id: str = "run-1",
        check: Callable[[FeedSpec], list[str]] | None = None,
    ) -> Answer[FeedSpec]:
        return brain.describe(about, feed=FEED, facts=VendorFacts(), run_id=run_id, check=check or (lambda _: []))

    return ask_about


@pytest.fixture
def measure(tmp_path: Path) -> Callable[..., FeedProfile]:
    """Write a text as a file and measure it as the lakehouse does."""

    def of(text: str, *, name: str = "feed.csv", locale: str | None = None) -> FeedProfile:
        from agentic_lakehouse.feeds.profile import profile as profile_of
        from agentic_lakehouse.feeds.sniff import sniff

        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return profile_of(path, sniff(path, name=name), name=name, locale=locale)

    return of


@pytest.fixture
def embedded(journal: Memory) -> Brain:
    """Return the brain that needs no key."""
    return Brain(
        ladder=("embedded",), base_url=None, prompts=PROMPTS, journal=journal, timeout_seconds=20, budget=Budget()
    )


@pytest.fixture
def spec_of(embedded: Brain) -> Callable[..., FeedSpec]:
    """Describe a measured file with the embedded planner."""

    def describe(about: FeedProfile, facts: VendorFacts | None = None) -> FeedSpec:
        facts = facts or VendorFacts()
        return embedded.describe(about, feed=FEED, facts=facts, run_id="r", check=lambda _: []).value

    return describe


@pytest.fixture
def mapping_of(embedded: Brain, spec_of: Callable[..., FeedSpec]) -> Callable[..., Mapping]:
    """Describe and map a measured file with the embedded planner."""

    def map_(about: FeedProfile, onto: ProductStandard, facts: VendorFacts | None = None) -> Mapping:
        facts = facts or VendorFacts()
        spec = spec_of(about, facts)
        return embedded.map(about, spec, onto, facts=facts, run_id="r", check=lambda _: []).value

    return map_


@pytest.fixture
def standard() -> Callable[..., ProductStandard]:
    """Make a standard of columns given as keyword arguments to `StandardColumn`, by name."""

    def make(
        columns: dict[str, dict[str, Any]], *, name: str = "shop_core.thing", granularity: str = ""
    ) -> ProductStandard:
        return ProductStandard(
            id="urn:x",
            name=name,
            version="1.0.0",
            domain=name.partition("_")[0],
            granularity=granularity,
            columns=tuple(
                StandardColumn(name=n, **{"logical_type": "string", "physical_type": "string", **c})
                for n, c in columns.items()
            ),
            rules=(),
        )

    return make


@pytest.fixture(scope="session")
def product() -> ProductStandard:
    """Return the product standard as shipped."""
    return load_standard(PROMPTS.parent / "data" / "contracts" / "product_core.odcs.yaml")


@pytest.fixture
def measure_file() -> Callable[[Path], FeedProfile]:
    """Measure a file as the lakehouse does."""

    def of(path: Path) -> FeedProfile:
        from agentic_lakehouse.feeds.profile import profile as profile_of
        from agentic_lakehouse.feeds.sniff import sniff

        return profile_of(path, sniff(path, name=path.name), name=path.name)

    return of
