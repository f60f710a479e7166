"""Words of a target with listed values: mapped one by one, once; a new one waits for a person and is never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.inbox import InboxItem
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.pipeline import answering
from agentic_lakehouse.pipeline.answering import answer, dismiss
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.proposing import propose_for_feed
from agentic_lakehouse.pipeline.review import Reviewer, edit
from agentic_lakehouse.testing import Sandbox
from agentic_lakehouse_tests.conftest import PROJECT
from agentic_lakehouse_tests.pipeline.conftest import Straight

KNOWN = ("neu", "Gebraucht", "general-überholt", "new")
"""Words that the standard names, but for one that it spells otherwise."""


def goods(words: Sequence[str], *, first: int = 1, header: str = "condition") -> str:
    """A file with a product for each word."""
    rows = [f"S{n},Stapler {n},{n}.50,EUR,{word}" for n, word in enumerate(words, first)]
    return "\n".join([f"sku,title,price,currency,{header}", *rows, ""])


def policy(folder: Path, **keys: str) -> Path:
    path = folder / f"{'-'.join(keys.values()) or 'plain'}.yaml"
    path.write_text("\n".join(["name: test", *(f"{key}: {value}" for key, value in keys.items()), ""]))
    return path


def conditions(sandbox: Sandbox) -> list[str | None]:
    return sandbox.rows("product_core.product", "condition")


def kept(sandbox: Sandbox) -> list[tuple[str, str, str]]:
    sql = "SELECT rule, value, cost FROM product_core.mapping_errors ORDER BY _delivery_id, _row_number"
    return [(row["rule"], row["value"], row["cost"]) for row in sandbox.query(sql)]


def inbox(sandbox: Sandbox, feed: Feed | None = None) -> list[InboxItem]:
    return sandbox.lakehouse.lake.governance.inbox(feed)


def asked(sandbox: Sandbox) -> int:
    return sum(call.prompt == "map_values" for call in sandbox.lakehouse.lake.governance.calls())


def two_deliveries(sandbox: Sandbox, *new: str) -> Feed:
    """Publish a delivery of known words and one with new ones."""
    feed = sandbox.drop("acme/feed", goods(KNOWN * 5))
    assert sandbox.run(feed).status == "published"
    sandbox.drop("acme/feed", goods(new, first=101), name="second.csv")
    assert sandbox.run(feed).status == "published"
    return feed


def test_the_words_of_a_first_delivery_are_mapped_one_by_one_once(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", goods(KNOWN * 5))

    run = sandbox.run(feed)

    assert (run.status, run.model_calls) == ("published", 3)
    assert conditions(sandbox) == ["new", "used", "refurbished", "new"] * 5
    line = next(c for c in sandbox.lakehouse.mapping_line(feed)[0].columns if c.target == "condition")
    assert line.confidence is not None
    assert line.confidence <= 0.95
    [call] = [c for c in sandbox.lakehouse.lake.governance.calls() if c.prompt == "map_values"]
    assert "general-überholt" in call.rendered_prompt
    assert "Gebraucht" not in call.rendered_prompt.partition('"words"')[2]
    assert inbox(sandbox) == []

    sandbox.drop("acme/feed", goods(KNOWN * 5, first=50), name="second.csv")
    again = sandbox.run(feed)
    assert (again.status, again.model_calls, asked(sandbox)) == ("published", 0, 1)


def test_the_standards_own_values_are_known_before_they_are_seen(sandbox: Sandbox) -> None:
    two_deliveries(sandbox, "Refurbished", "used")

    assert conditions(sandbox)[-2:] == ["refurbished", "used"]
    assert inbox(sandbox) == []


def test_a_word_never_seen_before_waits_and_is_counted_up(sandbox: Sandbox) -> None:
    feed = two_deliveries(sandbox, "Bastler", "neu", "Bastler")

    assert conditions(sandbox)[-3:] == [None, "new", None]
    assert kept(sandbox) == [("condition_converts", "Bastler", "null_cell")] * 2
    [item] = inbox(sandbox)
    assert (item.feed, item.kind, item.target, item.source) == ("acme/feed", "unseen_value", "condition", "condition")
    assert (item.word, item.rows, item.status, item.suggestion) == ("Bastler", 2, "open", None)
    assert item.first_delivery == item.last_delivery
    assert asked(sandbox) == 2

    sandbox.drop("acme/feed", goods(["bastler ", "used"], first=201), name="third.csv")
    run = sandbox.run(feed)
    [again] = inbox(sandbox)
    assert (again.id, again.rows, again.created_at) == (item.id, 3, item.created_at)
    assert again.first_delivery < again.last_delivery
    assert (run.model_calls, asked(sandbox)) == (0, 2)


def test_a_suggestion_fills_no_cell(sandbox: Sandbox) -> None:
    two_deliveries(sandbox, "Neuware", "refurbised")

    assert conditions(sandbox)[-2:] == [None, None]
    by_standard, by_planner = sorted(inbox(sandbox), key=lambda item: item.word)
    assert (by_standard.suggestion, by_standard.suggested_by, by_standard.confidence) == ("new", "standard", 1.0)
    assert (by_planner.suggestion, by_planner.confidence) == ("refurbished", 0.8)
    assert by_planner.suggested_by.startswith("embedded-planner")
    assert by_planner.call_id is not None


@pytest.mark.parametrize(
    ("cost", "published", "refused"), [("as_rule", 30, 0), ("null_cell", 30, 0), ("reject_row", 29, 1)]
)
def test_an_unseen_word_costs_what_the_policy_says(tmp_path: Path, cost: str, published: int, refused: int) -> None:
    with Straight(tmp_path / "lake", policy=policy(tmp_path, unseen_value=cost)) as sandbox:
        two_deliveries(sandbox, "Bastler", *["neu"] * 9)

        assert len(conditions(sandbox)) == published
        assert [row[1:] for row in kept(sandbox)] == [("Bastler", "reject_row" if refused else "null_cell")]
        assert [item.word for item in inbox(sandbox)] == ["Bastler"]


@pytest.mark.parametrize(("cost", "told"), [("as_rule", "reject_row"), ("null_cell", "null_cell")])
def test_a_row_without_a_required_value_is_kept_whole(tmp_path: Path, cost: str, told: str) -> None:
    """`null_cell` empties the cell, and then it is the standard that refuses the row."""
    contract = (PROJECT / "data" / "contracts" / "product_core.odcs.yaml").read_text(encoding="utf-8")
    before, mark, after = contract.partition("  - id: condition\n")
    standard = tmp_path / "standard.odcs.yaml"
    standard.write_text(before + mark + after.replace("required: false", "required: true", 1), encoding="utf-8")
    with Straight(tmp_path / "lake", policy=policy(tmp_path, unseen_value=cost), standard=standard) as sandbox:
        feed = sandbox.drop("acme/feed", goods(("neu", "used") * 10))
        if sandbox.run(feed).status == "awaiting_review":
            sandbox.approve(feed)
            sandbox.run(feed)
        sandbox.drop("acme/feed", goods(["Bastler", *["neu"] * 9], first=101), name="second.csv")
        run = sandbox.run(feed)

        assert (run.status, run.core_rows, run.mapping_error_rows) == ("published", 9, 1)
        assert len(conditions(sandbox)) == 29
        found = {rule: cost for rule, _, cost in kept(sandbox)}
        assert found == {"condition_converts": told, "condition_required": "reject_row"}
        assert [item.word for item in inbox(sandbox)] == ["Bastler"]


def test_another_cost_folds_the_slice_anew(tmp_path: Path) -> None:
    with Straight(tmp_path / "lake") as sandbox:
        feed = two_deliveries(sandbox, "Bastler", "neu")
    sandbox.settings = sandbox.settings.model_copy(update={"policy": policy(tmp_path, unseen_value="reject_row")})

    run = sandbox.run(feed)

    assert (run.status, run.mapping_error_rows) == ("published", 1)
    assert len(conditions(sandbox)) == 21
    assert kept(sandbox) == [("condition_converts", "Bastler", "reject_row")]


def test_an_answer_publishes_the_value_and_resolves_what_was_kept(sandbox: Sandbox) -> None:
    feed = two_deliveries(sandbox, "Bastler", "neu", "BASTLER")
    [item] = inbox(sandbox)

    done = answer(sandbox.lakehouse, item.id, "used", by="Ines", note="asked them")

    assert (done.status, done.answer, done.by, done.note) == ("answered", "used", "Ines", "asked them")
    mapping = sandbox.lakehouse.mapping_in_force(feed)
    assert mapping is not None
    assert (mapping.status, sandbox.lakehouse.lake.governance.approver(mapping.id)) == ("approved", "Ines")
    run = sandbox.run(feed)
    assert (run.status, run.model_calls) == ("published", 0)
    assert conditions(sandbox)[-3:] == ["used", "new", "used"]
    assert kept(sandbox) == []
    sandbox.drop("acme/feed", goods(["bastler"], first=301), name="third.csv")
    assert sandbox.run(feed).status == "published"
    assert conditions(sandbox)[-1] == "used"
    assert [i.status for i in inbox(sandbox)] == ["answered"]


def test_a_word_that_means_none_of_the_values_is_null_and_known(sandbox: Sandbox) -> None:
    feed = two_deliveries(sandbox, "Bastler", "neu")

    answer(sandbox.lakehouse, inbox(sandbox)[0].id, "none", by="Ines")
    sandbox.run(feed)

    assert conditions(sandbox)[-2:] == [None, "new"]
    assert kept(sandbox) == []


def test_a_dismissed_word_stays_null_and_does_not_come_back(sandbox: Sandbox) -> None:
    feed = two_deliveries(sandbox, "Bastler")
    [item] = inbox(sandbox)

    dismiss(sandbox.lakehouse, item.id, by="Ines")
    sandbox.drop("acme/feed", goods(["Bastler"], first=301), name="third.csv")
    run = sandbox.run(feed)

    assert (run.status, run.model_calls) == ("published", 0)
    assert conditions(sandbox)[-1] is None
    assert [(i.status, i.rows) for i in inbox(sandbox)] == [("dismissed", 2)]
    assert len(kept(sandbox)) == 2
    with pytest.raises(UsageInvalid, match="is dismissed, by Ines"):
        dismiss(sandbox.lakehouse, item.id, by="Tom")
    assert answer(sandbox.lakehouse, item.id, "used", by="Tom").status == "answered"


def test_two_answers_before_the_next_run_both_count(sandbox: Sandbox) -> None:
    feed = two_deliveries(sandbox, "Bastler", "Seltsam")

    for item, value in zip(inbox(sandbox), ("used", "new"), strict=True):
        answer(sandbox.lakehouse, item.id, value, by="Ines")
    sandbox.run(feed)

    assert conditions(sandbox)[-2:] == ["used", "new"]


def test_an_answer_that_another_one_overtakes_is_made_anew(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = two_deliveries(sandbox, "Bastler", "Seltsam")
    first, second = inbox(sandbox)
    check = answering.refuted

    def meanwhile(house: Lakehouse, spec: FeedSpec, mapping: Mapping) -> list[str]:
        monkeypatch.setattr(answering, "refuted", check)
        answer(sandbox.lakehouse, second.id, "new", by="Tom")
        return check(house, spec, mapping)

    monkeypatch.setattr(answering, "refuted", meanwhile)
    answer(sandbox.lakehouse, first.id, "used", by="Ines")
    sandbox.run(feed)

    assert conditions(sandbox)[-2:] == ["used", "new"]
    assert [i.by for i in inbox(sandbox)] == ["Ines", "Tom"]


def test_two_feeds_have_a_word_each(sandbox: Sandbox) -> None:
    feeds = [sandbox.drop(f"{vendor}/feed", goods([*KNOWN * 5, "Bastler"])) for vendor in ("acme", "kontor")]
    for feed in feeds:
        assert sandbox.run(feed).status == "published"
    made = [c for c in sandbox.lakehouse.lake.governance.calls() if c.prompt == "map_values" and not c.cached]
    assert len(made) == 1

    [item] = inbox(sandbox, feeds[0])
    answer(sandbox.lakehouse, item.id, "used", by="Ines")

    for feed in feeds:
        sandbox.run(feed)
    told = {item.feed: item.status for item in inbox(sandbox)}
    assert told == {"acme/feed": "answered", "kontor/feed": "open"}
    by_feed = sandbox.query("SELECT vendor_name, condition FROM product_core.product WHERE source_product_id = 'S21'")
    assert {row["vendor_name"]: row["condition"] for row in by_feed} == {"acme": "used", "kontor": None}


def test_words_that_differ_in_case_and_space_are_one(sandbox: Sandbox) -> None:
    two_deliveries(sandbox, "Bastler", "BASTLER", '" bastler "', "bast ler")

    assert sorted((item.word.lower(), item.rows) for item in inbox(sandbox)) == [("bast ler", 1), ("bastler", 3)]


def test_answers_of_yes_and_no_are_read_by_their_header(sandbox: Sandbox) -> None:
    rows = [f"S{n},Stapler {n},{n}.50,EUR,{'yes' if n % 3 else 'no'}" for n in range(1, 21)]
    feed = sandbox.drop("acme/feed", "\n".join(["sku,title,price,currency,In Stock", *rows, ""]))

    assert sandbox.run(feed).status == "published"

    found = sandbox.query("SELECT availability, count(*) AS n FROM product_core.product GROUP BY ALL ORDER BY ALL")
    assert [(row["availability"], row["n"]) for row in found] == [("in_stock", 14), ("out_of_stock", 6)]
    assert asked(sandbox) == 0


def test_codes_that_are_numbers_are_words_too(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", goods(["1", "0"] * 10, header="availability"))
    assert sandbox.run(feed).status == "published"
    sandbox.drop("acme/feed", goods(["1", "7"], first=101, header="availability"), name="second.csv")
    assert sandbox.run(feed).status == "published"

    assert sandbox.rows("product_core.product", "availability")[-3:] == ["out_of_stock", "in_stock", None]
    [item] = inbox(sandbox)
    assert (item.target, item.word, item.rows) == ("availability", "7", 1)
    answer(sandbox.lakehouse, item.id, "backorder", by="Ines")
    sandbox.run(feed)
    assert sandbox.rows("product_core.product", "availability")[-1] == "backorder"


def test_ten_thousand_new_words_fill_no_inbox(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", goods(KNOWN * 5))
    sandbox.run(feed)
    words = ["often"] * 3 + [f"word {n}" for n in range(10_000)]
    sandbox.drop("acme/feed", goods(words, first=1001), name="second.csv")

    run = sandbox.run(feed)

    assert (run.status, run.core_rows) == ("published", 10_003)
    assert len(kept(sandbox)) == 10_003
    waiting = inbox(sandbox)
    assert len(waiting) == 100
    assert (waiting[0].word, waiting[0].rows) == ("often", 3)
    assert asked(sandbox) == 1 + 2


def test_a_column_of_texts_is_no_word_list(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", goods([f"text number {n} of its own" for n in range(300)]))

    sandbox.run(feed)

    assert inbox(sandbox) == []
    assert asked(sandbox) == 0
    assert set(conditions(sandbox)) <= {None}


def test_what_a_person_answered_outlives_a_new_mapping(sandbox: Sandbox) -> None:
    feed = two_deliveries(sandbox, "Bastler", "neu")
    answer(sandbox.lakehouse, inbox(sandbox)[0].id, "used", by="Ines")
    sandbox.run(feed)
    before = asked(sandbox)

    renewed = propose_for_feed(sandbox.lakehouse, str(feed), renew=True)

    line = next(c for c in renewed.mapping.columns if c.target == "condition")
    assert "'Bastler', 'used'" in line.expression
    assert "'general-überholt', 'refurbished'" in line.expression
    assert asked(sandbox) == before


def test_a_word_that_a_later_mapping_does_not_know_is_open_again(sandbox: Sandbox) -> None:
    feed = two_deliveries(sandbox, "Bastler", "neu")
    answer(sandbox.lakehouse, inbox(sandbox)[0].id, "used", by="Ines")
    sandbox.run(feed)
    taught = sandbox.lakehouse.mapping_in_force(feed)
    assert taught is not None

    text = sandbox.lakehouse.mapping_line(feed)[0].model_dump_json().replace("'Bastler'", "'Bastlerin'")
    edit(sandbox.lakehouse, taught.id, text, by=Reviewer("Tom"))
    sandbox.run(feed)

    assert [(i.word, i.status) for i in inbox(sandbox)] == [("Bastler", "open")]
    assert conditions(sandbox)[-2:] == [None, "new"]


def test_a_word_that_an_edit_explains_waits_no_longer(sandbox: Sandbox) -> None:
    feed = two_deliveries(sandbox, "Bastler", "neu")
    mapping = sandbox.lakehouse.mapping_in_force(feed)
    assert mapping is not None
    text = sandbox.lakehouse.mapping_line(feed)[0].model_dump_json()
    text = text.replace('value_map(\\"condition\\", ', "value_map(\\\"condition\\\", 'Bastler', 'used', ")
    edit(sandbox.lakehouse, mapping.id, text, by=Reviewer("Tom"))

    sandbox.run(feed)

    assert [(i.status, i.answer, i.by) for i in inbox(sandbox)] == [("answered", "used", "Tom")]


@pytest.mark.parametrize(("said", "message"), [("broken", "'broken' is no value of 'condition'"), ("", "is no value")])
def test_a_value_that_is_not_listed_is_refused(sandbox: Sandbox, said: str, message: str) -> None:
    two_deliveries(sandbox, "Bastler")

    with pytest.raises(UsageInvalid, match=message) as caught:
        answer(sandbox.lakehouse, inbox(sandbox)[0].id, said, by="Ines")

    assert caught.value.hint
    assert [i.status for i in inbox(sandbox)] == ["open"]


def test_the_audit_warns_of_words_that_wait(sandbox: Sandbox) -> None:
    feed = two_deliveries(sandbox, "Bastler", "Bastler")

    [audit] = [a for a in sandbox.lakehouse.lake.governance.latest_audits(feed) if a.stage == "staged"]
    [check] = [r for r in audit.results if r.name == "unseen_values"]

    assert (check.passed, check.severity, check.count) == (False, "WARN", 1)
    assert "2 rows wait for them: `lakehouse inbox acme/feed`" in check.description
    assert check.samples[0] == {"target": "condition", "word": "Bastler", "rows": 2}
