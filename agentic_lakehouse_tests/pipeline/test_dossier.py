"""A reviewer is shown what a proposal would do, on the feed's own rows, and what it changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.dossier import Dossier
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.pipeline.dossier import docket, dossier
from agentic_lakehouse.pipeline.edit import proposed_by_person
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.sampled import MAX_TEXT
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.pipeline.conftest import Straight

ROWS = "".join(f"S{n},Stapler {n},{-n if n == 7 else n}.50,EUR,{'x' * 300}\n" for n in range(1, 31))
GOODS = f"sku,title,price,currency,remarks\n{ROWS}"


@pytest.fixture
def eyed(tmp_path: Path) -> Straight:
    """A lakehouse in which every mapping waits for a person."""
    policy = tmp_path / "policy.yaml"
    policy.write_text("name: all-eyes\napproval:\n  min_confidence_required: 1.0\n  min_confidence: 1.0\n")
    return Straight(tmp_path / "lake", policy=policy)


def filed(sandbox: Sandbox, feed: Feed, *lines: ColumnMapping, without: tuple[str, ...] = ()) -> str:
    """File a mapping like the one that waits, with other lines; return its id."""
    house = sandbox.lakehouse
    waits = house.undecided(feed) or house.mapping_in_force(feed)
    assert waits is not None
    known = {line.target: line for line in mapping_of(waits).columns if line.target not in without}
    known |= {line.target: line for line in lines}
    mapping = Mapping(feed=str(feed), standard=house.standard.label, columns=tuple(known.values()))
    spec = house.spec_in_force(feed)
    made = proposed_by_person(house, spec, mapping, parent="", at=datetime.now(UTC), reason="")
    return house.lake.governance.propose(made).id


def line_of(found: Dossier, target: str):
    assert found.mapping is not None
    return next(line for line in found.mapping.lines if line.term.name == target)


def test_a_line_stands_beside_its_term_with_values_before_and_after(eyed: Straight) -> None:
    feed = eyed.drop("acme/feed", GOODS)
    eyed.run(feed)
    house = eyed.lakehouse

    found = dossier(house, house.undecided(feed).id)

    price = line_of(found, "price")
    assert price.term.definition == house.standard.column("price").definition
    assert price.is_doubtful
    assert price.sampled.broken
    worst = price.sampled.examples[0]
    assert (worst.read, bool(worst.broken)) == ({"price": "-7.5000"}, True)
    assert price.sampled.rows == 30
    assert [(s.source_name, len(s.values)) for s in found.mapping.unmapped_sources] in ([], [("remarks", 1)])
    assert found.mapping.unmapped_targets[0].required >= found.mapping.unmapped_targets[-1].required


def test_rows_that_core_would_refuse_are_named_with_rule_and_value(eyed: Straight) -> None:
    feed = eyed.drop("acme/feed", GOODS)
    eyed.run(feed)
    negative = ColumnMapping(target="title", sources=("currency",), expression="NULLIF(\"currency\", 'EUR')")

    found = dossier(eyed.lakehouse, filed(eyed, feed, negative))

    assert found.mapping.rejected_rows == found.mapping.sample_rows == 30
    assert found.mapping.rejected_share == 1
    assert found.mapping.breaches[0].cost == "reject_row"
    assert found.mapping.breach_counts["title_required"] == 30
    assert {b.rule for b in found.mapping.breaches} > {"title_required"}


def test_changes_are_told_against_what_is_in_force(eyed: Straight) -> None:
    feed = eyed.drop("acme/feed", GOODS)
    eyed.run(feed)
    eyed.approve(feed)
    louder = ColumnMapping(target="title", sources=("title",), expression='upper("title")', confidence=0.5)
    added = ColumnMapping(target="mpn", sources=("sku",), expression='"sku"', confidence=1.0)

    found = dossier(eyed.lakehouse, filed(eyed, feed, louder, added, without=("currency",)))

    changes = {line.term.name: line.change for line in found.mapping.lines}
    assert (changes["title"], changes["mpn"], changes["currency"], changes["price"]) == (
        "changed",
        "added",
        "removed",
        "same",
    )
    assert line_of(found, "title").before.expression == '"title"'
    assert found.in_force


def test_a_line_that_cannot_run_says_why_and_the_others_are_tried(eyed: Straight) -> None:
    feed = eyed.drop("acme/feed", GOODS)
    eyed.run(feed)
    wrong = ColumnMapping(target="title", sources=("title",), expression='upper("titel")')

    found = dossier(eyed.lakehouse, filed(eyed, feed, wrong))

    assert line_of(found, "title").errors
    assert found.mapping.errors
    assert line_of(found, "sku").sampled.rows == 30


def test_a_column_that_only_earlier_deliveries_had_is_named_as_such(eyed: Straight) -> None:
    feed = eyed.drop("acme/feed", GOODS)
    eyed.run(feed)
    eyed.approve(feed)
    assert eyed.run(feed).status == "published"
    eyed.drop("acme/feed", GOODS.replace(",currency", "").replace(",EUR,", ","), name="second.csv")
    assert eyed.run(feed).status == "awaiting_review"
    house = eyed.lakehouse

    found = dossier(house, house.undecided(feed).id)

    currency = line_of(found, "currency")
    assert (currency.line.sources, currency.line.former) == ((), ("currency",))
    assert currency.sampled.examples[0].read == {"currency (of earlier deliveries)": None}
    assert found.mapping.errors == ()


def test_it_is_bounded_and_is_json(eyed: Straight) -> None:
    feed = eyed.drop("acme/feed", GOODS)
    eyed.run(feed)
    long = ColumnMapping(target="description", sources=("remarks",), expression='"remarks"', confidence=0.9)
    proposal = filed(eyed, feed, long)

    found = dossier(eyed.lakehouse, proposal)

    example = line_of(found, "description").sampled.examples[0]
    assert len(example.result) == len(example.read["remarks"]) == MAX_TEXT + 1
    assert Dossier.model_validate_json(found.model_dump_json()) == found


def test_a_spec_is_told_by_its_claims_and_its_cells(eyed: Straight) -> None:
    feed = eyed.drop("acme/feed", GOODS)
    eyed.run(feed)
    spec = eyed.lakehouse.lake.governance.proposals(feed, kind="spec")[0]

    found = dossier(eyed.lakehouse, spec.id)

    price = next(c for c in found.spec.columns if c.source_name == "price")
    assert ("type", "decimal") in {(claim.name, claim.value) for claim in price.claims}
    assert price.values
    assert price.change == "first"


def test_the_docket_tells_people_and_policies_apart(eyed: Straight) -> None:
    feed = eyed.drop("acme/feed", GOODS)
    eyed.run(feed)
    assert [item.feed for item in docket(eyed.lakehouse).waiting] == ["acme/feed"]
    eyed.approve(feed)

    found = docket(eyed.lakehouse)

    assert found.waiting == ()
    assert [(d.proposal.kind, d.by) for d in found.decided] == [("mapping", "tester")]
    assert [(d.proposal.kind, d.by) for d in found.let_pass] == [("spec", "policy:all-eyes")]


def test_there_is_none_of_what_is_not_proposed(eyed: Straight) -> None:
    with pytest.raises(UsageInvalid):
        dossier(eyed.lakehouse, "mapping-000000000000")
