"""Six public feeds that no rule was written for, against the mappings that a person made of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.profile import ColumnProfile
from agentic_lakehouse.contracts.vendor import VendorFacts

FEEDS = Path(__file__).parents[2] / "../shared/data/feeds"

pytestmark = pytest.mark.skipif(not FEEDS.is_dir(), reason="the shared sample feeds are not here")


@pytest.fixture
def proposed(measure_file, mapping_of, product):
    def pairs(name: str) -> set[tuple[str, str]]:
        [path] = (FEEDS / name).glob("*.csv")
        made = mapping_of(measure_file(path), product)
        return {(source, line.target) for line in made.columns for source in line.sources}

    return pairs


def labelled() -> dict[str, set[tuple[str, str]]]:
    gold = json.loads((FEEDS / "gold_mapping.json").read_text())["mappings"]
    return {name: set(mapping.items()) for name, mapping in gold.items()}


def f1(found: set, wanted: set) -> float:
    return 2 * len(found & wanted) / (len(found) + len(wanted))


def test_mappings_agree_with_a_persons(proposed) -> None:
    wanted = labelled()
    found = {name: proposed(name) for name in wanted}

    scores = {name: f1(found[name], wanted[name]) for name in wanted}
    together = f1(
        {(name, *pair) for name in found for pair in found[name]},
        {(name, *pair) for name in wanted for pair in wanted[name]},
    )

    assert together >= 0.95, scores
    assert min(scores.values()) >= 0.9, scores


def test_headers_alone_tell_most_of_it(measure_file, spec_of, embedded, product) -> None:
    wanted = labelled()
    found = set()
    for name in wanted:
        [path] = (FEEDS / name).glob("*.csv")
        columns = measure_file(path).columns
        bare = tuple(ColumnProfile(source_name=c.source_name, position=k, rows=0, nulls=0, distinct=0)
                     for k, c in enumerate(columns))  # fmt: skip
        about = measure_file(path).model_copy(update={"columns": bare, "row_count": 0, "unique_keys": ()})
        spec = spec_of(about)
        made = embedded.map(about, spec, product, facts=VendorFacts(), run_id="r", check=lambda _: []).value
        found |= {(name, source, line.target) for line in made.columns for source in line.sources}

    assert f1(found, {(name, *pair) for name in wanted for pair in wanted[name]}) >= 0.9
