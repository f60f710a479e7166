"""`lakehouse review` at the command line: what is refused, the token, and what was learned."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse_tests.cli.conftest import Command, drop

GOODS = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(1, 21))


@pytest.fixture
def waiting(lakehouse: Command, landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The mapping of a new vendor."""
    policy = tmp_path / "careful.yaml"
    policy.write_text("name: careful\napproval:\n  new_vendor: review\n", encoding="utf-8")
    monkeypatch.setenv("LAKEHOUSE_POLICY", str(policy))
    drop(landing, "acme/goods", GOODS)
    lakehouse("run")
    [found] = lakehouse("review", "list", "--json").json
    return found


def test_a_forged_sha256_and_a_second_approval_are_refused(lakehouse: Command, waiting: dict[str, str]) -> None:
    forged = lakehouse("review", "approve", waiting["id"], "--sha256", "0" * 64)
    first = lakehouse("review", "approve", waiting["id"], "--sha256", waiting["sha256"], "--by", "mia", "--json")
    second = lakehouse("review", "approve", waiting["id"], "--by", "tom")

    assert (forged.code, first.code, second.code) == (2, 0, 2)
    assert "The review is of 000000000000" in forged.err
    assert first.json["status"] == "approved"
    assert "it is approved, decided by mia" in " ".join(second.err.split())
    assert all("Hint:" in refused.err for refused in (forged, second))


def test_where_a_token_is_set_only_who_holds_it_decides(
    lakehouse: Command, waiting: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lakehouse("review", "token", "--json").json == {"token_is_set": False}
    monkeypatch.setenv("LAKEHOUSE_REVIEW_TOKEN", "open sesame")
    assert lakehouse("review", "token", "--json").json == {"token_is_set": True}

    monkeypatch.setenv("LAKEHOUSE_REVIEW_TOKEN", "guess")
    wrong = lakehouse("review", "approve", waiting["id"])
    monkeypatch.delenv("LAKEHOUSE_REVIEW_TOKEN")
    none = lakehouse("review", "reject", waiting["id"])
    monkeypatch.setenv("LAKEHOUSE_REVIEW_TOKEN", "open sesame")
    right = lakehouse("review", "approve", waiting["id"], "--json")

    assert (wrong.code, none.code, right.code) == (2, 2, 0)
    assert "another one was given" in wrong.err
    assert "none was given" in none.err
    assert "sesame" not in f"{wrong.err}{none.err}{right.out}"


def test_a_run_takes_the_token_out_of_its_environment(
    lakehouse: Command, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setenv("LAKEHOUSE_REVIEW_TOKEN", "open sesame")

    lakehouse("run")

    assert "LAKEHOUSE_REVIEW_TOKEN" not in os.environ


def test_what_was_learned_is_listed_and_undone(lakehouse: Command, waiting: dict[str, str]) -> None:
    lakehouse("review", "approve", waiting["id"], "--by", "mia")
    lakehouse("run")

    learned = lakehouse("review", "precedents", "price", "--json").json
    told = lakehouse("review", "precedents", "price")
    undone = lakehouse("review", "undo", waiting["id"], "--by", "mia", "--note", "price is net", "--json")

    assert [(p["text"], p["target"], p["stance"], p["by"]) for p in learned] == [("price", "price", "approved", "mia")]
    assert "acme/goods" in told.out
    assert [(p["id"], p["status"]) for p in undone.json] == [(waiting["id"], "superseded")]
    assert "withdrawn" in lakehouse("review", "precedents", "price").out
    assert lakehouse("run", "--json").json["feeds"][0]["status"] in {"published", "awaiting_review"}
