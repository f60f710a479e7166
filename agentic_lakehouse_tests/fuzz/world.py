"""The real thing that is compared with the model: a lakehouse on files and a catalog database of its own."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat
from agentic_lakehouse.contracts.governed import Proposal, ProposalKind, Review
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.tables import bronze_name, ingest_errors_table, mapping_errors_table
from agentic_lakehouse.lake.catalog import names, pointers
from agentic_lakehouse.lake.rows import BRANCHES
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import slice_of
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.settings import Settings
from agentic_lakehouse_tests.fuzz.model import Row

FIXTURES = Path(__file__).parents[1] / "fixtures"
FEEDS = (Feed("acme", "prices"), Feed("kontor", "liste"))
MAPPINGS = {
    "plain": ("titel", "preis"),
    "double": ("titel", "preis * 2"),
    "loud": ("upper(titel)", "preis"),
}
SPECS = {"strict": (), "lenient": ("auf Anfrage",)}
"""Words that mean "no price", by the name of a spec."""
STEPS = ("receive", "describe", "ingest", "audit bronze", "map", "conform", "audit staged", "publish")


def settings_in(root: Path) -> Settings:
    """Return the settings of a lakehouse below `root`."""
    return Settings(
        _env_file=None,
        home=root / "home",
        landing=str(root / "landing"),
        vendors=root / "vendors",
        standard=FIXTURES / "shop_item.odcs.yaml",
        policy=FIXTURES / "trusting.policy.yaml",
    )


class World:
    """A lakehouse below one folder: locations in a lake are absolute, so a copy of it must come back there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = 1_700_000_000
        self.house = Lakehouse(settings_in(root))

    @classmethod
    def begin(cls, root: Path) -> World:
        """Give a lakehouse in which both feeds' spec and mapping are approved and nothing was delivered."""
        template = root.with_name(f"{root.name}.template")
        if not template.exists():
            for name in ("landing", "vendors"):
                (root / name).mkdir(parents=True)
            world = cls(root)
            for feed in FEEDS:
                world.approve_spec(feed, "strict")
                world.approve_mapping(feed, "plain")
            world.close()
            shutil.copytree(root, template)
        shutil.rmtree(root)
        shutil.copytree(template, root)
        return cls(root)

    def close(self) -> None:
        """Close the catalog database."""
        self.house.lake.close()

    def drop(self, feed: Feed, path: str, rows: tuple[Row, ...]) -> int:
        """Put a file into the landing zone and return its time."""
        self.clock += 1
        file = self.root / "landing" / feed.vendor / feed.name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(["sku;titel;preis", *(";".join(row) for row in rows)]) + "\n", encoding="utf-8")
        os.utime(file, (self.clock, self.clock))
        return self.clock

    def deliver_whole(self, feed: Feed, *, full: bool) -> None:
        """Say whether the vendor's deliveries hold everything."""
        facts = self.root / "vendors" / f"{feed.vendor}.yaml"
        facts.write_text(f"delivery: {'full' if full else 'delta'}\n", encoding="utf-8")

    def approve_spec(self, feed: Feed, name: str) -> None:
        """Let a person approve one of the specs."""
        self.approve(feed, "spec", _spec(feed, SPECS[name]))

    def approve_mapping(self, feed: Feed, name: str) -> None:
        """Let a person approve one of the mappings."""
        title, price = MAPPINGS[name]
        lines = {"sku": ("sku", "sku"), "title": ("titel", title), "price": ("preis", price)}
        mapping = Mapping(
            feed=str(feed),
            standard=self.house.standard.label,
            columns=tuple(
                ColumnMapping(target=target, sources=(source,), expression=expression, confidence=1.0)
                for target, (source, expression) in lines.items()
            ),
        )
        self.approve(feed, "mapping", mapping)

    def approve(self, feed: Feed, kind: ProposalKind, contract: FeedSpec | Mapping) -> None:
        """File a proposal and approve it."""
        spec = contract if isinstance(contract, FeedSpec) else _spec(feed)
        proposal = self.house.lake.governance.propose(
            Proposal(
                id=f"{kind}-{sha256_of([str(feed), contract.sha256])[:12]}",
                feed=str(feed),
                kind=kind,
                status="proposed",
                sha256=contract.sha256,
                content=contract.model_dump(mode="json"),
                shape_sha256=spec.shape_sha256,
                standard_sha256=self.house.standard.sha256 if kind == "mapping" else "",
                created_at=datetime.now(UTC),
            )
        )
        review = Review(
            proposal_id=proposal.id, sha256=proposal.sha256, decision="approved", by="mia", created_at=datetime.now(UTC)
        )
        self.house.lake.governance.decide(review)

    def age_files(self) -> None:
        """Let every file of the warehouse be old enough for maintenance to remove."""
        for file in (self.root / "home" / "warehouse").rglob("*"):
            if file.is_file():
                os.utime(file, (self.clock, self.clock))

    def let_holder_die(self, feed: Feed) -> None:
        """Make the run that holds the feed's branch one of a process that has ended."""
        with self.house.lake._database.write() as connection:
            row = connection.execute(sa.select(BRANCHES.c.holder).where(BRANCHES.c.feed == str(feed))).first()
            if row is not None:
                dead = {**row.holder, "started": "0"}
                connection.execute(BRANCHES.update().where(BRANCHES.c.feed == str(feed)).values(holder=dead))

    def bronze(self, feed: Feed) -> Counter[Any]:
        """Read the feed's bronze rows on main."""
        table = bronze_name(self.house.standard, _spec(feed))
        if not self.house.lake.view().exists(table):
            return Counter()
        return self._read(table, ("sku", "titel", "preis"), {})

    def core(self, feed: Feed) -> Counter[Any]:
        """Read the feed's slice of core on main."""
        found = self._read(self.house.standard.name, ("sku", "title", "price"), slice_of(feed))
        return Counter({(*values, *place): n for (*place, a, b, c), n in found.items() for values in [(a, b, c)]})

    def ingest_errors(self, feed: Feed) -> Counter[Any]:
        """Read where the feed's rows stand that did not fit their spec, and what became of them."""
        return self._read(ingest_errors_table(self.house.standard).name, ("status",), slice_of(feed))

    def mapping_errors(self, feed: Feed) -> Counter[Any]:
        """Read where the feed's rows stand that broke a rule, and which."""
        return self._read(mapping_errors_table(self.house.standard).name, ("rule",), slice_of(feed))

    def ledger(self, feed: Feed) -> list[tuple[str, str, bool, bool]]:
        """Read path, status and whether it, or its bad rows, are to be done again, of each delivery in order."""
        found = self.house.lake.ledger.deliveries(feed)
        return [(d.path.rpartition("/")[2], d.status, d.redo, d.replay) for d in found]

    def specs(self, feed: Feed) -> list[str]:
        """Read the name of the spec that each delivery is read under, in order; empty where it has none yet."""
        lake = self.house.lake
        known = {p.sha256: p.content for p in lake.governance.proposals(feed, kind="spec")}
        names = {tokens: name for name, tokens in SPECS.items()}
        return [
            names[tuple(known[d.spec_sha256]["columns"][2]["null_tokens"])] if d.spec_sha256 else ""
            for d in lake.ledger.deliveries(feed)
        ]

    def dangling(self) -> list[str]:
        """Return what a catalog, main's or a branch's, points at and is not there."""
        lake = self.house.lake
        with lake._database.read() as connection:
            catalogs = {name: pointers(connection, name) for name in names(connection)}
        return [
            f"{name}: {table}: {file}"
            for name, tables in catalogs.items()
            for table, location in tables.items()
            for file in [location, *View({table: location}, lake._warehouse).files(table)]
            if not Path(file).exists()
        ]

    def _read(self, table: str, columns: tuple[str, ...], slice_: dict[str, str]) -> Counter[Any]:
        rows = self._rows(table, ["_delivery_id", "_row_number", *columns], slice_)
        return Counter((int(i.partition("-")[0]), n, *(v or "" for v in values)) for i, n, *values in rows)

    def _rows(self, table: str, columns: list[str], slice_: dict[str, str]) -> Iterator[tuple[Any, ...]]:
        for file in self.house.lake.view().files(table, **slice_):
            found = pq.ParquetFile(file).read(columns=columns)
            yield from zip(*(found[name].to_pylist() for name in columns), strict=True)


