"""The report of checks is one file that a browser shows as it is, whatever vendors wrote."""

from __future__ import annotations

import re
from pathlib import Path

from agentic_lakehouse.pipeline.checks_report import checks_report, write_html
from agentic_lakehouse.testing import Sandbox

HOSTILE = "<script>alert('R1')</script>"
HEADER = "Artikelnummer;Bezeichnung;EAN;Preis;Währung\n"


def price_list(*more: str) -> str:
    return HEADER + "".join(f"R{n};Ringordner Nr. {n};;1,50;EUR\n" for n in range(40)) + "".join(f"{x}\n" for x in more)


def written(sandbox: Sandbox, name: str | None = None) -> str:
    path = sandbox.root / "checks.html"
    write_html(checks_report(sandbox.lakehouse, name), path)
    return path.read_text(encoding="utf-8")


def test_it_tells_status_commit_checks_and_bad_rows_of_each_feed(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/prices", price_list("R98;Ordner;;auf Anfrage;EUR"))
    run = sandbox.run(feed)
    cryptic = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))
    sandbox.run(sandbox.drop("other/cryptic", cryptic))
    sandbox.drop("third/new", price_list())

    reports = checks_report(sandbox.lakehouse, None)
    page = written(sandbox)

    assert [(r.status.feed, r.mood) for r in reports] == [
        ("other/cryptic", "waits"),
        ("third/new", "waits"),
        ("acme/prices", "good"),
    ]
    assert (reports[2].failed, reports[2].bad_rows, len(reports[2].bars)) == (0, 1, 1)
    for text in (run.commit[:12], "not_a_decimal", "row_conservation", "price_minimum", "Nothing was checked yet."):
        assert text in page
    assert f"lakehouse review show {reports[0].waits[0].id}" in page
    assert f"lakehouse query --at {run.commit[:12]} " in page
    assert "other/cryptic" not in written(sandbox, "acme/prices")


def test_what_a_vendor_wrote_is_text(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "delivery: full\n")
    header = f"Artikelnummer;Bezeichnung;Preis;Währung;Bestand {HOSTILE}\n"
    rows = [f"R{n};{HOSTILE} Nr. {n};1,50;EUR;{n}\n" for n in range(40)]
    feed = sandbox.drop("acme/prices", header + "".join(rows) + "R99;Ordner;1,50;EUR;viele\n")
    sandbox.run(feed)
    sandbox.drop("acme/prices", header + "".join(rows[:20]), name="two.csv")
    assert sandbox.run(feed).status == "awaiting_review"

    [report] = checks_report(sandbox.lakehouse, None)
    page = written(sandbox)

    assert (report.mood, report.failed) == ("waits", 1)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 6
    assert "of-bad" in page
    assert "not published: branch" in page


def test_it_needs_nothing_else(sandbox: Sandbox) -> None:
    sandbox.run(sandbox.drop("acme/prices", price_list(f"R98;{HOSTILE};;auf Anfrage;EUR")))

    page = written(sandbox)

    assert not re.findall(r"src=|href=\"[^#]|url\(|@import|https?://", page)
    assert Path(sandbox.root / "checks.html").stat().st_size < 200_000
