"""`lakehouse review edit`, `replay`, and what `errors` tells before and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentic_lakehouse_tests.cli.conftest import Command

FEED = "acme/feed"


@pytest.fixture
def landing(restored: Path) -> Path:
    """Commands work on a lakehouse with two deliveries of `acme/feed`, a bad row in each."""
    return restored


def proposal(lakehouse: Command, kind: str, feed: str = FEED) -> dict[str, Any]:
    """Return the proposal in force."""
    table = {"spec": "feed_specs", "mapping": "mappings"}[kind]
    sql = f"SELECT id FROM governance.{table} WHERE status = 'active' AND feed = '{feed}'"
    [[found]] = lakehouse("query", sql, "--json").json["rows"]
    shown: dict[str, Any] = lakehouse("review", "show", found, "--json").json
    return shown


def with_null_word(content: dict[str, Any]) -> dict[str, Any]:
    columns = [{**c, "null_tokens": ["call us"]} if c["name"] == "price" else c for c in content["columns"]]
    return {**content, "columns": columns}


def edit(lakehouse: Command, found: dict[str, Any], content: dict[str, Any], folder: Path) -> Any:
    file = folder / "edited.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return lakehouse("review", "edit", found["id"], str(file), "--by", "mia", "--note", "on request", "--json")


def counts(lakehouse: Command, *options: str) -> dict[str, int]:
    """Return how many bad records are told, by status."""
    groups = lakehouse("errors", FEED, "--json", *options).json["ingest_errors"]["groups"]
    return {group["status"]: group["count"] for group in groups}


def test_a_spec_is_edited_and_bad_rows_run_again(lakehouse: Command, landing: Path, tmp_path: Path) -> None:
    assert counts(lakehouse) == {"open": 2}
    assert "is told otherwise by now" in lakehouse("replay", FEED).out
    found = proposal(lakehouse, "spec")

    done = edit(lakehouse, found, with_null_word(found["content"]), tmp_path)
    told = lakehouse("replay", FEED)

    assert (done.code, done.json["status"], done.json["kind"]) == (0, "approved", "spec")
    assert told.code == 0
    assert told.out.count("Running bad rows of ") == 2
    assert (counts(lakehouse), counts(lakehouse, "--all")) == ({}, {"replayed": 2})
    assert lakehouse("errors", FEED, "--export", str(tmp_path / "report.csv"), "--json").json["rows"] == 0
    assert proposal(lakehouse, "spec")["id"] == done.json["id"]
    [line] = lakehouse("replay", FEED, "--json").json["feeds"]
    assert (line["status"], line["rows_in"]) == ("unchanged", 0)


def test_a_mapping_is_edited_and_used_by_the_next_run(lakehouse: Command, landing: Path, tmp_path: Path) -> None:
    found = proposal(lakehouse, "mapping")
    lines = [
        {**line, "expression": "upper(title)"} if line["target"] == "title" else line
        for line in found["content"]["columns"]
    ]

    assert edit(lakehouse, found, {**found["content"], "columns": lines}, tmp_path).json["status"] == "approved"
    assert lakehouse("run", "--feed", FEED).code == 0

    titles = lakehouse("query", "SELECT title FROM product_core.product WHERE source_table = 'acme__feed'", "--json")
    assert all(title == title.upper() for [title] in titles.json["rows"])


def test_what_does_not_hold_is_refused_and_files_nothing(lakehouse: Command, landing: Path, tmp_path: Path) -> None:
    spec, mapping = proposal(lakehouse, "spec"), proposal(lakehouse, "mapping")
    first, *others = spec["content"]["columns"]
    line, *lines = mapping["content"]["columns"]
    refused = {
        "its source columns are not those of the file: sku": (
            spec,
            {**spec["content"], "columns": others, "primary_key": []},
        ),
        "is about other/feed": (spec, {**spec["content"], "vendor_name": "other"}),
        "the key 'colour' is unknown": (spec, {**spec["content"], "colour": "red"}),
        "the format": (spec, {**spec["content"], "columns": [{**first, "type": "decimal", "format": "?"}, *others]}),
        "is not a target that may be mapped": (
            mapping,
            {**mapping["content"], "columns": [{**line, "target": "taste"}, *lines]},
        ),
        "reads other columns than its sources": (
            mapping,
            {**mapping["content"], "columns": [{**line, "sources": []}, *lines]},
        ),
        "it is active, decided by": (spec, spec["content"]),
    }
    for why, (found, content) in refused.items():
        result = edit(lakehouse, found, content, tmp_path)

        assert (result.code, why in result.err) == (2, True), result.err
    waiting = "SELECT count(*) FROM governance.feed_specs WHERE status IN ('proposed', 'approved')"
    assert lakehouse("query", waiting, "--json").json["rows"] == [[0]]


def test_a_feed_that_never_delivered_has_nothing_to_run_again(lakehouse: Command, landing: Path) -> None:
    refused = lakehouse("replay", "acme/nothing")

    assert refused.code == 2
    assert "has no delivery whose rows could be run again" in refused.err
