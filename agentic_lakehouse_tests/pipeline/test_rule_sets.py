"""Rules are data: a file alone changes what is published, and every row says under which version it was conformed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.rule_files import load_rule_files
from agentic_lakehouse.contracts.rule_set import RuleSet
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.local import LocalEngine
from agentic_lakehouse.errors import RulesInvalid, UsageInvalid
from agentic_lakehouse.pipeline.review import Reviewer
from agentic_lakehouse.pipeline.rulebook import put, retire
from agentic_lakehouse.pipeline.rules import rules_for
from agentic_lakehouse.pipeline.states import states
from agentic_lakehouse_tests.pipeline.conftest import Straight
from agentic_lakehouse_tests.pipeline.rules_scene import FIXTURES, NET, PRICES, Shop, clock


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop(tmp_path) as shop:
        yield shop


def test_a_changed_rule_file_alone_changes_what_is_published(shop: Shop) -> None:
    shop.facts("acme", "country: DE\n")
    feed = shop.drop("acme/items", PRICES)
    gross = shop.run(feed)
    assert (gross.status, gross.errors) == ("published", ())
    assert shop.items()[:2] == [Decimal("119.0000"), Decimal("238.0000")]
    assert shop.items("_rules_sha256") == [None] * 10

    shop.rule(NET)
    work = shop.lakehouse.work(feed)
    assert work is not None
    assert work.reason == "rules changed"
    net = shop.run(feed)

    assert (net.status, net.model_calls, net.core_rows) == ("published", 0, 10)
    assert shop.items()[:2] == [Decimal("100.0000"), Decimal("200.0000")]
    assert shop.items(at=gross.commit)[:2] == [Decimal("119.0000"), Decimal("238.0000")]
    assert shop.lakehouse.work(feed) is None
    first = set(shop.items("_rules_sha256"))

    shop.rule(NET.replace("0.19", "0.07"))
    assert shop.run(feed).status == "published"

    assert shop.items()[0] == Decimal("111.2150")
    assert len(first | set(shop.items("_rules_sha256"))) == 2
    told = shop.query(
        "SELECT DISTINCT p.name, r.version, r.left_at IS NULL AS stands FROM shop_core.item c "
        "JOIN governance.policies p ON p.kind = 'rules_in_force' AND p.sha256 = c._rules_sha256 "
        "JOIN governance.policies r ON r.kind = 'rule_set' AND contains(p.content, r.sha256)"
    )
    assert told == [{"name": "net-prices", "version": 2, "stands": True}]


def test_a_mistake_that_is_put_back_leaves_nothing_that_waits(shop: Shop) -> None:
    feed = shop.drop("acme/items", PRICES)
    assert shop.run(feed).status == "published"
    emptied = shop.rule("name: oops\nowner: me\nnormalise: [{column: price, expression: 'null', may_empty: true}]\n")
    assert shop.run(feed).status == "awaiting_review"
    emptied.unlink()

    work = shop.lakehouse.work(feed)
    assert work is not None
    assert work.reason == "proposal is stale"
    assert shop.run(feed).status == "unchanged"

    house = shop.lakehouse
    assert house.lake.governance.proposals(feed, "impact", "proposed") == []
    assert house.lake.branches() == []
    assert [state.state for state in states(house)] == ["at rest"]
    assert house.work(feed) is None


def test_a_mapping_that_waits_under_another_standard_gives_no_work_until_it_is_approved(tmp_path: Path) -> None:
    standard, policy = tmp_path / "standard.odcs.yaml", tmp_path / "policy.yaml"
    standard.write_bytes((FIXTURES / "shop_item.odcs.yaml").read_bytes())
    policy.write_text("name: sure\napproval: {min_confidence: 0.0, min_confidence_required: 0.0}\n", encoding="utf-8")
    with Straight(tmp_path, standard=standard, policy=policy) as shop:
        feed = shop.drop("acme/items", PRICES)
        assert shop.run(feed).status == "published"
        text = standard.read_text(encoding="utf-8")
        standard.write_text(text.replace("version: 1.0.0", "version: 1.0.1"), encoding="utf-8")
        policy.write_text(
            "name: sure\napproval: {min_confidence: 1.0, min_confidence_required: 1.0}\n", encoding="utf-8"
        )

        assert shop.run(feed).status == "awaiting_review"
        assert shop.run(feed).run_id == ""

        shop.approve(feed)
        assert shop.run(feed).status == "published"


def test_a_rule_for_a_country_gives_no_other_feed_work(shop: Shop) -> None:
    shop.facts("acme", "country: DE\n")
    shop.facts("bonne", "country: FR\n")
    german, french = shop.drop("acme/items", PRICES), shop.drop("bonne/items", PRICES)
    shop.run(german)
    shop.run(french)

    shop.rule(NET)

    assert shop.lakehouse.work(german) is not None
    assert shop.lakehouse.work(french) is None
    shop.run(german)
    assert (shop.items()[0], shop.items(vendor="bonne")[0]) == (Decimal("100.0000"), Decimal("119.0000"))


def test_a_rule_counts_from_the_day_it_is_effective(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, "2026-03-01")
    shop.facts("acme", "country: DE\n")
    feed = shop.drop("acme/items", PRICES)
    shop.run(feed)

    shop.rule(f"{NET}effective_from: 2026-03-05\neffective_until: 2026-03-06\n")
    assert shop.lakehouse.work(feed) is None

    clock(monkeypatch, "2026-03-05")
    shop.drop("acme/items", "sku;title;price\nB1;Cutter;119.00\n", name="more.csv")
    assert shop.run(feed).status == "published"
    clock(monkeypatch, "2026-03-07")
    shop.drop("acme/items", "sku;title;price\nC1;Glue;119.00\n", name="last.csv")
    assert shop.run(feed).status == "published"

    found = shop.query(
        "SELECT sku, price, _rules_sha256 IS NULL AS bare FROM shop_core.item WHERE price < 120 ORDER BY sku"
    )
    assert [(row["sku"], int(row["price"]), row["bare"]) for row in found] == [
        ("A1", 119, True), ("B1", 100, False), ("C1", 119, True)
    ]  # fmt: skip


def test_quality_rules_cost_what_they_say_and_are_checks_of_the_audit(shop: Shop) -> None:
    feed = shop.drop("acme/items", PRICES)
    shop.run(feed)
    shop.rule("""
