"""Types that lose nothing: digits that name a thing stay text, and the rest is what 95 % of the values are."""

from __future__ import annotations

import pytest


@pytest.fixture
def described(measure, spec_of):
    """Describe a column of these values, cycled to 40 rows, beside a running number."""

    def of(header: str, *values: str, locale: str | None = None):
        lines = [f"row {n};{values[n % len(values)]}" for n in range(40)]
        about = measure(f"label;{header}\n" + "\n".join(lines) + "\n", locale=locale)
        return spec_of(about).columns[1]

    return of


@pytest.mark.parametrize(
    ("header", "values", "kind"),
    [
        ("Bestand", ("12", "7", "1003"), "integer"),
        ("Preis", ("12,50", "7,00"), "decimal"),
        ("Preis", ("12", "7"), "decimal"),
        ("weight_g", ("120", "70"), "decimal"),
        ("Datum", ("24.12.2025", "01.02.2026"), "date"),
        ("updated", ("2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z"), "timestamp"),
        ("aktiv", ("ja", "nein"), "boolean"),
        ("Published", ("1", "1"), "boolean"),
        ("In stock?", ("1", "0"), "boolean"),
        ("is_active", ("0", "1"), "boolean"),
        ("Name", ("Schraube", "Mutter"), "string"),
        ("year", ("2024", "2025"), "integer"),
    ],
)
def test_values_are_what_they_look_like(described, header, values, kind) -> None:
    assert described(header, *values).type == kind


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Artikelnummer", ("1001", "1002")),
        ("item_id", ("741", "742")),
        ("Kunden-Nr.", ("10001", "10002")),
        ("PLZ", ("10115", "20095")),
        ("Telefon", ("3012345", "4012345")),
        ("anything", ("00123", "4567")),
        ("anything", ("4006381333931", "4002515289693")),
        ("anything", ("12345678901234567890", "12345678901234567891")),
        ("Warencode", ("84672199", "84672200")),
    ],
)
def test_digits_that_name_a_thing_stay_text(described, header, values) -> None:
    assert described(header, *values).type == "string"


@pytest.mark.parametrize("header", ["Qty", "position", "Anzahl"])
def test_zeros_and_ones_are_counts_unless_a_header_asks(described, header) -> None:
    assert described(header, "0", "1").type == "integer"


def test_a_few_stray_values_do_not_turn_a_column_into_text(measure, spec_of) -> None:
    lines = [f"row {n};{n},50" for n in range(97)] + ["row 97;auf Anfrage", "row 98;?", "row 99;99,50"]

    column = spec_of(measure("label;Preis\n" + "\n".join(lines) + "\n")).columns[1]

    assert column.type == "decimal"


def test_too_many_stray_values_do(described) -> None:
    assert described("Preis", "1,50", "auf Anfrage").type == "string"


def test_an_empty_column_is_text(described) -> None:
    assert described("Preis", "").type == "string"


@pytest.mark.parametrize(
    ("header", "values", "unit"),
    [
        ("Gewicht (kg)", ("1,5", "2,5"), "kg"),
        ("width_mm", ("10", "20"), "mm"),
        ("Weight in grams", ("10", "20"), "g"),
        ("Gewicht", ("250 g", "300 g"), "g"),
        ("Gewicht", ("1,5", "2,5"), None),
        ("Price", ("15.00 USD", "16.00 USD"), "USD"),
        ("Preis", ("1.215,00 €", "16,00 €"), "EUR"),
        ("Price", ("$15.00", "$16.00"), "$"),
        ("MwSt", ("19 %", "7 %"), "%"),
        ("Gewicht", ("1,5 KG", "2,5 KG"), "kg"),
    ],
)
def test_units_are_read_from_header_or_cells(described, header, values, unit) -> None:
    assert described(header, *values).unit == unit


@pytest.mark.parametrize(
    ("header", "values", "form"),
    [
        ("Preis", ("1.215,00 €", "16,00 €"), "1.234,56 €"),
        ("MwSt", ("19 %", "7 %"), "1234.56 %"),
        ("Gewicht", ("1,5 kg", "2,5 kg"), "1234,56 kg"),
        ("Saldo", ("(5.00)", "6.00", "7.00"), "(1234.56)"),
    ],
)
def test_what_every_number_carries_stands_in_the_format(described, header, values, form) -> None:
    column = described(header, *values)

    assert (column.type, column.format) == ("decimal", form)


@pytest.mark.parametrize(
    ("header", "values"),
    [("Size", ("38 cm", "40 cm")), ("Price", ("15.00 USD", "16.00 EUR")), ("Price", ("15.00 USD", "16.00"))],
)
def test_numbers_whose_unit_is_part_of_what_they_say_stay_text(described, header, values) -> None:
    assert described(header, *values).type == "string"


@pytest.mark.parametrize(("locale", "form"), [("de_DE", "%d/%m/%Y"), ("en_US", "%m/%d/%Y")])
def test_the_locale_decides_where_a_date_is_open(described, locale, form) -> None:
    assert described("date", "01/02/2026", "03/04/2026", locale=locale).format == form


def test_null_words_found_in_the_file_are_claimed(described) -> None:
    assert "n/a" in described("Preis", "1,50", "2,50", "n/a").null_tokens


def test_every_column_is_said_in_a_sentence(described) -> None:
    assert described("Preis", "1,50").description == "Price, a decimal number."
