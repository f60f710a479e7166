"""Rule sets as people meet them: listed, shown, put in, retired, and told by `doctor` where they do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse_tests.cli.conftest import Command

NET = """
name: net-prices
owner: pricing@example.com
applies_to: {countries: [DE]}
normalise:
- {column: price, expression: "divide(price, 1.19, 4)"}
"""


@pytest.fixture
def folder(tmp_path: Path, landing: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = landing.parent / "rules"
    folder.mkdir()
    monkeypatch.setenv("LAKEHOUSE_RULES", str(folder))
    return folder


def test_a_rule_set_is_put_in_listed_shown_and_retired(lakehouse: Command, folder: Path, tmp_path: Path) -> None:
    (folder / "net.yaml").write_text(NET)
    other = tmp_path / "other.yaml"
    other.write_text(NET.replace("1.19", "1.07"))
    [listed] = lakehouse("rules", "list", "--json").json
    assert (listed["name"], listed["origin"], listed["problem"]) == ("net-prices", str(folder / "net.yaml"), "")

    put = lakehouse("rules", "put", str(other), "--by", "Ines", "--note", "as agreed", "--json")
    assert (put.code, put.json["version"], put.json["by"]) == (0, 1, "Ines")
    assert lakehouse("rules", "list", "--json").json[0]["origin"] == "put in by Ines, version 1"
    shown = lakehouse("rules", "show", "net-prices")
    assert "divide(price, 1.07, 4)" in shown.out
    assert "as agreed" in shown.out

    assert lakehouse("rules", "retire", "net-prices", "--by", "Ines").code == 0
    assert lakehouse("rules", "show", "net-prices", "--json").json["content"]["normalise"][0]["expression"] == (
        "divide(price, 1.19, 4)"
    )
    assert lakehouse("rules", "retire", "net-prices").code == 2
    unknown = lakehouse("rules", "show", "net-price")
    assert (unknown.code, "Did you mean 'net-prices'" in unknown.err) == (2, True)


def test_putting_in_needs_the_review_token_where_one_is_set(
    lakehouse: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder.parent / "net.yaml"
    file.write_text(NET)
    monkeypatch.setenv("LAKEHOUSE_REVIEW_TOKEN", "a-long-enough-token-of-the-lake")
    assert lakehouse("review", "token").code == 0
    monkeypatch.delenv("LAKEHOUSE_REVIEW_TOKEN")

    refused = lakehouse("rules", "put", str(file))

    assert refused.code == 2
    assert "review token" in refused.err
    assert lakehouse("rules", "list", "--json").json == []


def test_doctor_and_list_tell_what_is_wrong_with_a_rule_file(lakehouse: Command, folder: Path) -> None:
    (folder / "net.yaml").write_text(NET.replace("column: price", "column: prise"))
    (folder / "torn.yaml").write_text("name: [")

    told = {line["message"] for line in lakehouse("doctor", "--json").json["checks"] if line["name"] == "rules"}

    assert len(told) == 2
    assert any("net.yaml, line 6" in message and "'prise'" in message for message in told)
    assert any("torn.yaml" in message and "not valid YAML" in message for message in told)
    assert {bool(line["problem"]) for line in lakehouse("rules", "list", "--json").json} == {True}
    put = lakehouse("rules", "put", str(folder / "net.yaml"))
    assert (put.code, "net.yaml, line 6" in put.err) == (2, True)
