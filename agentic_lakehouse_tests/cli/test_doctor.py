"""`lakehouse doctor` says of each part that it is well, or what is wrong with it, and leaves all as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.pipeline.diagnosis import SHOWN
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse_tests.cli.conftest import Command, Result, drop, goods, settle_in
from agentic_lakehouse_tests.damage import fingerprint


def checks(result: Result, name: str) -> list[dict[str, Any]]:
    return [check for check in result.json["checks"] if check["name"] == name]


def test_a_home_that_is_new_is_well_and_stays_empty(lakehouse: Command, landing: Path) -> None:
    result = lakehouse("doctor", "--json")

    assert result.code == 0
    assert "no lake yet" in checks(result, "catalog")[0]["message"]
    assert not (landing.parent / "home").exists()


def test_each_part_of_a_healthy_lake_has_one_line(lakehouse: Command, restored: Path) -> None:
    before = fingerprint(restored.parent)

    result = lakehouse("doctor", "--json")

    assert result.code == 0
    assert set(result.json) == {"checks"}
    assert {frozenset(check) for check in result.json["checks"]} == {frozenset({"name", "ok", "message", "hint"})}
    assert [check["name"] for check in result.json["checks"]] == [
        "settings", "standard", "policy", "rules", "vendors", "landing", "catalog", "warehouse", "tables", "branches",
        "kept files", "notices", "engine", "model",
    ]  # fmt: skip
    assert checks(result, "tables")[0]["message"] == "5 tables and their 8 data files are whole"
    assert fingerprint(restored.parent) == before


def test_what_is_wrong_is_told_below_the_table_and_not_folded(lakehouse: Command, restored: Path) -> None:
    with Lakehouse().lake as lake:
        path = lake.view().pointers()["product_core.product"]
    Path(path).unlink()

    result = lakehouse("doctor")

    assert result.code == 2
    assert f"\ntables WRONG: product_core.product refers to the metadata file {path}, which is not there." in result.out
    assert "\nHint: Restore the file from a backup." in result.out


def test_a_run_that_ended_without_a_word_is_told_and_is_no_fault(lakehouse: Command, restored: Path) -> None:
    with Lakehouse().lake as lake:
        lake.begin(Feed("acme", "feed"), "run-of-the-dead", lease_seconds=0)

    result = lakehouse("doctor", "--json")

    assert result.code == 0
    assert checks(result, "branches")[0]["message"] == "1 open; the runs of feed/acme/feed ended without a word"


def test_many_things_of_a_kind_are_counted(lakehouse: Command, landing: Path) -> None:
    for number in range(SHOWN + 5):
        drop(landing, "acme", "a;b\n", f"stray{number}.csv")

    result = lakehouse("doctor", "--json")

    assert result.code == 2
    assert len(checks(result, "landing")) == SHOWN + 1
    assert checks(result, "landing")[-1]["message"] == "and 5 more"


def test_a_standard_that_is_broken_hides_nothing_else(
    lakehouse: Command, restored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Lakehouse().lake as lake:
        Path(lake.view().files("product_core.product")[0]).unlink()
    monkeypatch.setenv("LAKEHOUSE_STANDARD", str(restored / "nowhere.odcs.yaml"))

    result = lakehouse("doctor", "--json")

    assert result.code == 2
    assert [check["name"] for check in result.json["checks"] if not check["ok"]] == ["standard", "tables"]
    assert "reingest acme/feed --delivery" not in checks(result, "tables")[0]["hint"]


@pytest.mark.parametrize("feed", ["../../etc", "..", "../x", "acme/../../x", "/etc/passwd", "acme/.."])
@pytest.mark.parametrize("command", [["run", "--feed"], ["reingest"], ["checks"], ["errors"]])
def test_a_feed_that_would_lead_out_of_the_zone_is_refused(
    lakehouse: Command, landing: Path, command: list[str], feed: str
) -> None:
    result = lakehouse(*command, feed)

    assert result.code in {1, 2}
    assert result.err.count("Hint: ") == 1
    assert "Traceback" not in result.out + result.err


def test_links_out_of_the_zone_are_told_and_never_read(
    lakehouse: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = drop(tmp_path, "outside/feed", goods(0))
    landing = settle_in(tmp_path / "lakehouse", monkeypatch)
    (landing / "vendor").symlink_to(outside.parents[1])
    (landing / "acme").mkdir()
    (landing / "acme" / "feed").symlink_to(outside.parent)
    (landing / "beta" / "feed").mkdir(parents=True)
    (landing / "beta" / "feed" / "data.csv").symlink_to(outside)

    doctor = lakehouse("doctor", "--json")
    run = lakehouse("run", "--json")

    assert doctor.code == 2
    told = [check["message"].partition(":")[0] for check in checks(doctor, "landing")]
    assert told == ["acme/feed", "beta/feed/data.csv", "vendor"]
    assert [feed["feed"] for feed in run.json["feeds"]] == ["beta/feed"]
    assert run.json["feeds"][0]["files"] == 0
    for feed in ("acme/feed", "vendor/feed"):
        refused = lakehouse("run", "--feed", feed)
        assert refused.code == 2
        assert "is not in the landing zone" in refused.err


def test_a_landing_zone_that_is_a_link_is_a_zone(lakehouse: Command, landing: Path) -> None:
    drop(landing, "acme/feed", goods(0))
    link = landing.parent / "link"
    link.symlink_to(landing)

    assert lakehouse("run", "--landing", str(link), "--json").json["feeds"][0]["status"] == "published"


def test_of_two_feeds_with_one_table_the_second_is_refused_by_name(lakehouse: Command, landing: Path) -> None:
    drop(landing, "a__b/c", goods(0))
    lakehouse("run")
    drop(landing, "a/b__c", goods(500))

    run = lakehouse("run", "--json")
    doctor = lakehouse("doctor", "--json")

    assert run.code == 1
    failed = next(feed for feed in run.json["feeds"] if feed["status"] == "failed")
    assert failed["feed"] == "a/b__c"
    assert "a/b__c would share its table a__b__c with a__b/c" in failed["errors"][0]
    assert (
        lakehouse("query", "SELECT DISTINCT vendor_name FROM product_raw.a__b__c", "--csv").out == "vendor_name\na__b\n"
    )
    assert doctor.code == 2
    assert checks(doctor, "landing")[0]["message"].startswith("a/b__c and a__b/c: they would share the table a__b__c")
