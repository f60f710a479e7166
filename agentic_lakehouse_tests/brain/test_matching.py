"""What makes a source fill a target: names and values together, each source once, and honest doubt."""

from __future__ import annotations

import pytest

ROWS = 30


@pytest.fixture
def lines(measure, mapping_of):
    """Map columns (header to a function of the row number) onto a standard; return lines by target."""

    def of(columns, onto, facts=None):
        rows = [";".join(str(make(n)) for make in columns.values()) for n in range(ROWS)]
        about = measure("\n".join([";".join(columns), *rows]) + "\n")
        return {line.target: line for line in mapping_of(about, onto, facts).columns}

    return of


@pytest.fixture
def pairs(lines):
    def of(columns, onto, facts=None):
        return {target: line.sources[0] for target, line in lines(columns, onto, facts).items()}

    return of


def thing(n: int) -> str:
    return f"Thing number {n}"


def money(n: int) -> str:
    return f"{n}.50"


def test_a_word_more_in_a_header_is_another_thing(pairs, product) -> None:
    columns = {"Title": thing, "SEO Title": thing, "Image Alt Text": thing, "Price": money, "Compare At Price": money}

    assert pairs(columns, product) == {"title": "Title", "price": "Price"}


def test_without_the_plain_one_the_other_thing_is_doubtful_at_least(lines, product) -> None:
    line = lines({"SEO Title": thing, "Price": money}, product).get("title")

    assert line is None or line.confidence < 0.8


def test_a_prefix_that_many_headers_share_says_nothing(pairs, product) -> None:
    columns = {f"Feed / {name}": make for name, make in {"Name": thing, "Price": money, "Colour": thing}.items()}

    assert pairs(columns, product) == {"title": "Feed / Name", "price": "Feed / Price", "color": "Feed / Colour"}


def test_a_path_to_a_nested_value_says_less_than_its_end(pairs, product) -> None:
    columns = {"pricing.price": money, "brand.name": lambda _: "Acme", "item.title": thing}

    assert pairs(columns, product) == {"price": "pricing.price", "brand": "brand.name", "title": "item.title"}


def test_numbered_slots_are_not_the_thing_itself(pairs, product) -> None:
    columns = {"Attribute 1 name": thing, "Attribute 2 name": thing, "Name": thing}

    assert pairs(columns, product) == {"title": "Name"}


def test_values_that_cannot_be_veto_a_name(pairs, product) -> None:
    assert "price" not in pairs({"Price": lambda _: "see website", "Name": thing}, product)
    assert "weight_kg" not in pairs({"Weight": lambda _: "kg", "Name": thing}, product)
    assert "image_url" not in pairs({"Image": lambda _: "yes", "Name": thing}, product)


def test_checked_codes_are_known_without_a_name_but_not_surely(lines, product) -> None:
    gtins = ["4006381333931", "4002515289693", "4260012340019", "9780306406157"]

    line = lines({"F1": lambda n: gtins[n % 2], "F2": lambda _: "x"}, product)["gtin"]

    assert line.sources == ("F1",)
    assert 0.5 <= line.confidence < 0.6


def test_cryptic_headers_are_not_guessed_at(lines, product) -> None:
    found = lines({"F1": lambda n: n, "F2": thing, "F3": money, "F4": money, "F5": lambda _: "A"}, product)

    assert all(line.confidence < 0.6 for line in found.values())


def test_of_twins_one_is_taken_with_half_the_confidence(lines, product) -> None:
    sure = lines({"Preis": money, "Name": thing}, product)["price"].confidence
    line = lines({"Preis": money, "Price": money, "Name": thing}, product)["price"]

    assert line.confidence < 0.7 * sure
    assert "fits nearly as well" in line.rationale


def test_each_source_fills_one_target(lines, product) -> None:
    found = lines({"EAN": lambda _: "4006381333931", "Artikelnummer": lambda n: f"A{n}"}, product)

    sources = [line.sources for line in found.values()]
    assert len(sources) == len(set(sources)) == 2


def test_empty_columns_are_mapped_by_their_names_a_little_less_surely(lines, product) -> None:
    empty = lines({"Barcode": lambda _: "", "Name": thing}, product)["gtin"]
    full = lines({"Barcode": lambda _: "4006381333931", "Name": thing}, product)["gtin"]

    assert 0.6 <= empty.confidence < full.confidence


def test_a_standard_without_synonyms_is_matched_by_names_and_definitions(pairs, standard) -> None:
    onto = standard(
        {
            "customer_id": {"definition": "Identifier of the customer.", "primary_key": True},
            "last_name": {"definition": "Family name."},
            "postal_code": {"definition": "Postal code."},
            "birth_date": {"definition": "Date of birth.", "physical_type": "date"},
        },
        name="crm_core.customer",
        granularity="One row per customer.",
    )
    columns = {
        "Kundennummer": lambda n: f"K{n}",
        "Nachname": lambda _: "Meier",
        "PLZ": lambda _: "10115",
        "Geburtsdatum": lambda _: "01.02.1990",
        "Bemerkung": lambda _: "keine",
    }

    assert pairs(columns, onto) == {
        "customer_id": "Kundennummer",
        "last_name": "Nachname",
        "postal_code": "PLZ",
        "birth_date": "Geburtsdatum",
    }


def test_a_rationale_says_why(lines, product) -> None:
    line = lines({"Name": thing}, product)["title"]

    assert line.rationale == "'Name': a name of the target; its values fit."


def test_a_percentage_is_no_price_and_an_amount_of_money_is_no_weight(pairs, product) -> None:
    columns = {"Name": thing, "MwSt": lambda _: "19 %", "Preis": lambda n: f"{n},50 €", "Gewicht": lambda n: f"{n} €"}

    found = pairs(columns, product)

    assert found["price"] == found["currency"] == "Preis"
    assert "weight_kg" not in found
