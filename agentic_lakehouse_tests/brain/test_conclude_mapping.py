"""A mapping is a model's lines; sources and what is unmapped are computed, never believed."""

from __future__ import annotations

import pytest

from agentic_lakehouse.brain.mappings import mapping, mapping_lines
from agentic_lakehouse.brain.proposals import MappingProposal
from agentic_lakehouse.brain.unfit import Unfit
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat

NAMES = {"Artikel-Nr": "artikel_nr", "VK Preis": "vk_preis", "Farbe": "farbe"}


@pytest.fixture
def spec() -> FeedSpec:
    return FeedSpec(
        vendor_name="acme",
        table_name="prices",
        format=FileFormat(kind="csv"),
        columns=tuple(ColumnSpec(source_name=s, name=n, type="string") for s, n in NAMES.items()),
    )


@pytest.fixture
def onto(standard):
    return standard({"key": {}, "price": {}, "title": {}, "hash": {"transform_logic": "sha256(key)"}})


def conclude(spec, onto, *lines: dict[str, object]):
    proposal = MappingProposal.model_validate({"columns": lines})
    return mapping(mapping_lines(proposal, spec, onto, lambda source, _: f'upper("{NAMES[source]}")'), spec, onto)


def test_sources_are_what_the_expression_reads(spec, onto) -> None:
    made = conclude(
        spec, onto, {"target": "price", "sources": ["Farbe"], "expression": 'COALESCE("vk_preis", "artikel_nr")'}
    )

    assert made.columns[0].sources == ("Artikel-Nr", "VK Preis")
    assert made.unmapped_sources == ("Farbe",)
    assert made.unmapped_targets == ("key", "title")


def test_lines_stand_in_the_standards_order(spec, onto) -> None:
    made = conclude(
        spec, onto, {"target": "title", "expression": '"farbe"'}, {"target": "key", "expression": '"artikel_nr"'}
    )

    assert [line.target for line in made.columns] == ["key", "title"]
    assert (made.feed, made.standard) == ("acme/prices", "shop_core.thing@1.0.0")


def test_every_fault_is_said_at_once(spec, onto) -> None:
    with pytest.raises(Unfit) as caught:
        conclude(
            spec,
            onto,
            {"target": "hash", "expression": '"farbe"'},
            {"target": "price", "expression": '"preis"'},
            {"target": "title", "expression": "(SELECT 1)"},
            {"target": "title", "expression": '"farbe"'},
        )

    text = "\n".join(caught.value.errors)
    assert "'hash' is not one of the targets" in text
    assert "'price'" in text
    assert "preis" in text
    assert "'title' has 2 lines" in text
    assert len(caught.value.errors) == 4


def test_a_missing_confidence_stays_missing(spec, onto) -> None:
    assert conclude(spec, onto, {"target": "title", "expression": '"farbe"'}).columns[0].confidence is None


def test_no_lines_are_a_mapping_of_nothing(spec, onto) -> None:
    assert conclude(spec, onto).unmapped_targets == ("key", "price", "title")


def test_a_line_without_an_expression_gets_the_usual_one(spec, onto) -> None:
    [line] = conclude(spec, onto, {"target": "title", "sources": ["Farbe"]}).columns

    assert (line.sources, line.expression) == (("Farbe",), 'upper("farbe")')


@pytest.mark.parametrize("sources", [[], ["Titel"], ["Farbe", "VK Preis"]])
def test_a_line_without_an_expression_has_one_source(spec, onto, sources: list[str]) -> None:
    with pytest.raises(Unfit, match="'title': a line without an expression has exactly one source"):
        conclude(spec, onto, {"target": "title", "sources": sources})