name: acme-quality
owner: quality@example.com
applies_to: {vendors: [acme]}
rules:
- {name: no_third, kind: expression, column: title, argument: title <> 'Stapler 3', on_breach: null_cell}
- {name: eligible, kind: row_sql, argument: sku = 'A4', description: Only what we sell.}
""")
    run = shop.run(feed)

    assert (run.status, run.core_rows, run.mapping_error_rows) == ("published", 9, 1)
    assert [row["sku"] for row in shop.query("SELECT sku FROM shop_core.item WHERE title IS NULL")] == ["A3"]
    faults = shop.query("SELECT rule, cost, value FROM shop_core.mapping_errors ORDER BY rule")
    assert faults == [
        {"rule": "eligible", "cost": "reject_row", "value": None},
        {"rule": "no_third", "cost": "null_cell", "value": "Stapler 3"},
    ]
    audited = {r.name: r.passed for a in shop.lakehouse.lake.governance.latest_audits(feed) for r in a.results}
    assert audited["eligible"]
    assert audited["no_third"]


def test_a_value_that_a_rule_set_cannot_normalise_is_kept_as_a_fault(shop: Shop) -> None:
    shop.facts("acme", "country: AT\n")
    shop.rule(NET.replace("countries: [DE]", "vendors: [acme]"))
    feed = shop.drop("acme/items", PRICES)

    assert shop.run(feed).status == "published"

    assert set(shop.items()) == {None}
    [fault] = shop.query("SELECT DISTINCT rule, cost, message FROM shop_core.mapping_errors")
    assert fault == {
        "rule": "price_normalises",
        "cost": "null_cell",
        "message": "rule set net-prices makes no value of it: list prices include VAT",
    }


def test_what_a_person_put_in_goes_before_a_file_until_it_is_retired(shop: Shop, tmp_path: Path) -> None:
    shop.facts("acme", "country: DE\n")
    feed, file = shop.drop("acme/items", PRICES), shop.rule(NET)
    shop.run(feed)
    assert shop.items()[0] == Decimal("100.0000")

    other = tmp_path / "other.yaml"
    other.write_text(NET.replace("0.19", "0.07"))
    first = put(shop.lakehouse, other, by=Reviewer("Ines"))
    assert (first.version, first.origin) == (2, "put")
    with pytest.raises(UsageInvalid, match="stands already"):
        put(shop.lakehouse, other, by=Reviewer("Ines"))
    shop.run(feed)
    assert shop.items()[0] == Decimal("111.2150")

    retire(shop.lakehouse, "net-prices", by=Reviewer("Ines"))
    shop.run(feed)
    assert shop.items()[0] == Decimal("100.0000")
    with pytest.raises(UsageInvalid, match="No rule set"):
        retire(shop.lakehouse, "net-prices", by=Reviewer("Ines"))

    file.unlink()
    shop.run(feed)
    assert shop.items()[0] == Decimal("119.0000")
    versions = shop.query(
        "SELECT version, origin, left_by FROM governance.policies WHERE kind = 'rule_set' ORDER BY version"
    )
    assert versions == [
        {"version": 1, "origin": "file", "left_by": "lakehouse"},
        {"version": 2, "origin": "put", "left_by": "Ines"},
    ]


@pytest.mark.parametrize(
    ("wrong", "line", "told"),
    [
        (NET.replace("column: price", "column: prise"), 8, "no column 'prise'"),
        (NET.replace("1 + lookup", "vat + lookup"), 9, "no column 'vat'"),
        (NET.replace("lookup('vat'", "lookup('vad'"), 9, "no lookup 'vad'"),
        (NET.replace("4)\n", "4) / 2\n"), 9, "'Div' is not allowed"),
        (NET.replace("divide(price, 1 + lookup('vat', _vendor_country), 4)", "random()"), 9, "not allowed"),
        (NET.replace("_vendor_country), 4", "_vendor_country, _ingestion_date), 4"), 9, "takes 1 more argument"),
        (NET.replace("divide(price, 1 + lookup('vat', _vendor_country), 4)", "_ingestion_date"), 9, "never becomes"),
        (NET.replace("divide(price, 1 + lookup('vat', _vendor_country), 4)", "round(title, 2)"), 9, "round"),
        (NET + "  when: upper(title)\n", 11, "for true or false"),
        (NET.replace("DE: 0.19", "DE: 0.195"), 6, "more than 2 digits"),
        (NET.replace("why:", "because:"), 10, "'because' is unknown"),
        (NET + "rules:\n- {name: price_minimum, kind: minimum, column: price, argument: 1}\n", 12, "too"),
        (NET + "rules:\n- {name: low, kind: minimum, column: prize, argument: 1}\n", 12, "no column 'prize'"),
        (NET + "rules:\n- {name: few, kind: row_count, argument: 1}\n", 12, "whole table"),
        (
            NET + "rules:\n- {name: nosku, kind: pattern, column: sku, argument: x, on_breach: null_cell}\n",
            12,
            "required",
        ),
    ],
)
def test_a_rule_set_that_does_not_fit_is_told_by_one_clear_message(
    tmp_path: Path, wrong: str, line: int, told: str
) -> None:
    (tmp_path / "net.yaml").write_text(wrong)
    standard = load_standard(FIXTURES / "shop_item.odcs.yaml")

    def under(country: str) -> tuple[RuleSet, ...]:
        facts, files, days = VendorFacts(country=country), load_rule_files(tmp_path), {date(2026, 1, 1)}
        about = Feed("acme", "items")
        return rules_for(about, facts, standard=standard, files=files, put=(), days=days, bind=LocalEngine().bind)

    with pytest.raises(RulesInvalid, match=f"net.yaml, line {line}.*{told}") as refused:
        under("DE")
    assert refused.value.hint
    assert under("FR") == ()


def test_a_bad_rule_set_stops_its_own_feeds_and_no_other(shop: Shop) -> None:
    shop.facts("acme", "country: DE\n")
    german, other = shop.drop("acme/items", PRICES), shop.drop("bonne/items", PRICES)
    shop.run(german)
    shop.rule(NET.replace("column: price", "column: prise"))

    with pytest.raises(RulesInvalid, match="prise"):
        shop.lakehouse.work(german)
    assert shop.run(other).status == "published"


def test_a_file_that_is_no_yaml_may_be_about_any_feed(shop: Shop) -> None:
    feed = shop.drop("acme/items", PRICES)
    shop.rule("name: [")

    with pytest.raises(RulesInvalid, match=r"net\.yaml, line 1.*not valid YAML"):
        shop.lakehouse.work(feed)


@pytest.mark.parametrize(
    ("scope", "told"),
    [("countries: [Germany]", "'Germany' is not a country"), ("feeds: [acme]", "'acme' is not `vendor/feed`")],
)
def test_a_scope_that_no_feed_can_be_in_is_refused_and_switches_nothing_off(shop: Shop, scope: str, told: str) -> None:
    shop.rule(NET.replace("countries: [DE]", scope))

    with pytest.raises(RulesInvalid, match=f"net.yaml, line 4, at applies_to: .*{told}") as refused:
        shop.lakehouse.work(shop.drop("acme/items", PRICES))

    assert refused.value.hint


def test_another_domain_has_rule_sets_by_its_standard_alone(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "calibration.yaml").write_text("""
name: calibration
owner: stations@example.com
standard: telemetry_core.reading
applies_to: {feeds: [wetterdienst/messwerte]}
normalise:
- {column: value, expression: value - 0.5, when: unit = 'celsius', why: their thermometers read too high}
rules:
- {name: no_test_devices, kind: row_sql, argument: "starts_with(sensor_id, 'P-')", on_breach: reject_row}
""")
    settings = {"standard": FIXTURES / "sensor_readings.odcs.yaml", "policy": FIXTURES / "trusting.policy.yaml"}
    with Straight(tmp_path / "lake", rules=tmp_path / "rules", **settings) as sandbox:
        feed = sandbox.drop("wetterdienst/messwerte", (FIXTURES / "sensor_readings.csv").read_bytes())
        run = sandbox.run(feed)

        assert (run.status, run.errors) == ("published", ())
        [found] = sandbox.query(
            "SELECT min(value) AS coldest, max(value) AS dampest, count_if(starts_with(sensor_id, 'P-')) AS tests "
            "FROM telemetry_core.reading"
        )
        assert found == {"coldest": Decimal("-5.4600"), "dampest": Decimal("84.9700"), "tests": 0}
