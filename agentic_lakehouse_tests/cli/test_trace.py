"""`lakehouse trace`, `lakehouse audit` and `lakehouse checks --html`."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse_tests.cli.conftest import Command


def test_a_row_is_told_in_eighty_columns(lakehouse: Command, restored: Path) -> None:
    told = lakehouse("trace", "S45", "--by", "source_product_id")

    assert told.code == 0
    assert max(map(len, told.out.splitlines())) <= 80
    for text in (
        "ROW  product_core.product at main, feed acme/feed",
        "FILE  acme/feed/second.csv, line 27",
        "S45,Pen 45,45.50,EUR",
        "by policy:standard on",
        "version embedded-planner-",
        "→ lakehouse audit ",
        "→ lakehouse review show mapping-",
        "→ lakehouse review show spec-",
    ):
        assert text in told.out


def test_one_column_is_told_with_what_it_is_made_of(lakehouse: Command, restored: Path) -> None:
    told = lakehouse("trace", "S45", "--by", "source_product_id", "--column", "price", "--json")

    assert [line["target"] for line in told.json["lines"]] == ["price"]
    assert told.json["lines"][0]["reads"] == {"price": "45.5000"}
    assert told.json["file"]["raw"].strip() == "S45,Pen 45,45.50,EUR"


def test_what_names_no_row_is_refused_with_a_hint(lakehouse: Command, restored: Path) -> None:
    refused = lakehouse("trace", "S45")

    assert (refused.code, refused.out) == (2, "")
    assert "Hint: 'S45' stands in sku: `lakehouse trace S45 --by sku`." in refused.err.replace(
        "source_product_id", "sku"
    )


def test_a_commit_accounts_for_itself(lakehouse: Command, restored: Path) -> None:
    newest = lakehouse("log", "--feed", "acme/feed", "--json").json["commits"][0]["id"]

    told = lakehouse("audit", newest[:12], "--sql")
    whole = lakehouse("audit", newest, "--json").json

    assert told.code == 0
    assert "KEYS  20 added, 20 changed, 0 removed" in told.out
    assert "CHECKS  staged: " in told.out
    assert "-- price_minimum" in told.out
    assert "acme/feed/second.csv" in told.out
    assert (whole["keys"]["added"], whole["keys"]["columns"]["title"]) == (20, 20)
    assert lakehouse("audit", "nope").code == 2


def test_the_report_is_written_beside_what_is_printed(
    lakehouse: Command, restored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = lakehouse("checks", "acme/feed", "--html", str(tmp_path / "checks.html"), "--json")

    assert [audit["stage"] for audit in done.json["audits"]] == ["bronze", "staged"]
    page = (tmp_path / "checks.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "acme/feed" in page
