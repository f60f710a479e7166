"""The expression is the least that makes a value what the target asks for; the guard lets every one pass."""

from __future__ import annotations

import pytest

from agentic_lakehouse.contracts.vendor import VendorFacts

ROWS = 30


@pytest.fixture
def sql(measure, mapping_of):
    """Map one column beside a name, and return the expression that fills the target."""

    def of(header, values, target, onto, facts=None, **more):
        columns = {"Name": [f"Thing {n}" for n in range(ROWS)], header: values, **more}
        rows = [";".join(str(v[n % len(v)]) for v in columns.values()) for n in range(ROWS)]
        about = measure("\n".join([";".join(columns), *rows]) + "\n")
        found = {line.target: line.expression for line in mapping_of(about, onto, facts).columns}
        return found.get(target)

    return of


@pytest.mark.parametrize(
    ("header", "values", "target", "expression"),
    [
        ("Marke", ["Acme", "Bolt"], "brand", '"marke"'),
        ("Preis", ["1,50", "2,50"], "price", '"preis"'),
        ("Gewicht (g)", ["100", "250"], "weight_kg", """convert_unit("gewicht_g", 'g', 'kg')"""),
        ("Weight (kg)", ["1.5", "2.5"], "weight_kg", '"weight_kg"'),
        ("Breite mm", ["10", "25"], "width_cm", """convert_unit("breite_mm", 'mm', 'cm')"""),
        ("price_cents", ["199", "250"], "price", """convert_unit("price_cents", 'cent', 'unit')"""),
        ("EAN", ["4 006381 333931", "4-006381-333931"], "gtin", 'digits("ean")'),
        ("EAN", ["4006381333931"], "gtin", '"ean"'),
        ("Währung", ["eur", "chf"], "currency", 'upper("waehrung")'),
        ("Kategorie", ["Garten/Rasen", "Haus/Küche"], "category", """join_path("kategorie", '/')"""),
        ("Kategorie", ["Garten|Rasen", "Haus|Küche"], "category", """join_path("kategorie", '|')"""),
        ("Kategorie", ["Garten", "Haus"], "category", '"kategorie"'),
        ("Beschreibung", ["<p>Gut</p>", "<b>Sehr</b> gut"], "description", 'strip_html("beschreibung")'),
        ("Body (HTML)", ["Plain text so far, long enough."], "description", 'strip_html("body_html")'),
        ("Bilder", ["https://x.de/1.jpg,https://x.de/2.jpg"], "image_url", """first_item("bilder", ',')"""),
        ("Bild", ["https://x.de/1.jpg"], "image_url", '"bild"'),
        ("Preis", ["15.00 USD", "16.50 USD"], "price", '"preis"'),
        ("Preis", ["15.00 USD", "16.50"], "price",
         """parse_decimal(regexp_extract("preis", '[-+]?[0-9][0-9.,]*'), '1,234.56')"""),
        ("Gewicht", ["250 g", "300 g"], "weight_kg", """convert_unit("gewicht", 'g', 'kg')"""),
        ("Gewicht", ["250 g", "300 G"], "weight_kg",
         """convert_unit(parse_decimal(regexp_extract("gewicht", '[-+]?[0-9][0-9.,]*'), '1,234.56'), 'g', 'kg')"""),
    ],
)  # fmt: skip
def test_onto_the_product_standard(sql, product, header, values, target, expression) -> None:
    assert sql(header, values, target, product) == expression


