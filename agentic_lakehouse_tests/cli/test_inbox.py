"""`lakehouse inbox`: what waits, and a person's word on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentic_lakehouse_tests.cli.conftest import Command, drop


def goods(words: list[str], first: int = 1) -> str:
    rows = [f"S{n},Stapler {n},{n}.50,EUR,{word}" for n, word in enumerate(words, first)]
    return "\n".join(["sku,title,price,currency,condition", *rows, ""])


@pytest.fixture
def waiting(landing: Path, lakehouse: Command) -> Command:
    """A lakehouse in which two words of `acme/feed` wait, one of them with a suggestion."""
    drop(landing, "acme/feed", goods(["neu", "used"] * 10 + ["Bastler", "Bastler"]))
    assert lakehouse("run").code == 0
    drop(landing, "acme/feed", goods(["neu", "used"] * 4 + ["Neuware"], first=101), name="second.csv")
    return lakehouse


def test_words_are_listed_answered_and_dismissed(waiting: Command) -> None:
    run = waiting("run", "--json").json["feeds"][0]
    assert (run["status"], run["inbox"], run["model_calls"]) == ("published", 2, 0)

    table = waiting("inbox").out
    assert max(map(len, table.splitlines())) <= 80
    assert "Neuware" in table
    assert "new 1.00" in table
    found = {item["word"]: item for item in waiting("inbox", "acme/feed", "--json").json}
    assert (found["Bastler"]["rows"], found["Neuware"]["suggested_by"]) == (2, "standard")

    done = waiting("inbox", "answer", found["Neuware"]["id"], "new", "--by", "Ines", "--note", "as they say", "--json")
    assert (done.json["status"], done.json["answer"], done.json["by"]) == ("answered", "new", "Ines")
    assert waiting("inbox", "dismiss", found["Bastler"]["id"][:8], "--by", "Ines").code == 0
    assert waiting("inbox").out.strip() == "Nothing is open."
    assert "dismissed, Ines" in " ".join(waiting("inbox", "--all").out.split())

    assert waiting("run", "--json").json["feeds"][0]["status"] == "published"
    sql = "SELECT condition, count(*) FROM product_core.product GROUP BY ALL ORDER BY 1 NULLS LAST"
    assert waiting("query", sql, "--json").json["rows"] == [["new", 15], ["used", 14], [None, 2]]
    told = waiting("query", "SELECT word, status, rows FROM governance.inbox ORDER BY word", "--json").json["rows"]
    assert told == [["Bastler", "dismissed", 2], ["Neuware", "answered", 1]]


def test_the_report_says_what_waits(waiting: Command) -> None:
    assert "Words that nobody has explained: acme/feed 2. See `lakehouse inbox`." in waiting("run").out


def test_what_is_wrong_is_told_with_a_hint(waiting: Command) -> None:
    [item] = waiting("inbox", "--json").json

    for arguments, message, hint in (
        (("answer", "in-nowhere", "new"), "No item of the inbox has the id 'in-nowhere'.", "lakehouse inbox"),
        (("answer", item["id"], "usd"), "'usd' is no value of 'condition'", "Did you mean 'used'?"),
        (("acme",), "acme", "Hint"),
        (("dismiss", "in-nowhere"), "No item of the inbox", "lakehouse inbox"),
    ):
        result = waiting("inbox", *arguments)
        assert result.code == 2
        assert message in result.err
        assert hint in result.err
    waiting("inbox", "answer", item["id"], "used", "--by", "Ines")
    again = waiting("inbox", "answer", item["id"], "new", "--by", "Tom")
    assert (again.code, "Ines says that 'Bastler' is used" in again.err) == (2, True)


def test_its_help_names_the_ways_to_call_it(lakehouse: Command) -> None:
    assert all(word in lakehouse("inbox", "--help").out for word in ("list", "answer", "dismiss"))
    assert "Example" in lakehouse("inbox", "answer", "--help").out
