"""Invented products for the sample landing zone: words of eleven shops, and items drawn from them by seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product


@dataclass(frozen=True)
class Shop:
    """The words from which a shop's items are made; titles are `<noun> <feature> <size>`."""

    name: str
    brands: tuple[str, ...]
    nouns: dict[str, tuple[str, ...]]
    """Category to the things in it."""
    features: tuple[str, ...]
    sizes: tuple[str, ...]
    sentences: tuple[str, ...]
    gtin_prefix: str = "20"
    """GS1 prefixes 20 to 29 are for restricted circulation, so that no real product has these numbers."""


@dataclass(frozen=True)
class Item:
    """One product of a shop, before a feed writes it down in its own way."""

    number: int
    title: str
    noun: str
    feature: str
    size: str
    brand: str
    category: str
    text: str
    gtin: str
    model: str
    price: Decimal
    sale_price: Decimal | None
    cost_price: Decimal
    stock: int
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    updated: datetime


def check_digit(digits: str) -> str:
    """Return the GS1 mod-10 check digit: weights 3 and 1 in turn, from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def draw_items(shop: Shop, count: int, *, digits: int = 13) -> list[Item]:
    """Return `count` items with distinct titles; the same ones on every call.

    Args:
        shop: words to draw from.
        count: number of items.
        digits: length of their GTINs.
    """
    rng = random.Random(shop.name)  # noqa: S311 - reproducible samples, not secrets
    things = [(category, noun) for category, nouns in shop.nouns.items() for noun in nouns]
    names = list(product(things, shop.features, shop.sizes))
    rng.shuffle(names)
    items = []
    for position, ((category, noun), feature, size) in enumerate(names[:count]):
        price = Decimal(rng.randrange(2, 60) ** 2 * 10 + 99) / 100
        free = digits - 1 - len(shop.gtin_prefix) - 4
        body = f"{shop.gtin_prefix}{rng.randrange(10**free):0{free}d}{position:04d}"
        items.append(
            Item(
                number=position + 1,
                title=f"{noun} {feature} {size}".strip(),
                noun=noun,
                feature=feature,
                size=size,
                brand=rng.choice(shop.brands),
                category=category,
                text=rng.choice(shop.sentences),
                gtin=body + check_digit(body),
                model=f"{noun[:2].upper()}{rng.randrange(100, 1000)}-{rng.randrange(10, 100)}",
                price=price,
                sale_price=(price * rng.choice((70, 80, 85, 90)) / 100).quantize(Decimal("0.01"))
                if rng.random() < 0.15
                else None,
                cost_price=(price * rng.randrange(45, 75) / 100).quantize(Decimal("0.01")),
                stock=rng.choice((0, 0, rng.randrange(1, 10), rng.randrange(10, 250))),
                weight_g=rng.randrange(40, 9000),
                length_mm=rng.randrange(60, 900),
                width_mm=rng.randrange(40, 500),
                height_mm=rng.randrange(10, 400),
                updated=datetime(2026, 8, 1) + timedelta(minutes=rng.randrange(60 * 24 * 55)),  # noqa: DTZ001 - a vendor's clock
            )
        )
    return items


GARDEN = Shop(
    name="gartenhof",
    brands=("Grünwerk", "Falkenau", "Hortus", "Kressmann", "Bergquell"),
    nouns={
        "Garten > Bewässerung": ("Gartenschlauch", "Schlauchwagen", "Regner", "Gießkanne"),
        "Garten > Schneiden": ("Gartenschere", "Astschere", "Heckenschere", "Rasenmäher"),
        "Garten > Boden": ("Spaten", "Harke", "Kultivator", "Schubkarre"),
        "Garten > Möbel": ("Gartenbank", "Sonnenliege", "Beistelltisch"),
    },
    features=("Classic", "Komfort", "Profi", "Leicht", "Plus", "Öko"),
    sizes=("Größe S", "Größe M", "Größe L", "XL", "2er-Set"),
    sentences=(
        "Robuste Ausführung für den täglichen Einsatz im Garten; frostsicher und leicht zu reinigen.",
        "Aus nachwachsenden Rohstoffen gefertigt. Für Hobby und Beruf geeignet.",
        "Ergonomischer Griff, wetterfest beschichtet. Fünf Jahre Garantie ab Kaufdatum.",
    ),
)
TOOLS = Shop(
    name="harbor-supply",
    brands=("Ironcrest", "Tidewell", "Baxter & Rowe", "Keel", "Northmark"),
    nouns={
        "Hand Tools": ("Claw Hammer", "Torque Wrench", "Utility Knife", "Socket Set"),
        "Power Tools": ("Cordless Drill", "Orbital Sander", "Circular Saw", "Impact Driver"),
        "Marine Hardware": ("Dock Cleat", "Anchor Shackle", "Bilge Pump", "Mooring Line"),
        "Safety": ("Work Gloves", "Safety Goggles", "Ear Defenders"),
    },
    features=("Standard", "Heavy-Duty", "Compact", "Marine-Grade", "Series II"),
    sizes=('1/2"', '3/4"', "10 ft", "Large", "2-Pack", "Kit"),
    sentences=(
        "Built for daily use, on shore or at sea.\nLimited lifetime warranty.",
        "Corrosion resistant, with a non-slip grip; tested in salt spray.",
        "A dependable tool for the trade, supplied with a case and a manual.",
    ),
    gtin_prefix="2",
)
LIGHTING = Shop(
    name="maison-lumiere",
    brands=("Lucéa", "Atelier Rivoire", "Clairval", "Ombre & Fils"),
    nouns={
        "Luminaires > Suspensions": ("Suspension", "Lustre", "Plafonnier"),
        "Luminaires > Lampes": ("Lampe de table", "Lampadaire", "Liseuse"),
        "Luminaires > Extérieur": ("Applique murale", "Borne", "Guirlande"),
    },
    features=("Éclat", "Brume", "Forêt", "Côte d'Azur", "Hiver", "Étoile"),
    sizes=("petit modèle", "grand modèle", "laiton", "noir mat", "verre soufflé"),
    sentences=(
        "Fabriqué à la main dans notre atelier ; douille E27, ampoule non fournie.",
        "Une lumière douce et chaleureuse pour le salon ou la chambre.",
        "Finition soignée, câble textile de deux mètres, garantie deux ans.",
    ),
)
GADGETS = Shop(
    name="pixelware",
    brands=("Quanta", "Mobix", "Hexel", "Arcwave"),
    nouns={
        "electronics/audio": ("Wireless Earbuds", "Bluetooth Speaker", "Studio Headphones"),
        "electronics/computing": ("USB-C Hub", "Mechanical Keyboard", "Portable SSD", "Webcam"),
        "electronics/home": ("Smart Plug", "Motion Sensor", "Video Doorbell"),
    },
    features=("One", "Pro", "Air", "Lite", "Max"),
    sizes=("black", "white", "graphite", "sand", "blue"),
    sentences=(
        "Pairs in seconds and lasts all day.",
        "Designed for desks and for backpacks alike.",
        "Works with every major assistant; firmware updates for five years.",
    ),
)
CYCLES = Shop(
    name="fietshuis",
    brands=("Zeewind", "Polderman", "Rijwiel & Co", "Dijkstra"),
    nouns={
        "Fietsen > Onderdelen": ("Zadel", "Ketting", "Remblokset", "Pedalen"),
        "Fietsen > Accessoires": ("Fietstas", "Fietsbel", "Koplamp", "Slot"),
        "Fietsen > Kleding": ("Regenjas", "Handschoenen", "Helm"),
    },
    features=("Stad", "Tour", "Sport", "Kind"),
    sizes=("zwart", "rood", "blauw", "maat M", "maat L"),
    sentences=(
        "Stevig en waterdicht, ook voor dagelijks woon-werkverkeer.",
        "Past op vrijwel alle fietsen; inclusief bevestigingsmateriaal.",
        "Licht van gewicht en eenvoudig te monteren.",
    ),
)
BOOKS = Shop(
    name="cargo-media",
    brands=("Larkspur Press", "Tern House", "Oxbow & Vale", "Midnight Quarto"),
    nouns={
        "Books > Travel": ("A Walk through", "The Harbours of", "Railways of"),
        "Books > Cooking": ("The Kitchens of", "Bread from", "Markets of"),
        "Books > History": ("A Short History of", "Letters from", "The Makers of"),
    },
    features=("the Northern Isles", "Lisbon", "the Baltic", "Old Bristol", "the High Fens", "Samarkand"),
    sizes=("(Hardcover)", "(Paperback)", "(Large Print)", "(Second Edition)", "(Illustrated)"),
    sentences=(
        "A generous, well-researched account with maps and an index.",
        "Illustrated throughout with the author's own photographs.",
        "Updated with a new foreword.",
    ),
    gtin_prefix="97",
)
COOKWARE = Shop(
    name="officina-bella",
    brands=("Bellafonte", "Rame Antico", "Casa Noventa"),
    nouns={
        "Cucina > Pentole": ("Casseruola", "Padella", "Tegame", "Bollitore"),
        "Cucina > Utensili": ("Mestolo", "Coltello da chef", "Grattugia"),
        "Cucina > Caffè": ("Caffettiera", "Macinacaffè"),
    },
    features=("Classica", "Rustica", "Moderna", "Professionale"),
    sizes=("18 cm", "24 cm", "28 cm", "in rame", "in acciaio"),
    sentences=(
        "Lavorazione artigianale italiana, adatta a tutti i piani cottura.",
        "Materiale di prima scelta, lavabile in lavastoviglie.",
        "Un classico della cucina di casa, con manico ergonomico.",
    ),
)
AUDIO = Shop(
    name="nordlicht-audio",
    brands=("Nordlicht", "Klangwerk", "Tonhalle", "Resona"),
    nouns={
        "HiFi": ("Vollverstärker", "Plattenspieler", "CD-Spieler", "Netzwerkplayer"),
        "Lautsprecher": ("Standlautsprecher", "Regallautsprecher", "Subwoofer", "Soundbar"),
        "Zubehör": ("Lautsprecherkabel", "Tonabnehmer", "Kopfhörerverstärker"),
    },
    features=("100", "200", "300", "Signature", "Reference", "Studio"),
    sizes=("schwarz", "silber", "nussbaum", "weiss", "eiche", "MkII", "Jubiläum"),
    sentences=("Handgefertigt in kleiner Serie.", "Warmer, räumlicher Klang.", "Mit drei Jahren Garantie."),
)
FASHION = Shop(
    name="trama-moda",
    brands=("Trama", "Olivar", "Marisol", "Costa Brava Denim"),
    nouns={
        "Mujer > Vestidos": ("Vestido", "Falda"),
        "Hombre > Camisas": ("Camisa", "Polo"),
        "Unisex > Punto": ("Jersey", "Bufanda"),
    },
    features=("Alba", "Sierra", "Mar", "Luna"),
    sizes=("",),
    sentences=(
        "Algodón orgánico con certificado, tacto suave.",
        "Corte recto y costuras reforzadas.",
        "Tejido en España con hilo reciclado.",
    ),
)
OUTDOOR = Shop(
    name="fjord-outdoor",
    brands=("Skarvheim", "Tindra", "Vidda", "Fjord Basics"),
    nouns={
        "Camping > Tents": ("Tunnel Tent", "Dome Tent", "Tarp"),
        "Camping > Sleeping": ("Sleeping Bag", "Sleeping Mat", "Hammock"),
        "Hiking > Packs": ("Daypack", "Trekking Pack", "Dry Bag"),
        "Hiking > Clothing": ("Shell Jacket", "Fleece", "Merino Base Layer", "Hiking Trousers"),
    },
    features=("Aurora", "Glacier", "Ridge", "Tundra", "Fell", "Boreal"),
    sizes=("small", "medium", "large", "moss green", "rust", "slate", "long", "wide"),
    sentences=(
        "Packs small and keeps the weather out.",
        "Recycled ripstop, taped seams, repairable hardware.",
        "Warm when wet and quick to dry.",
    ),
)
IMPORTS = Shop(
    name="kiosk-import",
    brands=("Basar", "Kontur"),
    nouns={"11": ("Posten", "Sortiment", "Charge"), "12": ("Partie", "Gebinde", "Restposten")},
    features=("A", "B", "C", "D"),
    sizes=("1", "2", "3", "4", "5"),
    sentences=("siehe Liste", "Rest", "gemischt"),
)
