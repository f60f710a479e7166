"""Rule sets: what they say of days and feeds, and that those which ship as examples fit the standard that ships."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.rule import Rule
from agentic_lakehouse.contracts.rule_files import load_rule_files
from agentic_lakehouse.contracts.rule_set import AppliesTo, Lookup, RuleSet
from agentic_lakehouse.contracts.rules_in_force import periods, versions_of
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.local import LocalEngine
from agentic_lakehouse.pipeline.rules import problems, standing
from agentic_lakehouse.settings import Settings

RULES = Path(__file__).parents[2] / "data" / "rules"
MAY = RuleSet(name="may", owner="x", effective_from=date(2026, 5, 1), effective_until=date(2026, 5, 31))
ALWAYS = RuleSet(name="always", owner="x")


def test_no_rule_set_ships_in_force() -> None:
    assert load_rule_files(Settings(_env_file=None).rules) == ()


def test_the_examples_fit_the_shipped_standard_together() -> None:
    files = load_rule_files(RULES / "examples")
    counting, wrong = standing(files, ())

    assert wrong == []
    assert len(counting) == 3
    assert list(problems(counting, load_standard(Settings(_env_file=None).standard), LocalEngine().bind)) == []


def test_days_fall_into_periods_of_the_same_rules() -> None:
    found = periods([MAY, ALWAYS])

    assert [(p.first, [s.name for s in p.sets]) for p in found] == [
        (None, ["always"]), (date(2026, 5, 1), ["may", "always"]), (date(2026, 6, 1), ["always"]),
    ]  # fmt: skip
    assert found[0].version == found[2].version != found[1].version
    assert versions_of(ALWAYS, [MAY, ALWAYS]) == ()
    assert versions_of(MAY, [MAY, ALWAYS]) == (found[1].version,)
    assert [p.version for p in periods([])] == [None]
    assert periods([RuleSet(name="end", owner="x", effective_until=date.max)])[0].version is not None


def test_a_standard_under_no_rule_set_is_itself() -> None:
    standard = load_standard(Settings(_env_file=None).standard)
    rule = Rule(name="cheap", kind="maximum", column="price", argument=1)

    under = standard.under([MAY.model_copy(update={"rules": (rule,)})])

    assert standard.under([]) is standard
    assert "rule_sets" not in standard.canonical_json()
    assert under.sha256 != standard.sha256
    assert under.rules[-1].versions
    assert standard.under([]).sha256 == standard.sha256


@pytest.mark.parametrize(
    ("about", "covered"),
    [
        ({}, True), ({"vendors": ["acme"]}, True), ({"vendors": ["bonne"]}, False), ({"feeds": ["acme/items"]}, True),
        ({"countries": ["DE", "AT"]}, True), ({"currencies": ["EUR"]}, False),
        ({"vendors": ["acme"], "countries": ["FR"]}, False),
    ],
)  # fmt: skip
def test_a_rule_set_is_about_feeds_that_all_its_lists_hold(about: dict[str, list[str]], covered: bool) -> None:
    assert AppliesTo.model_validate(about).covers(Feed("acme", "items"), VendorFacts(country="DE")) is covered


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("decimal(4,2)", {"DE": "0.195"}, "more than 2 digits"),
        ("decimal(4,2)", {"DE": "100"}, "does not fit"),
        ("decimal(4,2)", {"DE": "nan"}, "no number"),
        ("long", {"DE": "1.5"}, "more than 0 digits"),
        ("string", {"DE": "a", " de": "b"}, "stands twice"),
        ("string", {"DE": {}}, "0 days"),
        ("double", {"DE": "1"}, "pattern"),
    ],
)
def test_a_lookup_holds_values_of_its_type(kind: str, values: dict[str, str], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Lookup.model_validate({"type": kind, "values": values})
