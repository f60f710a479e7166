from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.files import load_vendor
from agentic_lakehouse.contracts.vendor import Expectation, VendorFacts
from agentic_lakehouse.errors import ContractInvalid, UsageInvalid

DATA = Path(__file__).parents[2] / "data"


def vendor(folder: Path, text: str) -> VendorFacts:
    (folder / "acme.yaml").write_text(text, encoding="utf-8")
    return load_vendor(folder, "acme")


def test_a_vendor_without_a_file_has_no_facts(tmp_path: Path) -> None:
    assert load_vendor(tmp_path, "acme") == VendorFacts()
    assert load_vendor(tmp_path / "absent", "acme") == VendorFacts()


def test_norway_is_a_country_and_not_a_denial(tmp_path: Path) -> None:
    assert vendor(tmp_path, "country: NO\nlocale: nb_NO\n").country == "NO"


def test_every_fact_can_be_written(tmp_path: Path) -> None:
    known = "country: DE, locale: de_DE, currency: EUR, units: {mass: g}, contact: a@b.example"
    facts = vendor(tmp_path, f"{{{known}, delivery: full, expected: daily}}")

    assert (facts.units, facts.delivery, facts.expected) == ({"mass": "g"}, "full", "daily")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("curency: EUR\n", "line 1, at curency: the key 'curency' is unknown.\nHint: Did you mean 'currency'"),
        ("country: DE\ncurrency: eur\n", "line 2, at currency: 'eur' does not fit"),
        ("currency: XQZ\n", "'XQZ' is not an ISO 4217 currency code"),
        ("locale: de-DE\n", "'de-DE' is not a CLDR locale"),
        ("locale: xx_YY\n", "'xx_YY' is not a CLDR locale"),
        ("country: Germany\n", "'Germany' does not fit"),
        ("delivery: sometimes\n", "'delta' or 'full'"),
        ("units: [g]\n", "line 1, at units"),
        ("units: {mass: 3}\n", "at units.mass: 3 does not fit"),
        ("country: DE\nexpected: dayly\n", "line 2, at expected: 'dayly' does not say when"),
        ("expected: dayly\n", "Hint: Did you mean 'daily'?"),
        ("expected: hourly\n", "A cron line will do, too"),
        ("expected: 61 6 * * *\n", "'61 6 .* names no time that ever comes"),
        ("expected: 0 6 31 2 *\n", "'0 6 31 2 .' names no time that ever comes"),
        ("expected: 0 6 * * * 30\n", "is no cron line of five fields"),
        ("expected: R R * * *\n", "is no cron line of five fields"),
        ("timezone: Mars/Phobos\n", "'Mars/Phobos' is not an IANA time zone.\nHint: Write it like `Europe/Berlin`"),
        ("timezone: ../../etc\n", "is not an IANA time zone"),
        ("grace: 6x\n", "'6x' does not fit"),
        ("feeds:\n  stock:\n    expected: hourly\n", "line 3, at feeds.stock.expected: 'hourly' does not say"),
        ("feeds: {stock: {expectd: daily}}\n", "Did you mean 'expected'"),
        ("feeds: {Stock: {expected: daily}}\n", "'Stock' cannot be a feed id"),
    ],
)
def test_a_fact_that_does_not_fit_is_named_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ContractInvalid, match=complaint):
        vendor(tmp_path, text)


@pytest.mark.parametrize("name", ["../acme", "Acme", "", "a.b"])
def test_a_vendor_that_is_no_id_is_not_looked_for(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageInvalid, match="cannot be a vendor id"):
        load_vendor(tmp_path, name)


def test_every_sample_vendor_has_facts_with_a_made_up_contact() -> None:
    for folder in sorted(path for path in (DATA / "landing").iterdir() if path.is_dir()):
        facts = load_vendor(DATA / "vendors", folder.name)

        assert facts.currency is not None, folder.name
        assert (facts.contact or "").endswith(f"@{folder.name}.example.com")


def test_a_feed_may_be_expected_otherwise_than_the_rest_of_its_vendor(tmp_path: Path) -> None:
    facts = vendor(
        tmp_path,
        "expected: weekly\ntimezone: Europe/Berlin\ngrace: 6h\n"
        "feeds: {stock: {expected: 0 6 * * mon-fri, grace: 30m}, archive: {expected: never}}\n",
    )

    assert facts.expectation("prices") == Expectation(
        every="weekly", timezone="Europe/Berlin", grace=timedelta(hours=6)
    )
    stock = facts.expectation("stock")
    assert stock is not None
    assert (stock.every, stock.grace) == ("0 6 * * mon-fri", timedelta(minutes=30))
    assert facts.expectation("archive") is None
    assert VendorFacts().expectation("prices") is None


def test_when_deliveries_are_expected_does_not_bear_on_what_rows_become(tmp_path: Path) -> None:
    plain = vendor(tmp_path, "currency: EUR\n")
    timed = VendorFacts(currency="EUR", expected="daily", timezone="Europe/Berlin", grace="2d", contact="a@b.example")

    assert timed.judgement_sha256 == plain.judgement_sha256
    assert plain.judgement_sha256 != VendorFacts(currency="CHF").judgement_sha256
