"""Six public feeds that no rule was written for, against the mappings that a person made of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
