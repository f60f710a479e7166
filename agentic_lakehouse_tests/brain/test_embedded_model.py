"""The embedded planner is a model like any other: same prompts, journal, checks and retries."""

from __future__ import annotations

import asyncio

import pytest

from agentic_lakehouse.brain.planner.model import VERSION
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.errors import AnswerRejected

SHOP = "Artikelnummer;Bezeichnung;Preis;Farbe\n" + "".join(f"A{n};Schraube {n};{n},50;rot\n" for n in range(30))


def test_it_is_journalled_with_its_version_and_costs_nothing(ask, embedded, journal) -> None:
    answer = ask(embedded)

    [row] = journal.rows
    assert (row.model, row.model_version) == ("embedded", f"embedded-planner-{VERSION}")
    assert (row.status, row.cost_usd, row.input_tokens, row.output_tokens) == ("ok", 0.0, 0, 0)
    assert answer.model_version == row.model_version
    assert row.raw_output.startswith("{")
    assert "```json" in row.rendered_prompt


def test_the_same_question_gets_the_same_answer(measure, spec_of, mapping_of, product) -> None:
    about = measure(SHOP)

    assert spec_of(about) == spec_of(about)
    assert mapping_of(about, product).sha256 == mapping_of(about, product).sha256


def test_its_answers_are_kept_like_any_other(ask, embedded, journal) -> None:
    ask(embedded)

    assert ask(embedded).cached
    assert [c.cached for c in journal.rows] == [False, True]


def test_it_works_within_a_running_loop(ask, embedded) -> None:
    async def step() -> object:
        return ask(embedded).value

    assert asyncio.run(step()) is not None


def test_told_that_a_type_does_not_hold_it_claims_text(ask, embedded, journal) -> None:
    def check(spec) -> list[str]:
        wrong = spec.column("Preis").type != "string"
        return ["column 'Preis': 3 of 10 sampled rows do not fit"] if wrong else []

    answer = ask(embedded, check=check)

    assert answer.value.column("Preis").type == "string"
    assert journal.statuses == ["semantic", "ok"]


def test_a_line_once_withdrawn_stays_withdrawn(embedded, measure, spec_of, product, journal) -> None:
    about = measure(SHOP)
    spec = spec_of(about)
    objections = iter([["target 'price': lost"], ["'color': lost"], []])

    answer = embedded.map(about, spec, product, facts=VendorFacts(), run_id="r", check=lambda _: next(objections))

    assert answer.value.targets == {"source_product_id", "title"}
    assert {"price", "color"} <= set(answer.value.unmapped_targets)
    assert journal.statuses[-3:] == ["semantic", "semantic", "ok"]


def test_what_it_cannot_mend_is_a_dead_letter(ask, embedded, journal) -> None:
    with pytest.raises(AnswerRejected):
        ask(embedded, check=lambda _: ["never good enough"])

    assert journal.statuses == ["semantic"] * 3


def test_one_column_and_one_row_are_described(measure, spec_of) -> None:
    assert [c.name for c in spec_of(measure("Größe\n42\n")).columns] == ["groesse"]


def test_a_standard_that_offers_nothing_is_mapped_by_nothing(measure, spec_of, embedded, standard) -> None:
    about = measure(SHOP)
    onto = standard({"hash": {"transform_logic": "sha256('x')"}})

    made = embedded.map(about, spec_of(about), onto, facts=VendorFacts(), run_id="r", check=lambda _: []).value

    assert made.columns == ()
    assert made.feed == str(Feed("acme", "prices"))
