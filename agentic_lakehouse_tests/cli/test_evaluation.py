"""`lakehouse eval`, on suites that ship and on a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse_tests.cli.conftest import Command

SUITES = Path(__file__).parents[2] / "data" / "evaluation"
SHOP = """
name: mine
feeds:
  - feed: acme/goods
    file: goods.csv
    types: {sku: string, price: decimal, stock: string}
    primary_key: [sku]
    mapping: {sku: sku, price: price, title: description}
    core:
      - {sku: S1, title: Stapler 1, price: "1.50"}
      - {sku: S1, title: Stapler 9}
  - feed: acme/gone
    file: gone.csv
    mapping: {sku: sku}
"""


@pytest.fixture
def mine(landing: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "suite.yaml").write_text(SHOP, encoding="utf-8")
    rows = "".join(f"S{n},Stapler {n},{n}.50,EUR,{n}\n" for n in range(1, 30))
    (folder / "goods.csv").write_text(f"sku,title,price,currency,stock\n{rows}", encoding="utf-8")
    return folder


@pytest.mark.parametrize(("suite", "least"), [("landing", 0.95), ("schemas", 0.9)])
def test_the_planner_holds_against_the_suites_that_ship(lakehouse: Command, landing, suite: str, least: float) -> None:
    found = lakehouse("eval", "--suite", str(SUITES / suite), "--json").json

    assert found["total"]["f1"] >= least
    assert found["total"]["core"] in {None, 1.0}
    assert {len(sha256) for sha256 in found["prompts"].values()} == {64}
    assert lakehouse("calls", "--json").json == []


def test_labels_are_held_against_what_comes_out(lakehouse: Command, mine: Path) -> None:
    found = lakehouse("eval", "--suite", str(mine), "--json").json

    goods, gone = found["feeds"]
    wrong = {line["source"] for line in goods["lines"] if not line["is_right"]}
    assert {"title", "currency"} <= wrong
    assert (goods["types"], goods["key"], goods["core"]) == (pytest.approx(2 / 3), 1.0, 0.5)
    assert "there is no such file" in gone["error"]
    assert found["total"]["recall"] == pytest.approx(2 / 4)


def test_two_runs_are_compared(lakehouse: Command, mine: Path, tmp_path: Path) -> None:
    kept = tmp_path / "before.json"
    lakehouse("eval", "--suite", str(mine), "--save", str(kept))
    (mine / "suite.yaml").write_text(SHOP.replace("title: description", "title: title"), encoding="utf-8")

    shown = lakehouse("eval", "--suite", str(mine), "--compare", str(kept)).out

    [recall] = [line.split() for line in shown.splitlines() if line.startswith("recall")]
    assert recall == ["recall", "0.500", "0.750", "+0.250"]
    assert "Prompts that changed: none" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--suite", "nowhere"], "there is no suite.yaml"),
        (["--compare", "nothing.json"], "is no kept result"),
    ],
)
def test_what_cannot_be_read_is_told(lakehouse: Command, landing, arguments: list[str], message: str) -> None:
    found = lakehouse("eval", *arguments)

    assert (found.code, message in found.err) == (2, True)


def test_a_label_for_a_feed_without_a_file_is_refused_by_its_line(lakehouse: Command, mine: Path) -> None:
    (mine / "suite.yaml").write_text("name: x\nfeeds:\n  - feed: a/b\n    mapping: {a: sku}\n", encoding="utf-8")

    found = lakehouse("eval", "--suite", str(mine))

    assert found.code != 0
    assert "either `file` or `columns`" in found.err
