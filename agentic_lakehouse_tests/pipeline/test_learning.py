"""The twentieth vendor costs less than the first; a wrong approval is undone with all that came of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from agentic_lakehouse.brain.fence import unfenced
from agentic_lakehouse.brain.planner.model import plan
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Proposal, Review
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.errors import ReviewRefused
from agentic_lakehouse.pipeline.learning import Learned, taught
from agentic_lakehouse.pipeline.review import Reviewer, decide, edit
from agentic_lakehouse.pipeline.undo import undo
from agentic_lakehouse_tests.model_server import Request, Response, completion, serving
from agentic_lakehouse_tests.pipeline.conftest import Straight

MIA = Reviewer("Mia")
TRADE = {
    "Sortnr": "source_product_id",
    "Warenbez": "title",
    "Abgabewert": "price",
    "Fabrzeichen": "brand",
    "Wgr": "category",
    "Zust": "condition",
}
"""Headers that a trade has in common and that no dictionary lists, with what they are."""
WORDS = {"A-Stück": "new", "Rückl": "refurbished", "Gbr": "used"}


def goods(seed: int, headers: dict[str, str] = TRADE) -> str:
    """Thirty articles of one vendor of the trade, in columns of its own order and with one of its own."""
    pick = random.Random(seed)
    rows = [
        {
            "source_product_id": f"{seed:02}-{n:04}",
            "title": f"{pick.choice(['Hammer', 'Zange', 'Feile'])} {pick.choice(['klein', 'lang'])} {n}",
            "price": f"{n * 3 + pick.randint(0, 2)},{pick.randint(10, 99)}",
            "brand": pick.choice(["Wiha", "Knipex", "Gedore"]),
            "category": pick.choice(["Handwerkzeug > Schlagen", "Handwerkzeug > Greifen"]),
            "condition": pick.choice(list(WORDS)),
        }
        for n in range(1, 31)
    ]
    order = pick.sample(list(headers), len(headers))
    lines = [";".join([*order, "Regalfach"])]
    lines += [";".join([*(row[headers[h]] for h in order), f"x{pick.randint(1, 9)}"]) for row in rows]
    return "\n".join(lines) + "\n"


class Cost(NamedTuple):
    """What one vendor took until it was published."""

    clicks: int
    calls: int
    tokens: int
    reason: str = ""


def knowing(proposal: Proposal) -> str:
    """What a person makes of a proposal who knows the trade."""
    lines = {c["target"]: c for c in proposal.content["columns"]}
    spec = {h: h.lower() for h in TRADE}
    for header, target in TRADE.items():
        pairs = ", ".join(f"'{w}', '{v}'" for w, v in WORDS.items())
        sql = f'value_map("{spec[header]}", {pairs})' if target == "condition" else f'"{spec[header]}"'
        lines[target] = {"target": target, "sources": [header], "expression": sql, "confidence": 1.0}
    return json.dumps({**proposal.content, "columns": list(lines.values())}, ensure_ascii=False)


def publish(sandbox: Straight, seed: int) -> Cost:
    """Let a new vendor deliver, and a person decide where one must."""
    vendor = f"v{seed:02}"
    sandbox.facts(vendor, "locale: de_DE\ncurrency: EUR\n")
    feed = sandbox.drop(f"{vendor}/goods", goods(seed))
    run, clicks = sandbox.run(feed), 0
    if run.status == "awaiting_review":
        waits = sandbox.lakehouse.undecided(feed)
        edit(sandbox.lakehouse, waits.id, knowing(waits), by=MIA)
        first, run, clicks = run, sandbox.run(feed), 1
        assert run.model_calls == 0 or run.status == "published"
        run = run.model_copy(update={"reason": first.reason})
    assert run.status == "published", run
    calls = [c for c in sandbox.lakehouse.lake.governance.calls(feed) if not c.cached]
    return Cost(clicks, len(calls), sum(c.input_tokens + c.output_tokens for c in calls), run.reason)


def answering(request: Request) -> Response:
    """Answer as a model would that knows what names and values tell; tokens are a quarter of the letters."""
    told = "\n".join(str(m["content"]) for m in request["messages"])
    content = json.dumps(plan(unfenced(told)))
    usage = {"prompt_tokens": len(told) // 4, "completion_tokens": len(content) // 4, "total_tokens": 1}
    return 200, {}, json.dumps(completion(request, content=content, usage=usage))


@pytest.fixture
def trade(tmp_path: Path) -> Iterator[Straight]:
    """A lakehouse with the embedded planner, and two vendors: of the first a person made the mapping."""
    with Straight(tmp_path / "lake") as sandbox:
        assert publish(sandbox, 1).clicks == 1
        assert publish(sandbox, 2).clicks == 0
        yield sandbox


def test_the_twentieth_vendor_costs_fewer_clicks_calls_and_tokens_than_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with serving() as server:
        server.script.append(answering)
        with Straight(tmp_path, model="openai-chat:clerk", base_url=server.url) as sandbox:
            costs = [publish(sandbox, seed) for seed in range(1, 21)]

    first, last = costs[0], costs[-1]
    assert first.clicks == 1
    assert [cost.clicks for cost in costs[1:]] == [0] * 19
    assert (first.calls, last.calls) == (2, 1)
    assert last.tokens < first.tokens / 2
    assert {cost.tokens for cost in costs[1:]} <= set(range(last.tokens - 50, last.tokens + 50))


def test_a_line_that_was_learned_says_of_whom(trade: Straight) -> None:
    mapping, _ = trade.lakehouse.mapping_line(Feed("v02", "goods"))

    [price] = [line for line in mapping.columns if line.target == "price"]
    assert price.sources == ("Abgabewert",)
    assert "Approved before: 'Abgabewert' of v01/goods, by Mia." in price.rationale
    conditions = trade.query("SELECT DISTINCT condition AS c FROM product_core.product WHERE vendor_name = 'v02'")
    assert {row["c"] for row in conditions} == set(WORDS.values())


def test_another_language_learns_nothing_of_it(trade: Straight) -> None:
    trade.facts("fr", "locale: fr_FR\ncurrency: EUR\n")

    run = trade.run(trade.drop("fr/goods", goods(3)))

    assert run.status == "awaiting_review"


def test_what_people_took_out_is_left_out_for_the_next_vendor(trade: Straight) -> None:
    for vendor in ("v01", "v02"):
        stands = trade.lakehouse.mapping_in_force(Feed(vendor, "goods"))
        assert stands is not None
        kept = [line for line in stands.content["columns"] if line["target"] != "brand"]
        unused = [*stands.content["unmapped_sources"], "Fabrzeichen"]
        text = json.dumps({**stands.content, "columns": kept, "unmapped_sources": unused})
        edit(trade.lakehouse, stands.id, text, by=MIA)

    trade.facts("v03", "locale: de_DE\ncurrency: EUR\n")
    run = trade.run(trade.drop("v03/goods", goods(3)))

    mapping, _ = trade.lakehouse.mapping_line(Feed("v03", "goods"))
    assert run.status == "published"
    assert "brand" not in mapping.targets
    assert "Fabrzeichen" in mapping.unmapped_sources


def test_a_line_that_people_rejected_waits_for_a_person(trade: Straight) -> None:
    house = trade.lakehouse
    mapping, _ = house.mapping_line(Feed("v02", "goods"))
    told = {p.claim: p for p in house.lake.precedents.of_standard(house.standard.name)}
    refused = told["fabrzeichen", "brand", ""].model_copy(update={"stance": "rejected", "feed": "v09/goods"})

    assert Learned(house.standard, [*told.values()]).reasons(mapping) == []
    assert Learned(house.standard, [refused]).reasons(mapping) == [
        "'brand' from Fabrzeichen: Mia rejected that for v09/goods"
    ]


def test_a_column_that_its_own_feed_lost_says_nothing_of_such_headers_elsewhere(trade: Straight) -> None:
    house = trade.lakehouse
    standing, _ = house.mapping_line(Feed("v02", "goods"))
    lines = [line for line in standing.columns if line.target != "brand"]
    unused = ("Regalfach", "Fabrzeichen", "Xyzzy")
    without = standing.model_copy(update={"columns": tuple(lines), "unmapped_sources": unused})
    review = Review(
        proposal_id="p", sha256="", decision="approved", by="Mia", note="", created_at=datetime(2026, 1, 1, tzinfo=UTC)
    )

    def nothing(before: Mapping | None) -> set[str]:
        said = taught(without, "approved", standard=house.standard, facts=VendorFacts(), review=review, standing=before)
        return {p.text for p in said if p.target == ""}

    assert nothing(standing) == {"Xyzzy"}
    assert nothing(None) == set(unused)


def test_who_rejects_a_change_says_nothing_of_the_lines_that_stay(trade: Straight) -> None:
    feed = trade.drop("v01/goods", goods(1).replace("Abgabewert", "Abgabewert netto"), name="netto.csv")
    assert trade.run(feed).status == "awaiting_review"
    waits = trade.lakehouse.undecided(feed)
    assert waits is not None
    decide(trade.lakehouse, waits.id, "rejected", by=MIA)

    trade.facts("v03", "locale: de_DE\ncurrency: EUR\n")

    assert trade.run(trade.drop("v03/goods", goods(3))).status == "published"
    spoken = trade.lakehouse.lake.precedents.of_standard(trade.lakehouse.standard.name)
    assert {p.target for p in spoken if p.stance == "rejected"} == {"price"}


def test_a_wrong_approval_is_undone_with_all_that_came_of_it(trade: Straight) -> None:
    first, second = Feed("v01", "goods"), Feed("v02", "goods")
    house = trade.lakehouse
    wrong, came = house.mapping_in_force(first), house.mapping_in_force(second)
    assert came.learned_from == (wrong.id,)

    undone = undo(house, wrong.id, by=MIA, note="the trade's Abgabewert is net")

    governance = trade.lakehouse.lake.governance
    assert {(p.id, p.status) for p in undone} >= {(wrong.id, "superseded"), (came.id, "superseded")}
    assert [r.decision for r in governance.reviews(came.id)] == ["approved", "undone"]
    for feed in (first, second):
        assert trade.lakehouse.work(feed).reason == "mapping undone"
        assert trade.run(feed).status == "awaiting_review"
        assert trade.run(feed).status == "awaiting_review"
    trade.facts("v03", "locale: de_DE\ncurrency: EUR\n")
    assert trade.run(trade.drop("v03/goods", goods(3))).status == "awaiting_review"
    assert not trade.lakehouse.lake.precedents.of_standard("product_core.product")
    assert len(trade.query("SELECT 1 FROM product_core.product")) == 60


def test_after_an_undo_the_slice_is_made_anew_under_what_is_approved_then(trade: Straight) -> None:
    first = Feed("v01", "goods")
    undo(trade.lakehouse, trade.lakehouse.mapping_in_force(first).id, by=MIA)
    trade.run(first)
    waits = trade.lakehouse.undecided(first)
    mended = knowing(waits).replace('"\\"abgabewert\\""', '"\\"abgabewert\\" * 1.19"')
    edit(trade.lakehouse, waits.id, mended, by=MIA)

    assert trade.run(first).status == "published"


def test_what_was_undone_comes_back_by_no_rollback_and_by_no_policy(trade: Straight) -> None:
    second = Feed("v02", "goods")
    first_commit = trade.lakehouse.lake.log(1, feed=second)[0]
    passed = trade.lakehouse.mapping_in_force(second)
    trade.drop("v02/goods", goods(2).replace("Hammer", "Beil"), name="second.csv")
    assert trade.run(second).status == "published"

    undo(trade.lakehouse, passed.id, by=MIA)
    trade.lakehouse.rollback(first_commit.id, second, by="mia")
    run = trade.run(second)

    assert trade.lakehouse.lake.governance.active(second, "mapping") is None
    assert run.status == "awaiting_review"
    assert "Mia turned away from just this before (undone)" in run.reason


def test_only_an_approved_mapping_can_be_undone(trade: Straight) -> None:
    spec = trade.lakehouse.lake.governance.proposals(Feed("v01", "goods"), kind="spec")[0]

    with pytest.raises(ReviewRefused, match="only an approved mapping can be undone"):
        undo(trade.lakehouse, spec.id, by=MIA)
