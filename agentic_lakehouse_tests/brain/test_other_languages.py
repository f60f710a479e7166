"""Feeds in the words of several trades and languages, each with columns that belong nowhere."""

from __future__ import annotations

import pytest

GERMAN = {
    "Artikelnummer": ("001201", "001202"),
    "Bezeichnung": ("Akkuschrauber mit Koffer", "Bohrmaschine 500 W"),
    "Langtext": ("<p>Sehr gut und kräftig.</p>", "<p>Leise, leicht und stark.</p>"),
    "Hersteller": ("Bosch", "Makita"),
    "Hersteller-Art.-Nr.": ("GSR-1", "GSR-2"),
    "Warengruppe": ("Werkzeug/Bohren", "Garten/Rasen"),
    "VK-Preis": ("1.210,50", "99,00"),
    "EK netto": ("605,25", "49,50"),
    "Bestand": ("12", "0"),
    "Lieferstatus": ("auf Lager", "ausverkauft"),
    "Gewicht [g]": ("1500", "900"),
    "Zolltarifnummer": ("84672199", "84672199"),
    "Mindestbestellmenge": ("1", "5"),
    "MwSt-Satz": ("19", "7"),
}
GERMAN_GOLD = {
    "Artikelnummer": "source_product_id", "Bezeichnung": "title", "Langtext": "description", "Hersteller": "brand",
    "Hersteller-Art.-Nr.": "mpn", "Warengruppe": "category", "VK-Preis": "price", "EK netto": "cost_price",
    "Bestand": "stock_quantity", "Lieferstatus": "availability", "Gewicht [g]": "weight_kg",
}  # fmt: skip
FRENCH = {
    "Référence": ("REF001", "REF002"),
    "Désignation": ("Chaise en bois", "Table ronde"),
    "Marque": ("Gautier", "Ligne"),
    "Rayon": ("Maison > Chaises", "Maison > Tables"),
    "Prix TTC": ("120,50", "99,00"),
    "Prix promo": ("100,00", "90,00"),
    "Qté en stock": ("12", "0"),
    "Poids (kg)": ("2,5", "14"),
    "Largeur cm": ("45", "120"),
    "Coloris": ("noir", "blanc"),
    "URL image": ("https://cdn.example.fr/1.png", "https://cdn.example.fr/2.png"),
    "Éco-participation": ("0,12", "0,50"),
    "Délai de livraison": ("48h", "72h"),
}
FRENCH_GOLD = {
    "Référence": "source_product_id", "Désignation": "title", "Marque": "brand", "Rayon": "category",
    "Prix TTC": "price", "Prix promo": "sale_price", "Qté en stock": "stock_quantity", "Poids (kg)": "weight_kg",
    "Largeur cm": "width_cm", "Coloris": "color", "URL image": "image_url",
}  # fmt: skip
ABBREVIATED = {
    "ItemNo": ("100001", "100002"),
    "ProdName": ("Steel bolt zinc plated", "Steel nut"),
    "MfrName": ("Acme", "Bolts Inc"),
    "MfrPartNo": ("B-1-Z", "B-2-Z"),
    "ListPrc": ("1.10", "2.20"),
    "QtyOnHand": ("7", "14"),
    "WtLbs": ("0.20", "0.25"),
    "ImgURL": ("https://a.example/1.jpg", "https://a.example/2.jpg"),
    "LastModDt": ("2026-01-02", "2026-01-03"),
    "UOM": ("EA", "EA"),
    "LeadTimeDays": ("5", "7"),
    "CountryOfOrigin": ("US", "CN"),
}
ABBREVIATED_GOLD = {
    "ItemNo": "source_product_id", "ProdName": "title", "MfrName": "brand", "MfrPartNo": "mpn", "ListPrc": "price",
    "QtyOnHand": "stock_quantity", "WtLbs": "weight_kg", "ImgURL": "image_url", "LastModDt": "source_updated_at",
}  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "gold"),
    [(GERMAN, GERMAN_GOLD), (FRENCH, FRENCH_GOLD), (ABBREVIATED, ABBREVIATED_GOLD)],
    ids=["german", "french", "abbreviated"],
)
def test_columns_find_their_targets_and_the_others_stay_alone(measure, mapping_of, product, columns, gold) -> None:
    rows = [";".join(values[n % 2] for values in columns.values()) for n in range(30)]

    made = mapping_of(measure("\n".join([";".join(columns), *rows]) + "\n"), product)

    assert {source: line.target for line in made.columns for source in line.sources} == gold
    assert set(made.unmapped_sources) == set(columns) - set(gold)
