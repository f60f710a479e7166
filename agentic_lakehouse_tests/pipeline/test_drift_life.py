"""A feed's deliveries one after the other: what publishes by itself, what waits, and what is asked."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.pipeline.answering import answer, dismiss
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.states import work_of
from agentic_lakehouse.settings import SHIPPED
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.pipeline.conftest import Straight
from agentic_lakehouse_tests.pipeline.drift_scene import COLUMNS, changed, renamed, written

NAME = "acme/prices"
MARKED = changed(Marke=lambda n: ("Leitz", "Elba")[n % 2])


def deliver(sandbox: Sandbox, text: str, number: int, *, feed: str = NAME) -> tuple[Feed, FeedRun]:
    """Drop a file and run its feed."""
    dropped = sandbox.drop(feed, text, name=f"{number}.csv")
    return dropped, sandbox.run(dropped)


def in_force(sandbox: Sandbox, feed: Feed) -> Mapping:
    found = sandbox.lakehouse.mapping_in_force(feed)
    assert found is not None
    return mapping_of(found)


def told(sandbox: Sandbox) -> list[tuple[str, str, int]]:
    return sorted((d.severity, d.told, d.count) for d in sandbox.lakehouse.lake.drifts.of())


def test_the_life_of_a_feed(sandbox: Sandbox) -> None:
    feed, first = deliver(sandbox, written(COLUMNS), 1)
    assert (first.status, first.model_calls) == ("published", 2)
    before = in_force(sandbox, feed)

    # Unchanged: nothing is asked, nothing is told.
    _, second = deliver(sandbox, written(COLUMNS, rows=range(31, 91)), 2)
    assert (second.status, second.model_calls, told(sandbox)) == ("published", 0, [])

    # A column more: it publishes, without a question, and waits in the inbox.
    _, third = deliver(sandbox, written(MARKED, rows=range(61, 121)), 3)
    assert (third.status, third.model_calls) == ("published", 0)
    assert told(sandbox) == [("info", "column 'Marke' is new", 1)]
    [item] = sandbox.lakehouse.lake.governance.inbox(feed)
    assert (item.kind, item.source, item.status, item.rows) == ("new_column", "Marke", "open", 0)
    assert set(sandbox.rows("product_raw.acme__prices", "marke")) == {None, "Leitz", "Elba"}
    assert in_force(sandbox, feed) == before

    # The price under another name: it waits, and nothing is asked, for names and values say which it is.
    _, fourth = deliver(sandbox, written(renamed("Preis", "VK-Preis", MARKED), rows=range(101, 161)), 4)
    assert (fourth.status, fourth.model_calls) == ("awaiting_review", 0)
    assert fourth.reason.startswith("price: 'Preis' is now 'VK-Preis' by name 0.67 and values 0.9")
    waits = sandbox.lakehouse.undecided(feed)
    assert waits is not None
    assert [(line.target, line.sources, line.expression) for line in changed_lines(before, mapping_of(waits))] == [
        ("price", ("VK-Preis",), '"preis"')
    ]
    assert [p.id for p in sandbox.lakehouse.lake.governance.proposals(feed, "mapping", "active")] == [waits.parent]

    # Another run finds the same, and asks and counts nothing.
    again = sandbox.run(feed)
    assert (again.status, again.model_calls) == ("awaiting_review", 0)
    assert ("review", fourth.reason, 1) in told(sandbox)

    sandbox.approve(feed)
    published = sandbox.run(feed)

    assert (published.status, published.model_calls) == ("published", 0)
    prices = {
        row["id"]: row["price"]
        for row in sandbox.query("SELECT source_product_id AS id, price FROM product_core.product")
    }
    assert prices == {f"R{n:03d}": Decimal(COLUMNS["Preis"](n).replace(",", ".")) for n in range(1, 161)}

    # From then on the new name is the feed's own.
    _, fifth = deliver(sandbox, written(renamed("Preis", "VK-Preis", MARKED), rows=range(151, 211)), 5)
    assert (fifth.status, fifth.model_calls) == ("published", 0)


def changed_lines(before: Mapping, now: Mapping) -> list:  # type: ignore[type-arg]  # of lines
    """Return the lines that are not what they were."""
    return [line for line in now.columns if line not in before.columns]


def test_what_no_evidence_tells_is_asked_and_nothing_else(sandbox: Sandbox) -> None:
    feed, _ = deliver(sandbox, written(COLUMNS), 1)
    before = in_force(sandbox, feed)

    _, run = deliver(sandbox, written(renamed("Preis", "Betrag")), 2)

    assert (run.status, run.model_calls) == ("awaiting_review", 1)
    waits = sandbox.lakehouse.undecided(feed)
    assert waits is not None
    assert {line.target for line in changed_lines(before, mapping_of(waits))} <= {"price"}
    [call] = [c for c in sandbox.lakehouse.lake.governance.calls(feed) if c.run_id == run.run_id]
    assert '"name":"price"' in call.rendered_prompt
    assert '"source_name":"Bezeichnung"' not in call.rendered_prompt
    assert "price: column 'Preis' is gone" in run.reason


def test_rows_of_before_keep_their_price_where_a_person_says_what_took_its_place(sandbox: Sandbox) -> None:
    feed, _ = deliver(sandbox, written(COLUMNS), 1)

    _, run = deliver(sandbox, written(renamed("Preis", "Betrag"), rows=range(61, 121)), 2)

    assert run.status == "awaiting_review"
    waits = sandbox.lakehouse.undecided(feed)
    assert waits is not None
    [line] = [line for line in mapping_of(waits).columns if line.target == "price"]
    assert (line.sources, line.expression, line.former) == (("Betrag",), 'COALESCE("betrag", "preis")', ("preis",))
    sandbox.approve(feed)
    assert sandbox.run(feed).status == "published"
    [row] = sandbox.query("SELECT count(*) AS n, count(price) AS prices FROM product_core.product")
    assert row == {"n": 120, "prices": 120}
    _, third = deliver(sandbox, written(renamed("Preis", "Betrag"), rows=range(121, 181)), 3)
    assert (third.status, third.model_calls) == ("published", 0)


def test_rows_of_before_keep_their_word_where_nothing_takes_its_place(sandbox: Sandbox) -> None:
    words = changed(Status=lambda n: ("aktiv", "ausgelaufen")[n % 2])
    feed, _ = deliver(sandbox, written(words), 1)
    by_word = "SELECT status, count(*) AS n FROM product_core.product GROUP BY ALL ORDER BY ALL"
    before = sandbox.query(by_word)
    assert len(before) == 2

    _, run = deliver(sandbox, written(COLUMNS, rows=range(61, 121)), 2)

    assert run.status == "awaiting_review"
    sandbox.approve(feed)
    done = sandbox.run(feed)
    assert (done.status, done.errors) == ("published", ())
    assert sandbox.query(by_word) == [*before, {"status": None, "n": 60}]


def test_of_two_shapes_that_wait_none_is_taken_for_a_persons_spec(sandbox: Sandbox) -> None:
    deliver(sandbox, written(COLUMNS), 1)
    dearer = changed(Preis=lambda n: f"{(n * 7 % 97 + 3) * 100},{n % 10}5")
    _, second = deliver(sandbox, written(dearer, rows=range(61, 121)), 2)

    feed, third = deliver(sandbox, written({**dearer, "Lager": lambda _: "A"}, rows=range(121, 181)), 3)

    assert (second.status, third.status) == ("awaiting_review", "awaiting_review")
    house = sandbox.lakehouse
    assert [house.work(feed), work_of(house, feed, house.lake.glance())] == [None, None]


def test_an_approved_mapping_that_another_shape_overtook_gives_no_work_by_itself(tmp_path: Path) -> None:
    with Straight(tmp_path, policy=SHIPPED / "data" / "policies" / "strict.yaml") as sandbox:
        feed, _ = deliver(sandbox, written(COLUMNS), 1)
        sandbox.approve(feed)

        _, run = deliver(sandbox, written(renamed("Preis", "Betrag"), rows=range(61, 121)), 2)

        assert run.status == "awaiting_review"
        assert sandbox.run(feed).run_id == ""
        sandbox.approve(feed)
        assert sandbox.run(feed).status == "published"


def test_a_recurring_drift_counts_up(sandbox: Sandbox) -> None:
    feed, _ = deliver(sandbox, written(COLUMNS), 1)
    for number in (2, 3):
        deliver(sandbox, written(renamed("Preis", "VK-Preis"), rows=range(number * 60, number * 60 + 60)), number)

    [(severity, _, count)] = told(sandbox)

    assert (severity, count) == ("review", 2)
    rows = sandbox.query("SELECT kind, count, first_delivery < last_delivery AS later FROM governance.drifts")
    assert rows == [{"kind": "column_renamed", "count": 2, "later": True}]
    sandbox.approve(feed)
    assert sandbox.run(feed).status == "published"


def test_a_policy_may_let_the_other_bars_decide(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("name: easy\napproval:\n  drift: pass\n", encoding="utf-8")
    with Straight(tmp_path, policy=policy) as sandbox:
        feed, _ = deliver(sandbox, written(COLUMNS), 1)

        _, run = deliver(sandbox, written(renamed("Preis", "VK-Preis"), rows=range(61, 121)), 2)

        assert (run.status, run.model_calls) == ("published", 0)
        [price] = [line for line in in_force(sandbox, feed).columns if line.target == "price"]
        assert price.confidence is not None
        assert 0.8 <= price.confidence <= 0.85
        assert [severity for severity, _, _ in told(sandbox)] == ["review"]


def test_drift_of_one_feed_leaves_another_alone(sandbox: Sandbox) -> None:
    deliver(sandbox, written(COLUMNS), 1)
    deliver(sandbox, written(COLUMNS), 1, feed="kontor/liste")

    _, waits = deliver(sandbox, written(renamed("Preis", "VK-Preis")), 2)
    _, goes_on = deliver(sandbox, written(COLUMNS, rows=range(31, 91)), 2, feed="kontor/liste")

    assert (waits.status, goes_on.status) == ("awaiting_review", "published")


def test_a_column_that_empties_waits_though_the_mapping_still_runs(sandbox: Sandbox) -> None:
    feed, _ = deliver(sandbox, written(COLUMNS), 1)
    before = in_force(sandbox, feed)
    scarce = changed(Farbe=lambda n: "rot" if n % 5 == 0 else "")

    _, run = deliver(sandbox, written(scarce, rows=range(61, 121)), 2)

    assert (run.status, run.model_calls) == ("awaiting_review", 0)
    assert run.reason == "color: 'Farbe' is empty in about 80 % of the rows, was in none"
    waits = sandbox.lakehouse.undecided(feed)
    assert waits is not None
    assert mapping_of(waits).columns == before.columns
    assert sandbox.run(feed).status == "awaiting_review"
    sandbox.approve(feed)
    assert sandbox.run(feed).status == "published"

    # The same again is the same drift: a person has let it pass.
    _, filled = deliver(sandbox, written(COLUMNS, rows=range(121, 181)), 3)
    _, empty = deliver(sandbox, written(scarce, rows=range(181, 241)), 4)
    assert (filled.status, empty.status) == ("published", "published")
    assert [count for severity, _, count in told(sandbox) if severity == "review"] == [2]


def test_a_column_of_another_type_under_its_old_name_waits(sandbox: Sandbox) -> None:
    feed, _ = deliver(sandbox, written(COLUMNS), 1)
    lots = changed(Lagerbestand=lambda n: f"{COLUMNS['Lagerbestand'](n)},5")

    _, run = deliver(sandbox, written(lots, rows=range(61, 121)), 2)

    assert run.status == "awaiting_review"
    assert "'Lagerbestand' is decimal now, was integer" in run.reason
    sandbox.approve(feed)
    assert sandbox.run(feed).status == "published"
    [row] = sandbox.query(
        "SELECT count(lagerbestand) AS old, count(lagerbestand__decimal) AS new FROM product_raw.acme__prices"
    )
    assert row == {"old": 60, "new": 60}


def test_text_where_numbers_stood_is_refused_and_told(sandbox: Sandbox) -> None:
    deliver(sandbox, written(COLUMNS), 1)
    on_request = changed(Preis=lambda _: "auf Anfrage")

    _, run = deliver(sandbox, written(on_request, rows=range(61, 121)), 2)

    assert (run.status, run.reason) == ("failed", "too_many_bad_rows")
    assert told(sandbox) == [("review", "price: 'Preis' is string now, was decimal", 1)]


def test_cells_in_another_notation_publish(sandbox: Sandbox) -> None:
    deliver(sandbox, written(COLUMNS), 1)
    points = changed(Preis=lambda n: COLUMNS["Preis"](n).replace(",", "."))

    _, run = deliver(sandbox, written(points, rows=range(61, 121)), 2)

    assert (run.status, run.model_calls) == ("published", 0)
    assert told(sandbox) == [("info", "'Preis' is written 1234.56, was 1234,56", 1)]
    [row] = sandbox.query("SELECT price FROM product_core.product WHERE source_product_id = 'R061'")
    assert row["price"] == Decimal(COLUMNS["Preis"](61).replace(",", "."))


def test_a_key_that_repeats_stops_the_feed_and_is_told(sandbox: Sandbox) -> None:
    deliver(sandbox, written(COLUMNS), 1)
    twice = changed(Artikelnummer=lambda n: f"R{n // 2:03d}")

    _, run = deliver(sandbox, written(twice, rows=range(61, 121)), 2)

    assert run.status == "failed"
    assert "keys_unique" in run.errors[0]
    assert "\nHint: `lakehouse checks acme/prices` says" in run.errors[0]
    assert ("review", "source_product_id: the key 'Artikelnummer' repeats in 48 % of the rows", 1) in told(sandbox)


def test_another_order_publishes_and_is_told(sandbox: Sandbox) -> None:
    deliver(sandbox, written(COLUMNS), 1)
    turned = {name: COLUMNS[name] for name in reversed(COLUMNS)}

    _, run = deliver(sandbox, written(turned, rows=range(61, 121)), 2)

    assert (run.status, run.model_calls) == ("published", 0)
    assert [(severity, count) for severity, _, count in told(sandbox)] == [("info", 1)]


def test_another_order_is_told_beside_a_new_column(sandbox: Sandbox) -> None:
    deliver(sandbox, written(COLUMNS), 1)
    turned = {name: MARKED[name] for name in reversed(MARKED)}

    deliver(sandbox, written(turned, rows=range(61, 121)), 2)

    assert [said for _, said, _ in told(sandbox)] == ["column 'Marke' is new", "the columns stand in another order"]


def test_a_new_column_is_dismissed_or_mapped_and_never_answered(sandbox: Sandbox) -> None:
    feed, _ = deliver(sandbox, written(COLUMNS), 1)
    deliver(sandbox, written(MARKED, rows=range(61, 121)), 2)
    house = sandbox.lakehouse
    [item] = house.lake.governance.inbox(feed, "open")

    with pytest.raises(UsageInvalid, match=r"a column that is new, 'Marke': no value stands for it"):
        answer(house, item.id, "brand", by="Ines")

    assert dismiss(house, item.id, by="Ines").status == "dismissed"
