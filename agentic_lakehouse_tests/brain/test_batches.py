"""What does not fit a model's context is asked in batches of columns; what evidence settles is not asked at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agentic_lakehouse.brain.batches import describe_batches, map_batches
from agentic_lakehouse.brain.brain import Brain
from agentic_lakehouse.brain.fence import unfenced
from agentic_lakehouse.brain.planner.model import MODEL_NAME, plan
from agentic_lakehouse.brain.question import describe_question, map_question
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse_tests.model_server import ModelServer, completion

SHOP = (
    "SKU;Titel;EAN;Preis;Farbe;Gewicht [g];Lieferbar;Interne Notiz\n"
    + "\n".join(
        f"A{n:03};Stapler {n};400638133392{n % 2 * 7 + 4};{n},50;{('rot', 'blau')[n % 2]};{n}00;ja;x{n % 7}"
        for n in range(1, 40)
    )
    + "\n"
)


@pytest.fixture
def shop(measure) -> FeedProfile:
    return measure(SHOP)


@pytest.fixture
def planned(server: ModelServer) -> ModelServer:
    """Let the server answer whatever it is asked as the embedded planner would."""

    def answer(request: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        found = plan(unfenced(request["messages"][0]["content"]))
        line = request["response_format"]["json_schema"]["schema"]["$defs"].get("MappingLine")
        if line is not None:  # of a batch, no expression is asked
            found = {"columns": [{name: c[name] for name in line["properties"]} for c in found["columns"]]}
        return 200, {}, json.dumps(completion(request, content=json.dumps(found)))

    server.script.append(answer)
    return server


@pytest.fixture
def asked(planned: ModelServer) -> Callable[[], list[dict[str, Any]]]:
    """Return the questions that the server got."""
    return lambda: [unfenced(r["messages"][0]["content"]) for r in planned.requests]


def names(questions: list[dict[str, Any]], of: str = "sources") -> list[str]:
    return [c["source_name"] for q in questions for c in q[of]]


def fits_so_many(count: int) -> Callable[[Any], bool]:
    return lambda question: question.width <= count


def test_every_column_is_in_one_batch_in_its_order(shop, spec_of, product) -> None:
    whole = describe_question(shop, VendorFacts())
    mapped = map_question(shop, spec_of(shop), product, VendorFacts())

    for size in range(1, 9):
        described = describe_batches(whole, fits_so_many(size))
        batches = map_batches(mapped, fits_so_many(size))
        assert [c.source_name for b in described for c in b.columns] == list(shop.source_names)
        assert [s.source_name for b in batches for s in b.sources] == list(shop.source_names)
        assert all(b.width <= size for b in [*described, *batches])


def test_a_batch_knows_the_keys_that_lie_within_it_and_the_targets_that_its_columns_may_fill(
    shop, spec_of, product
) -> None:
    described = describe_batches(describe_question(shop, VendorFacts()), fits_so_many(2))
    batches = map_batches(map_question(shop, spec_of(shop), product, VendorFacts()), fits_so_many(2))

    assert ("SKU",) in described[0].unique_keys
    assert all(set(key) <= {c.source_name for c in b.columns} for b in described for key in b.unique_keys)
    assert {"sku", "title"} <= {t.name for t in batches[0].targets}
    assert all(len(b.targets) < len(product.offered) for b in batches)


def test_what_fits_is_asked_whole(shop, spec_of, product) -> None:
    mapped = map_question(shop, spec_of(shop), product, VendorFacts())

    assert map_batches(mapped, lambda _: True) == [mapped]


def test_batches_come_to_what_the_whole_does(shop, think, embedded, planned, asked, spec_of, product) -> None:
    brain = think()
    brain.context, brain.asks_settled = 3_500, True
    spec = _describe(brain, shop)
    mapping = _map(brain, shop, spec, product)

    assert len(asked()) > 4
    assert (spec.columns, spec.primary_key) == (spec_of(shop).columns, spec_of(shop).primary_key)
    whole = _map(embedded, shop, spec, product).value.columns
    assert [(c.target, c.expression) for c in mapping.value.columns] == [(c.target, c.expression) for c in whole]
    schemas = [r["response_format"]["json_schema"]["schema"]["$defs"] for r in planned.requests]
    lines = [found["MappingLine"]["properties"] for found in schemas if "MappingLine" in found]
    assert all([*line] == ["sources", "target", "confidence"] for line in lines)
    assert {(line["sources"]["minItems"], line["sources"]["maxItems"]) for line in lines} == {(1, 1)}
    assert mapping.settled == ()
    assert len(mapping.calls) == len([q for q in asked() if q["question"] == "map_columns"])


def test_settled_columns_are_not_sent(shop, think, asked, spec_of, product, embedded) -> None:
    spec = spec_of(shop)

    answer = _map(think(), shop, spec, product)

    [question] = asked()
    assert {"gtin", "price"} <= set(answer.settled)
    assert set(question["settled"]) == set(answer.settled)
    assert {"EAN", "Preis"}.isdisjoint(names([question]))
    assert "Interne Notiz" in names([question])
    assert {t["name"] for t in question["targets"]}.isdisjoint(answer.settled)
    assert {(c.target, c.expression) for c in answer.value.columns} == {
        (c.target, c.expression) for c in _map(embedded, shop, spec, product).value.columns
    }


def test_the_policy_may_have_them_sent(shop, think, asked, spec_of, product) -> None:
    brain = think()
    brain.asks_settled = True

    assert _map(brain, shop, spec_of(shop), product).settled == ()
    assert "EAN" in names(asked())


def test_a_settled_line_that_does_not_hold_is_asked_about(shop, think, asked, spec_of, product) -> None:
    def refuted(mapping: Any) -> list[str]:
        return ["'gtin' does not hold"] if mapping.targets == {"gtin"} and not asked() else []

    assert "gtin" not in _map(think(), shop, spec_of(shop), product, refuted).settled
    assert "EAN" in names(asked())


def test_where_all_is_settled_nobody_is_asked(measure, think, server, journal, spec_of, standard) -> None:
    onto = standard({"price": {"logical_type": "number", "physical_type": "decimal(18,4)", "unit": "EUR"}})
    about = measure("price\n" + "\n".join(f"{n}.50 €" for n in range(9)) + "\n")
    spec = spec_of(about)
    before = len(journal.rows)

    answer = _map(think(), about, spec, onto)

    assert (answer.settled, answer.calls, answer.model_version) == (("price",), (), MODEL_NAME)
    assert len(journal.rows) == before
    assert server.requests == []


def test_the_answers_schema_knows_the_names(shop, think, planned, spec_of, product) -> None:
    brain = think()
    _describe(brain, shop)
    _map(brain, shop, spec_of(shop), product)

    described, mapped = (r["response_format"]["json_schema"]["schema"]["$defs"] for r in planned.requests)
    assert described["ColumnClaim"]["properties"]["source_name"]["enum"] == list(shop.source_names)
    assert "color" in mapped["MappingLine"]["properties"]["target"]["enum"]
    assert "gtin" not in mapped["MappingLine"]["properties"]["target"]["enum"]


@pytest.mark.parametrize("header", ["x" * 65, "zero\u200bwidth", "two\nlines"])
def test_names_that_a_schema_cannot_list_are_left_open(measure, think, planned, header: str) -> None:
    quoted = '"' + header + '"'
    _describe(think(), measure(f"a;{quoted}\n" + "1;2\n" * 9))

    properties = planned.requests[0]["response_format"]["json_schema"]["schema"]["$defs"]["ColumnClaim"]["properties"]
    assert "enum" not in properties["source_name"]


def _describe(brain: Brain, about: FeedProfile) -> Any:
    from agentic_lakehouse_tests.brain.conftest import FEED

    return brain.describe(about, feed=FEED, facts=VendorFacts(), run_id="r", check=lambda _: []).value


def _map(brain: Brain, about: FeedProfile, spec: Any, onto: Any, check: Any = lambda _: []) -> Any:
    return brain.map(about, spec, onto, facts=VendorFacts(), run_id="r", check=check)
