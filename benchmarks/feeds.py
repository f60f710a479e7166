"""`python -m benchmarks feeds`: many feeds with several deliveries each, through the whole graph.

Vendors are generated: they share a trade's vocabulary, with headers, order and columns of their own, so that each is
mapped anew. One process runs one feed after the other, as `lakehouse run` does, and each run is a Dagster run in the
home's history. The cost of a feed is told in CPU seconds, which the machine's other work does not change, and in
seconds. It is flat where the last feeds of a round cost what the first ones did.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import FeedRun
from agentic_lakehouse.orchestration.instance import open_instance
from agentic_lakehouse.orchestration.killed import end_killed
from agentic_lakehouse.orchestration.run import FeedRunner
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.states import states
from agentic_lakehouse.settings import Settings
from benchmarks.report import machine, table

HEADERS = {
    "source_product_id": ["Artikelnummer", "sku", "Item no", "Référence", "Codice articolo"],
    "title": ["Bezeichnung", "title", "Product name", "Titre", "Titolo"],
    "price": ["Preis", "price", "Unit price", "Prix", "Prezzo"],
    "brand": ["Marke", "brand", "Manufacturer", "Marque", "Marca"],
    "gtin": ["EAN", "gtin", "Barcode", "Code EAN", "EAN 13"],
}
"""What the vendors of five languages call the same columns."""
SLICE = 20
"""Feeds at the beginning and at the end of a round whose medians are compared."""


@dataclass(frozen=True)
class Cost:
    """What one run of one feed took."""

    cpu: float
    """Seconds of CPU of this process, all threads."""
    seconds: float


def ean(number: int) -> str:
    """Return a valid EAN-13."""
    digits = f"{400000000000 + number:012d}"
    total = sum(int(d) * (3 if place % 2 else 1) for place, d in enumerate(digits))
    return f"{digits}{-total % 10}"


def price_list(vendor: int, delivery: int, rows: int) -> str:
    """Write a delivery of a vendor: most articles again, dearer, and some that are new."""
    pick = random.Random(vendor)
    names = {target: pick.choice(words) for target, words in HEADERS.items()}
    order = pick.sample(list(names), len(names))
    lines = [";".join([*(names[target] for target in order), f"Feld {vendor}"])]
    for n in range(delivery * rows // 10, rows + delivery * rows // 10):
        row = {
            "source_product_id": f"V{vendor:03}-{n:05}",
            "title": f"{pick.choice(['Ordner', 'Locher', 'Hefter'])} {n}",
            "price": f"{n % 90 + 1 + delivery},{n % 100:02}",
            "brand": pick.choice(["Leitz", "Esselte", "Rexel"]),
            "gtin": ean(vendor * 100_000 + n),
        }
        lines.append(";".join([*(row[target] for target in order), f"x{n % 7}"]))
    return "\n".join(lines) + "\n"


def deliver(root: Path, feed: Feed, vendor: int, delivery: int, rows: int) -> None:
    """Drop a delivery into the landing zone."""
    folder = root / "landing" / feed.vendor / feed.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{delivery}.csv").write_text(price_list(vendor, delivery, rows), encoding="utf-8")
    (root / "vendors" / f"{feed.vendor}.yaml").write_text("country: DE\nlocale: de_DE\ncurrency: EUR\n")


def round_of(runner: FeedRunner, found: Sequence[Feed], results: list[FeedRun]) -> list[Cost]:
    """Run feeds one after the other and return what each took."""
    costs = []
    for number, feed in enumerate(found, 1):
        cpu, wall = time.process_time(), time.perf_counter()
        results.append(runner(feed))
        costs.append(Cost(time.process_time() - cpu, time.perf_counter() - wall))
        if number % SLICE == 0:
            print(f"  {number} feeds, {costs[-1].seconds:.1f} s the last", file=sys.stderr, flush=True)
    return costs


def main(arguments: Sequence[str] = ()) -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks feeds", description=__doc__)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--deliveries", type=int, default=3)
    parser.add_argument("--rows", type=int, default=200, help="rows of a delivery")
    parser.add_argument("--markdown", action="store_true")
    chosen = parser.parse_args(arguments)
    found = [Feed(f"v{number:03}", "goods") for number in range(chosen.feeds)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "vendors").mkdir()
        settings = Settings(_env_file=None, home=root / "home", landing=str(root / "landing"), vendors=root / "vendors")
        with open_instance(settings) as instance:
            end_killed(instance)
            runner, results = FeedRunner(settings, instance), list[FeedRun]()
            for delivery in range(chosen.deliveries):
                for vendor, feed in enumerate(found):
                    deliver(root, feed, vendor, delivery, chosen.rows)
                costs = round_of(runner, found, results)
                rows.append(_row(f"delivery {delivery + 1}", costs))
        house = Lakehouse(settings)
        look = time.process_time()
        standing = states(house)
        look = time.process_time() - look
        published = house.query("SELECT count(*) AS n, count(DISTINCT vendor_name) AS v FROM product_core.product")
        size = (root / "home" / "catalog.db").stat().st_size / 2**20
    header = ("", f"first {SLICE}: CPU s", f"last {SLICE}: CPU s", "last / first", "median s", "all, s")
    table(header, rows, markdown=chosen.markdown)
    ends = {status: sum(r.status == status for r in results) for status in sorted({r.status for r in results})}
    [told] = published.to_pylist()
    print(f"{len(results)} runs: {ends}; {told['n']} rows of {told['v']} vendors in core; catalog {size:.0f} MB;")
    print(f"status of {len(standing)} feeds in {look:.2f} CPU s.")
    print(machine())


def _row(name: str, costs: Sequence[Cost]) -> tuple[str, ...]:
    first, last = (median(c.cpu for c in part) for part in (costs[:SLICE], costs[-SLICE:]))
    seconds = [c.seconds for c in costs]
    return (name, f"{first:.2f}", f"{last:.2f}", f"{last / first:.2f}", f"{median(seconds):.2f}", f"{sum(seconds):.0f}")
