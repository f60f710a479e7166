"""A German semicolon price list of any length: decimal commas, dates d.m.Y, GTINs, a few faults."""

from __future__ import annotations

import random
from pathlib import Path

HEADER = "Artikelnummer;Bezeichnung;EAN;Preis;Bestand;Geändert am\n"
FAULTS = 1_000
"""One row in this many has a price that is none; one other has a GTIN with a wrong check digit."""


def write(path: Path, rows: int, *, seed: int = 7) -> None:
    """Write `rows` rows to `path`, the same bytes for the same seed."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(HEADER)
        for n in range(rows):
            price = "auf Anfrage" if n % FAULTS == 17 else f"{chance.randrange(1, 5_000)},{chance.randrange(100):02d}"
            digits = f"400{n:09d}"
            check = (10 - sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10) % 10
            gtin = f"{digits}{(check + (n % FAULTS == 23)) % 10}"
            day = f"{chance.randrange(1, 29):02d}.{chance.randrange(1, 13):02d}.2026"
            out.write(f'A{n:08d};"Ringordner; {n % 97} mm";{gtin};{price};{chance.randrange(900)};{day}\n')
