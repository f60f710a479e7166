"""`lakehouse rollback`, `reingest` and `migrate`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agentic_lakehouse.settings import SHIPPED
from agentic_lakehouse_tests.cli.conftest import Command


@pytest.fixture
def commits(lakehouse: Command, restored: Path) -> list[str]:
    """Return the commits of a feed that published two deliveries, oldest first; another feed published between them."""
    log = lakehouse("log", "--feed", "acme/feed", "--json").json["commits"]
    return [commit["id"] for commit in reversed(log)]


def core_rows(lakehouse: Command) -> int:
    rows: int = lakehouse("query", "SELECT count(*) FROM product_core.product", "--json").json["rows"][0][0]
    return rows


def test_a_feed_goes_back_and_comes_again(lakehouse: Command, commits: list[str]) -> None:
    gone_back = lakehouse("rollback", commits[0][:8], "--feed", "acme/feed", "--by", "mia", "--note", "net prices")

    assert gone_back.code == 0
    assert "product_raw.acme__feed" in gone_back.out
    assert f"acme/feed back to {commits[0][:12]}: net prices" in gone_back.out
    assert core_rows(lakehouse) == 80

    again = lakehouse("reingest", "acme/feed", "--json")

    assert again.code == 0
    assert [feed["status"] for feed in again.json["feeds"]] == ["published"]
    assert core_rows(lakehouse) == 100


def test_the_whole_lake_goes_back(lakehouse: Command, commits: list[str]) -> None:
    done = lakehouse("rollback", commits[0], "--all", "--json")

    assert done.code == 0
    assert done.json["commit"]["kind"] == "rollback"
    assert core_rows(lakehouse) == 40


REFUSED = {
    ("FIRST",): "Hint: Give either `--feed vendor/feed` or `--all`.",
    ("FIRST", "--all", "--feed", "acme/feed"): "Hint: Give either `--feed vendor/feed` or `--all`.",
    ("no-such", "--feed", "acme/feed"): "there is no such commit",
    ("LAST", "--feed", "acme/feed"): "nothing to take back",
}


def test_what_goes_back_must_be_said_and_must_be_there(lakehouse: Command, commits: list[str]) -> None:
    named = {"FIRST": commits[0], "LAST": commits[-1]}
    for options, why in REFUSED.items():
        refused = lakehouse("rollback", *(named.get(option, option) for option in options))

        assert refused.code == 2
        assert why in refused.err


def test_a_feed_without_settled_deliveries_has_nothing_to_do_again(lakehouse: Command, landing: Path) -> None:
    refused = lakehouse("reingest", "acme/nothing")

    assert refused.code == 2
    assert "has no delivery that could be done again" in refused.err


def test_a_standard_with_a_new_column_asks_for_a_migration(
    lakehouse: Command, commits: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = yaml.safe_load((SHIPPED / "data" / "contracts" / "product_core.odcs.yaml").read_text(encoding="utf-8"))
    contract["schema"][0]["properties"].append(
        {"name": "shelf_life_days", "logicalType": "integer", "physicalType": "bigint", "required": False}
    )
    changed = tmp_path / "changed.odcs.yaml"
    changed.write_text(yaml.safe_dump(contract, allow_unicode=True), encoding="utf-8")
    monkeypatch.setenv("LAKEHOUSE_STANDARD", str(changed))

    refused = lakehouse("status")
    assert refused.code == 2
    assert "stands without shelf_life_days" in refused.err
    assert "lakehouse migrate --dry-run" in refused.err

    planned = lakehouse("migrate", "--dry-run")
    assert (planned.code, "add" in planned.out, "Nothing was changed." in planned.out) == (0, True, True)

    done = lakehouse("migrate", "--json")
    assert (done.code, done.json["tables"][0]["added"]) == (0, {"shelf_life_days": "long"})
    assert lakehouse("migrate", "--json").json == {"tables": [], "commit": None}
    assert lakehouse("status").code == 0
    assert core_rows(lakehouse) == 100
