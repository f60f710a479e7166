"""Feeds of ten other trades, in up to four languages, against labels that were written before the planner saw them.

The lexicon, weights and thresholds were chosen on the first four trades; the others were held out, and those of which
only headers are given were written when the planner was finished.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from agentic_lakehouse.contracts.files import load_suite
from agentic_lakehouse.feeds.profile import profile
from agentic_lakehouse.feeds.sniff import sniff
from agentic_lakehouse.pipeline.evaluate import evaluate
from agentic_lakehouse.pipeline.scores import Evaluation
from agentic_lakehouse.settings import load_settings

SUITES = Path(__file__).parents[1] / "evaluation"
TUNED_ON = ("employees", "energy", "library", "shipments")
HELD_OUT = ("bank", "hotel", "lab", "listings")
WRITTEN_LATER = ("claims", "courses")
ABROAD = ("lab_abroad", "shipments_abroad")
"""Headers in languages for which the standard has no synonyms: the lexicon alone has them, or not."""


@pytest.fixture
def held_against(tmp_path: Path) -> Callable[[Path], Evaluation]:
    def judge(folder: Path) -> Evaluation:
        return evaluate(load_settings(home=tmp_path / "home"), folder, on_done=lambda _: None)

    return judge


def headers_alone(folder: Path, to: Path) -> Path:
    """Write a suite of the same feeds of which only the headers are known."""
    suite = load_suite(folder)
    feeds = []
    for labelled in suite.feeds:
        path = folder / (labelled.file or "")
        measured = profile(path, sniff(path, name=path.name), name=path.name)
        columns = [c.source_name for c in measured.columns]
        feeds.append({"feed": labelled.feed, "columns": columns, "mapping": dict(labelled.mapping)})
    standard = str((folder / (suite.standard or "")).resolve())
    document = {"name": f"{suite.name}, headers alone", "standard": standard, "feeds": feeds}
    (to / "suite.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return to


@pytest.mark.parametrize("domain", TUNED_ON + HELD_OUT)
def test_another_domain_is_mapped_by_its_standard_alone(held_against, domain: str) -> None:
    found = held_against(SUITES / domain)

    assert found.total.f1 >= 0.85
    assert found.total.calibration <= 0.15


@pytest.mark.parametrize("domain", TUNED_ON + HELD_OUT)
def test_headers_alone_tell_most_of_it(held_against, tmp_path: Path, domain: str) -> None:
    found = held_against(headers_alone(SUITES / domain, tmp_path))

    assert found.total.f1 >= 0.75


@pytest.mark.parametrize(("domain", "least"), [(d, 0.75) for d in WRITTEN_LATER] + [(d, 0.6) for d in ABROAD])
def test_what_no_word_explains_stays_unmapped_rather_than_wrong(held_against, domain: str, least: float) -> None:
    found = held_against(SUITES / domain)

    assert found.total.f1 >= least
    assert found.total.precision >= 0.95