@pytest.mark.parametrize(
    ("header", "target", "unit", "expression"),
    [
        ("Energy (MWh)", "energy", "kWh", """convert_unit("energy_m_wh", 'mwh', 'kwh')"""),
        ("Fläche in m²", "area", "ha", """convert_unit("flaeche_in_m2", 'm2', 'ha')"""),
        ("Duration (min)", "duration", "h", """convert_unit("duration_min", 'min', 'h')"""),
        ("Temperatur °F", "temperature", "°C", """divide(("temperatur_deg_f" - 32) * 5, 9, 4)"""),
        ("Temperature (°C)", "temperature", "°C", '"temperature_deg_c"'),
        ("Meter number", "meter_id", None, '"meter_number"'),
    ],
)
def test_units_of_other_trades(sql, standard, header, target, unit, expression) -> None:
    kind = "decimal(18,4)" if unit else "string"
    onto = standard({"name": {"primary_key": True}, target: {"unit": unit, "physical_type": kind}})

    assert sql(header, ["1.50", "2.25"], target, onto) == expression


def test_a_unit_that_only_the_vendor_knows(sql, product) -> None:
    facts = VendorFacts(units={"mass": "g"})

    assert sql("Gewicht", ["100", "250"], "weight_kg", product, facts) == """convert_unit("gewicht", 'g', 'kg')"""


def test_a_unit_in_a_column_of_its_own(sql, product) -> None:
    made = sql("Weight", ["100", "0.5"], "weight_kg", product, **{"Weight Unit": ["g", "kg"]})

    assert made == """convert_unit("weight", "weight_unit", 'kg')"""


def test_units_that_differ_from_cell_to_cell(sql, product) -> None:
    made = sql("Weight", ["250 g", "1.5 kg", "3 lbs"], "weight_kg", product)

    assert made.startswith("convert_unit(parse_decimal(")
    assert "value_map(regexp_extract(lower(\"weight\"), '[a-z]+[.]?$'), 'g', 'g', 'kg', 'kg', 'lbs', 'lb')" in made


def test_words_of_a_closed_vocabulary(sql, product) -> None:
    made = sql("Verfügbarkeit", ["auf Lager", "ausverkauft"], "availability", product)

    assert made == """value_map("verfuegbarkeit", 'auf Lager', 'in_stock', 'ausverkauft', 'out_of_stock')"""


def test_words_that_are_right_already_are_left(sql, product) -> None:
    assert sql("availability", ["in_stock", "out_of_stock"], "availability", product) == '"availability"'


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [("Published", "active", "draft"), ("Discontinued", "discontinued", "active")],
)
def test_a_flag_named_after_a_value_says_it_by_yes(sql, product, header, yes, no) -> None:
    made = sql(header, ["yes", "no"], "status", product)

    assert made == f"""value_map(CAST("{header.lower()}" AS VARCHAR), 'false', '{no}', 'true', '{yes}')"""


def test_yes_and_no_become_a_boolean(sql, standard) -> None:
    onto = standard({"is_active": {"physical_type": "boolean", "synonyms": {"de": ("aktiv",)}}})

    assert sql("Aktiv", ["ja", "nein"], "is_active", onto) == '"aktiv"'


def test_a_number_becomes_text(sql, product) -> None:
    assert sql("Size", ["38", "40"], "size", product) == 'CAST("size" AS VARCHAR)'


def test_quotes_in_words_are_only_text(sql, standard) -> None:
    onto = standard({"grade": {"valid_values": ("good", "bad"), "value_synonyms": {"good": ("it's fine",)}}})

    made = sql("grade", ["it's fine", "bad"], "grade", onto)

    assert made == """value_map("grade", 'bad', 'bad', 'it''s fine', 'good')"""


def test_the_currency_that_every_amount_carries(sql, product) -> None:
    made = sql("Preis", ["15,00 €", "16,50 €"], "currency", product)

    assert made == """CASE WHEN "preis" IS NOT NULL THEN 'EUR' END"""


def test_a_sign_that_several_currencies_share_names_none(sql, product) -> None:
    assert sql("Price", ["$15.00", "$16.50"], "currency", product) is None


def test_the_currency_beside_each_amount(sql, product) -> None:
    made = sql("Price", ["15.00 USD", "16.50 EUR"], "currency", product)

    assert made == """upper(regexp_extract("price", '(?i)[a-z]{3}'))"""