def _spec(feed: Feed, no_price: tuple[str, ...] = ()) -> FeedSpec:
    return FeedSpec(
        vendor_name=feed.vendor,
        table_name=feed.name,
        format=FileFormat(kind="csv", encoding="utf-8", delimiter=";", header_row=1),
        columns=(
            ColumnSpec(source_name="sku", name="sku", type="string"),
            ColumnSpec(source_name="titel", name="titel", type="string"),
            ColumnSpec(source_name="preis", name="preis", type="decimal", format="1.234,56", null_tokens=no_price),
        ),
    )


def step(house: Lakehouse, feed: Feed, run_id: str, name: str) -> bool:
    """Do one step as a run; return whether the run goes on after it."""
    if name == "receive":
        return house.receive(feed, run_id).has_work
    if name == "describe":
        house.describe(feed, run_id)
    elif name == "ingest":
        house.ingest(feed, run_id)
    elif name == "map":
        return house.map(feed, run_id).may_run
    elif name == "conform":
        return house.conform(feed, run_id) is not None
    elif name == "publish":
        house.publish(feed, run_id)
    else:
        return not house.audit(feed, run_id, "bronze" if name == "audit bronze" else "staged").failed
    return True


def walk(house: Lakehouse, feed: Feed, run_id: str, steps: tuple[str, ...] = STEPS) -> None:
    """Do steps as one run, in their order, as far as it goes."""
    for name in steps:
        if not step(house, feed, run_id, name):
            return
