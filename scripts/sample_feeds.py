"""The sample feeds: how each invented vendor writes its items down, and the faults that are planted in them.

Faults stay below one row in twenty of any delivery, the share at which the usual policy refuses it.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import sample_products as shops
from sample_formats import Row, delimited, number, stock_word, workbook, wrong_digit
from sample_products import Item, check_digit, draw_items

Files = dict[str, bytes]


def gartenhof_preisliste() -> Files:
    """German price list: cp1252, semicolons, decimal commas, grams, words where numbers should be."""
    rows: list[Row] = [
        {
            "Artikel-Nr": f"{item.number:06d}",
            "EAN": item.gtin,
            "Bezeichnung": item.title,
            "Beschreibung": item.text,
            "Marke": item.brand,
            "Warengruppe": item.category,
            "VK-Preis": number(item.price * (12 if item.number % 50 == 0 else 1)),
            "Aktionspreis": number(None if item.number % 50 == 0 else item.sale_price),
            "EK netto": number(item.cost_price),
            "Währung": "EUR",
            "Lagerbestand": item.stock,
            "Verfügbarkeit": stock_word(item.stock, "auf Lager", "wenige verfügbar", "nicht lieferbar"),
            "Gewicht (g)": item.weight_g,
            "Geändert am": f"{item.updated:%d.%m.%Y}",
        }
        for item in draw_items(shops.GARDEN, 320)
    ]
    for position in (16, 87, 202):
        rows[position]["EAN"] = wrong_digit(rows[position]["EAN"])
    for position in (30, 119, 276):
        rows[position]["VK-Preis"] = "auf Anfrage"
    rows[66]["Geändert am"], rows[211]["Geändert am"] = "31.02.2026", "00.00.0000"
    rows[43] |= {"VK-Preis": "24,99", "Aktionspreis": "1.999,00", "EK netto": "12,10"}
    rows[189] |= {"VK-Preis": "8.990,00", "Aktionspreis": "79,90", "EK netto": "51,30"}
    rows[149] = dict(list(rows[149].items())[:9])
    return {"preisliste_2026-09.csv": delimited(rows, ";").encode("cp1252")}


def harbor_supply_catalog() -> Files:
    """American catalogue in two deliveries: quoted line breaks, pounds, the month first in dates."""

    def row(item: Item) -> Row:
        gone = "Backordered" if item.number % 3 else "Out of Stock"
        return {
            "Item Number": f"HS-{item.number:05d}",
            "UPC": item.gtin,
            "Product Name": item.title,
            "Long Description": item.text,
            "Manufacturer": item.brand,
            "Mfr Part Number": item.model,
            "Category": item.category,
            "List Price": f"{item.price:,.2f}",
            "Sale Price": item.sale_price or "",
            "Currency": "USD",
            "Qty On Hand": item.stock,
            "Availability": stock_word(item.stock, "In Stock", "Low Stock", gone),
            "Condition": "Refurbished" if item.number % 41 == 0 else "Used" if item.number % 67 == 0 else "New",
            "Weight (lb)": f"{item.weight_g / 453.59237:.2f}",
            "Last Updated": f"{item.updated:%m/%d/%Y}",
        }

    items = draw_items(shops.TOOLS, 400, digits=12)
    first = [row(item) for item in items[:360]]
    for position in (9, 74):
        first[position]["UPC"] = wrong_digit(first[position]["UPC"])
    for position in (20, 133):
        first[position]["List Price"] = "call for price"
    first[58]["Last Updated"] = "13/45/2026"
    first[101]["one cell too many"] = "see page 12"
    corrected = [replace(item, price=item.price + 5, sale_price=None, stock=item.stock + 12) for item in items[10:40]]
    second = [row(item) | {"Last Updated": "10/01/2026"} for item in (*corrected, *items[360:])]
    return {
        "catalog_2026-09-01.csv": delimited(first, ",").encode(),
        "catalog_2026-10-01.csv": delimited(second, ",").encode(),
    }


def maison_lumiere_tarif() -> Files:
    """French tab-separated tariff: hard spaces for thousands, decimal commas, kilograms."""
    rows: list[Row] = [
        {
            "Référence": f"ML{item.number:04d}",
            "Code EAN": item.gtin,
            "Désignation": item.title,
            "Descriptif": item.text,
            "Marque": item.brand,
            "Famille": item.category,
            "Prix de vente TTC": number(item.price * (20 if item.number % 9 == 0 else 1), thousands="\u00a0"),
            "Prix promo": number(None if item.number % 9 == 0 else item.sale_price, thousands="\u00a0"),
            "Devise": "EUR",
            "Disponibilité": stock_word(item.stock, "en stock", "stock limité", "rupture de stock"),
            "Quantité en stock": item.stock,
            "Poids (kg)": f"{item.weight_g / 1000:.3f}".replace(".", ","),
            "Largeur (cm)": f"{item.width_mm / 10:.1f}".replace(".", ","),
            "Hauteur (cm)": f"{item.height_mm / 10:.1f}".replace(".", ","),
            "Date de mise à jour": f"{item.updated:%d/%m/%Y}",
            "Lien image": f"https://img.maison-lumiere.example/{item.number:04d}.jpg",
        }
        for item in draw_items(shops.LIGHTING, 250)
    ]
    for position in (12, 180):
        rows[position]["Prix de vente TTC"] = "sur devis"
    rows[99]["Code EAN"] = wrong_digit(rows[99]["Code EAN"])
    return {"tarif_2026.tsv": delimited(rows, "\t").encode()}


def pixelware_products() -> Files:
    """JSON lines with objects and a list inside, HTML in the text; one line is cut off."""
    lines = [
        json.dumps(
            {
                "id": f"px_{item.number:05d}",
                "title": f"{item.brand} {item.title}",
                "brand": item.brand,
                "description": f"<p>{item.text}</p><ul><li>{item.noun}</li><li>{item.feature} &amp; more</li></ul>",
                "category": item.category,
                "identifiers": {"gtin": item.gtin, "mpn": item.model},
                "pricing": {
                    "price": float(item.price),
                    "sale_price": float(item.sale_price) if item.sale_price else None,
                    "currency": "EUR",
                },
                "inventory": {"quantity": item.stock, "availability": "InStock" if item.stock else "PreOrder"},
                "shipping": {"weight_g": item.weight_g},
                "color": item.size,
                "link": f"https://pixelware.example/p/{item.number}",
                "images": [f"https://pixelware.example/i/{item.number}-{view}.jpg" for view in (1, 2)],
                "updated_at": f"{item.updated:%Y-%m-%dT%H:%M:%SZ}",
            }
        )
        for item in draw_items(shops.GADGETS, 220)
    ]
    lines[77] = lines[77][:140]
    lines[150] = re.sub(r'"price": [0-9.]+', '"price": "tba"', lines[150], count=1)
    return {"products.jsonl": ("\n".join(lines) + "\n").encode()}


def fietshuis_assortiment() -> Files:
    """Dutch JSON: the array stands inside a wrapper, and numbers are text with a decimal comma."""
    articles: list[Row] = [
        {
            "artikelnummer": str(40000 + item.number),
            "ean": item.gtin,
            "omschrijving": item.title,
            "merk": item.brand,
            "categorie": item.category,
            "verkoopprijs": number(item.price),
            "valuta": "EUR",
            "voorraad": item.stock,
            "beschikbaarheid": "op voorraad" if item.stock else "uitverkocht",
            "gewicht_kg": f"{item.weight_g / 1000:.2f}".replace(".", ","),
            "kleur": None if item.size.startswith("maat") else item.size,
            "gewijzigd_op": f"{item.updated:%Y-%m-%d}",
        }
        for item in draw_items(shops.CYCLES, 200)
    ]
    articles[41]["verkoopprijs"] = "op aanvraag"
    articles[90]["ean"] = wrong_digit(articles[90]["ean"])
    document = {"export": {"firma": "Fietshuis", "datum": "2026-09-30"}, "data": {"artikelen": articles}}
    return {"assortiment.json": (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()}


def cargo_media_titles() -> Files:
    """Books in Parquet with real types: decimals, timestamps, whole numbers; ISBNs for GTINs."""
    items = draw_items(shops.BOOKS, 240)
    bodies = [f"97899999{item.number:04d}" for item in items]
    table = pa.table(
        {
            "product_id": pa.array([70000 + item.number for item in items], pa.int64()),
            "isbn13": [body + check_digit(body) for body in bodies],
            "title": [item.title for item in items],
            "publisher": [item.brand for item in items],
            "product_type": [item.category for item in items],
            "summary": [item.text for item in items],
            "list_price": pa.array([item.price for item in items], pa.decimal128(10, 2)),
            "currency": ["GBP" for _ in items],
            "quantity_available": pa.array([item.stock for item in items], pa.int32()),
            "weight_kg": pa.array([item.weight_g / 8000 for item in items], pa.float64()),
            "product_url": [f"https://cargo-media.example/t/{item.number}" for item in items],
            "last_modified": pa.array([item.updated for item in items], pa.timestamp("us")),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return {"titles_2026-09-28.parquet": out.getvalue()}


def officina_bella_listino() -> Files:
    """Italian workbook: notes on the first sheet, a title and an empty row above the header of the second."""
    rows: list[Row] = [
        {
            "Codice articolo": f"OB-{item.number:04d}",
            "EAN": item.gtin,
            "Descrizione articolo": item.title,
            "Marca": item.brand,
            "Categoria": item.category,
            "Prezzo di listino": float(item.price),
            "Prezzo scontato": float(item.sale_price) if item.sale_price else None,
            "Valuta": "EUR",
            "Giacenza": item.stock,
            "Disponibilità": "disponibile" if item.stock else "esaurito",
            "Peso (kg)": item.weight_g / 1000,
            "Ultima modifica": item.updated.date(),
        }
        for item in draw_items(shops.COOKWARE, 170)
    ]
    rows[22]["Prezzo di listino"] = rows[139]["Prezzo di listino"] = "a richiesta"
    table = [list(rows[0]), *(list(row.values()) for row in rows)]
    sheets = {
        "Note": [["Prezzi validi fino al 31/12/2026"], ["Ordine minimo 150 EUR"]],
        "Listino": [["Officina Bella - Listino prezzi autunno 2026"], [], *table],
    }
    return {"listino_autunno.xlsx": workbook(sheets)}


def nordlicht_audio_preise() -> Files:
    """Swiss prices between bars, with apostrophes; neither a currency nor a unit of weight stands in the file."""
    rows: list[Row] = [
        {
            "Artikelnummer": f"N{item.number:05d}",
            "Hersteller-Artikelnummer": item.model,
            "Artikelbezeichnung": item.title,
            "Hersteller": item.brand,
            "Produktgruppe": item.category,
            "Listenpreis": number(item.price * 10, thousands="'", decimal="."),
            "Händlerpreis": number(item.cost_price * 10, thousands="'", decimal="."),
            "Bestand": item.stock,
            "Lieferstatus": "lagernd" if item.stock else "nachbestellt",
            "Gewicht": item.weight_g * 3,
            "Letzte Änderung": f"{item.updated:%d.%m.%Y %H:%M}",
        }
        for item in draw_items(shops.AUDIO, 440)
    ]
    for position in (7, 333):
        rows[position]["Listenpreis"] = "auf Anfrage"
    rows[200]["Gewicht"] = "ca. 12 kg"
    rows[310]["one cell too many"] = ""
    return {"preise_kw39.txt": delimited(rows, "|").encode()}


def trama_moda_variantes() -> Files:
    """Spanish apparel, a row a variant: the model repeats, the SKU does not; UTF-8 with a byte order mark."""
    rows: list[Row] = []
    for item in draw_items(shops.FASHION, 24):
        for color in ("negro", "arena", "azul marino"):
            for size in ("S", "M", "L", "XL"):
                body = f"21{len(rows):010d}"
                rows.append(
                    {
                        "Código de modelo": f"TM{item.number:03d}",
                        "SKU": f"TM{item.number:03d}-{color[:3].upper()}-{size}",
                        "Código de barras": body + check_digit(body),
                        "Nombre del producto": item.title,
                        "Descripción": item.text,
                        "Marca": item.brand,
                        "Categoría": item.category,
                        "Color": color,
                        "Talla": size,
                        "PVP": number(item.price),
                        "Precio rebajado": number(item.sale_price),
                        "Moneda": "EUR",
                        "Existencias": (item.stock + len(rows) * 7) % 60,
                        "Peso (g)": 150 + item.weight_g % 900,
                        "Estado": "publicado" if item.number % 8 else "borrador",
                    }
                )
    rows[55]["PVP"] = "consultar"
    rows[130]["Código de barras"] = ""
    return {"variantes.csv": delimited(rows, ";").encode("utf-8-sig")}


def fjord_outdoor_catalogue() -> Files:
    """Full deliveries: the second has other prices and stock, new items, and lacks four that are gone."""

    def row(item: Item) -> Row:
        return {
            "sku": f"FO-{item.number:04d}",
            "gtin": item.gtin,
            "name": item.title,
            "description": item.text,
            "brand": item.brand,
            "category": item.category,
            "price": item.price * 10,
            "currency": "NOK",
            "quantity": item.stock,
            "weight_g": item.weight_g,
            "length_cm": item.length_mm / 10,
            "width_cm": item.width_mm / 10,
            "height_cm": item.height_mm / 10,
            "url": f"https://fjord-outdoor.example/{item.number}",
            "updated_at": f"{item.updated:%Y-%m-%d %H:%M:%S}",
        }

    items = draw_items(shops.OUTDOOR, 560)
    first = [row(item) for item in items[:540]]
    for position in (60, 61, 300):
        first[position]["gtin"] = wrong_digit(first[position]["gtin"])
    first[402]["price"] = "-"
    later = [replace(item, price=item.price + Decimal(1)) if item.number % 12 == 0 else item for item in items]
    second = [row(item) for item in later if item.number not in {100, 200, 301, 404}]
    return {
        "catalogue_2026-09-20.csv": delimited(first, ",").encode(),
        "catalogue_2026-09-27.csv": delimited(second, ",").encode(),
    }


def kiosk_import_werte() -> Files:
    """Headers that say nothing over several columns that might be key, title or price: a person must look."""
    rows: list[Row] = [
        {
            "F1": item.number,
            "F2": 9000 - item.number * 3,
            "F3": f"{item.noun} {item.feature}{item.size}",
            "F4": f"{item.brand} {item.category}-{item.number % 7}",
            "F5": number(item.price),
            "F6": number(item.cost_price),
            "F7": number(item.price + item.cost_price),
            "F8": item.stock,
            "F9": item.weight_g,
        }
        for item in draw_items(shops.IMPORTS, 120)
    ]
    return {"werte.csv": delimited(rows, ";").encode()}


FEEDS: dict[str, Callable[[], Files]] = {
    "cargo-media/titles": cargo_media_titles,
    "fietshuis/assortiment": fietshuis_assortiment,
    "fjord-outdoor/catalogue": fjord_outdoor_catalogue,
    "gartenhof/preisliste": gartenhof_preisliste,
    "harbor-supply/catalog": harbor_supply_catalog,
    "kiosk-import/werte": kiosk_import_werte,
    "maison-lumiere/tarif": maison_lumiere_tarif,
    "nordlicht-audio/preise": nordlicht_audio_preise,
    "officina-bella/listino": officina_bella_listino,
    "pixelware/products": pixelware_products,
    "trama-moda/variantes": trama_moda_variantes,
}
