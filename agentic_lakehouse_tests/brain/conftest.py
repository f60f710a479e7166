"""A scripted OpenAI-compatible server on loopback, a journal in memory, and hand-made facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.brain.brain import Answer, Brain, Budget, Patience
from agentic_lakehouse.brain.budget import Bounds
from agentic_lakehouse.brain.memory import MemoryJournal
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec, FileFormat
from agentic_lakehouse.contracts.governed import ModelCall, Tally
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.profile import ColumnProfile, FeedProfile, TypeEvidence
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse_tests.model_server import ModelServer, serving

PROMPTS = Path(__file__).parents[2] / "prompts"
FEED = Feed("acme", "prices")


class Memory(MemoryJournal):
    """A journal that keeps calls as `lake` does."""

    def enter_call(self, call: ModelCall, require: Callable[[ModelCall, Tally], None]) -> None:
        assert call.id not in {c.id for c in self.calls}
        super().enter_call(call, require)

    @property
    def rows(self) -> list[ModelCall]:
        return self.calls

    @property
    def statuses(self) -> list[str]:
        return [c.status for c in self.calls]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as stub:
        yield stub


@pytest.fixture
def journal() -> Memory:
    return Memory()


@pytest.fixture
def think(server: ModelServer, journal: Memory) -> Callable[..., Brain]:
    """Make a brain that asks the scripted server and never really waits."""

    def make(
        *ladder: str,
        budget: Budget | Bounds | None = None,
        waits: list[float] | None = None,
        base_url: str | None = None,
        prompts: Path = PROMPTS,
        timeout_seconds: float = 20.0,
        replays: bool = False,
    ) -> Brain:
        return Brain(
            ladder=ladder or ("openai-chat:weak",),
            base_url=base_url or server.url,
            prompts=prompts,
            journal=journal,
            timeout_seconds=timeout_seconds,
            budget=Budget(run=budget) if isinstance(budget, Bounds) else budget or Budget(),
            patience=Patience(sleep=(waits if waits is not None else []).append),
            replays=replays,
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
