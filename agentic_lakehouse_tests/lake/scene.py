"""A small lake for tests: two shared tables, feeds with a bronze table each, and short words for long deeds."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Audit, CheckResult, Delivery, ModelCall, Proposal, Review
from agentic_lakehouse.contracts.tables import TableColumn, TableSchema
from agentic_lakehouse.lake.branches import Branch
from agentic_lakehouse.lake.lake import Lake
from agentic_lakehouse.lake.view import View

DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ARROW = {"string": pa.string(), "long": pa.int64(), "date": pa.date32(), "decimal(18,4)": pa.decimal128(18, 4)}


def schema(name: str, columns: dict[str, str], *partition_by: str) -> TableSchema:
    return TableSchema(
        name=name, columns=tuple(TableColumn(name=c, type=t) for c, t in columns.items()), partition_by=partition_by
    )


SLICE = {"vendor_name": "string", "source_table": "string"}
CORE = schema("product_core.product", {"sku": "string", "price": "decimal(18,4)", **SLICE}, *SLICE)
ERRORS = schema("product_raw.ingest_errors", {"raw": "string", **SLICE}, *SLICE)


def bronze(feed: Feed, **more: str) -> TableSchema:
    columns = {"artikel": "string", **more, "ingestion_date": "date", "vendor_name": "string"}
    return schema(f"product_raw.{feed.table}", columns, "ingestion_date", "vendor_name")


def slice_of(feed: Feed) -> dict[str, str]:
    return {"vendor_name": feed.vendor, "source_table": feed.table}


def passed(name: str = "rows_add_up", table: str = CORE.name) -> CheckResult:
    return CheckResult(name=name, table=table, severity="ERROR", passed=True)


def proposal(feed: Feed, kind: str = "mapping", **content: Any) -> Proposal:
    content = content or {"columns": "all"}
    return Proposal.model_validate(
        {
            "id": f"{kind}-{sha256_of([str(feed), content])[:12]}",
            "feed": str(feed),
            "kind": kind,
            "status": "proposed",
            "sha256": sha256_of(content),
            "content": content,
            "shape_sha256": "shape",
            "created_at": NOW,
        }
    )


def review(of: Proposal, decision: str = "approved", **changes: Any) -> Review:
    facts = {"proposal_id": of.id, "sha256": of.sha256, "decision": decision, "by": "Mia", "created_at": NOW}
    return Review.model_validate(facts | changes)


def call(**changes: Any) -> ModelCall:
    facts = {
        "id": uuid.uuid4().hex,
        "feed": "acme/prices",
        "run_id": "run-1",
        "prompt": "map_columns",
        "prompt_sha256": "p",
        "request_sha256": "r",
        "rendered_prompt": "Map these columns.",
        "model": "embedded",
        "status": "ok",
        "created_at": NOW,
    }
    return ModelCall.model_validate(facts | changes)


class Scene:
    """A lake in a folder, with its shared tables on main."""

    def __init__(self, folder: Path, catalog_url: str = "") -> None:
        self.folder = folder
        self.catalog_url = catalog_url or f"sqlite:///{folder}/home/catalog.db"
        self.lake = Lake.open(self.catalog_url, str(folder / "home" / "warehouse"))
        self.lake.create_shared([CORE, ERRORS])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lake.close()

    def parquet(self, table: TableSchema, rows: Sequence[dict[str, Any]]) -> Path:
        """Write rows as an engine would, into the staging folder."""
        path = self.folder / f"{uuid.uuid4().hex}.parquet"
        fields = pa.schema([pa.field(c.name, ARROW[c.type]) for c in table.columns])
        pq.write_table(pa.Table.from_pylist(list(rows), schema=fields), path)
        return path

    def core_rows(self, feed: Feed, *skus: str) -> Path:
        return self.parquet(CORE, [{"sku": s, "price": Decimal("1.2500"), **slice_of(feed)} for s in skus])

    def bronze_rows(self, feed: Feed, *items: str) -> Path:
        rows = [{"artikel": i, "ingestion_date": DAY, "vendor_name": feed.vendor} for i in items]
        return self.parquet(bronze(feed), rows)

    def begin(self, feed: Feed, run_id: str = "run-1", *, lease_seconds: int = 600) -> Branch:
        return self.lake.begin(feed, run_id, lease_seconds=lease_seconds)

    def deliver(self, feed: Feed, content: str = "A", *, path: str = "prices.csv") -> Delivery:
        """Register a delivery, and say that it was loaded."""
        delivery = self.lake.ledger.register(
            feed,
            path=f"{feed}/{path}",
            sha256=sha256_of(content),
            byte_size=len(content),
            mtime_ns=1,
            raw_uri=f"raw/{content}",
            ingestion_date=DAY,
        )
        return self.lake.ledger.loaded(feed, delivery.delivery_id, rows_in=1)

    def write(self, branch: Branch, *skus: str) -> None:
        """Do what a run does: some bronze rows, no errors, and a new slice of core."""
        branch.ensure_table(bronze(branch.feed))
        branch.append(bronze(branch.feed).name, [self.bronze_rows(branch.feed, *skus)])
        branch.append(ERRORS.name, [self.parquet(ERRORS, [])])
        branch.replace_slice(CORE.name, slice_of(branch.feed), [self.core_rows(branch.feed, *skus)])

    def approve(self, feed: Feed, **content: Any) -> Proposal:
        """Propose a mapping and let a person approve it, unless it is in force already."""
        standing = self.lake.governance.propose(proposal(feed, **content))
        return standing if standing.status != "proposed" else self.lake.governance.decide(review(standing))

    def audit(self, branch: Branch, stage: str, *results: CheckResult, **changes: Any) -> None:
        """Record an audit of the branch as it stands."""
        pointers = branch.changed_pointers()
        if stage == "bronze":
            pointers = {t: p for t, p in pointers.items() if t.startswith("product_raw.")}
        facts = {
            "feed": str(branch.feed),
            "run_id": branch.run_id,
            "stage": stage,
            "pointers": pointers,
            "results": results or (passed(),),
            "created_at": NOW,
        }
        self.lake.governance.record_audit(Audit.model_validate(facts | changes))

    def audited(self, branch: Branch, mapping: Proposal) -> None:
        """Record passing audits of both stages."""
        self.audit(branch, "bronze")
        self.audit(branch, "staged", mapping_sha256=mapping.sha256, fold_sha256=f"fold of {mapping.id}")

    def publish(self, branch: Branch, *deliveries: Delivery, message: str = "publish") -> str:
        ids = [d.delivery_id for d in deliveries]
        return self.lake.publish(branch, author=f"run:{branch.run_id}", message=message, deliveries=ids)

    def run(self, feed: Feed, *skus: str, run_id: str = "run-1") -> str:
        """Take a feed all the way: new rows, audits, approval, publish. Returns the commit's id."""
        branch = self.begin(feed, run_id)
        self.write(branch, *skus)
        self.audited(branch, self.approve(feed))
        return self.publish(branch)

    def skus(self, view: View | None = None, **partition: str) -> list[str]:
        """Read the SKUs of core, sorted."""
        view = view or self.lake.view()
        files = view.local_files(CORE.name, self.folder, **partition)
        return sorted(str(s) for file in files for s in pq.read_table(file, columns=["sku"])["sku"].to_pylist())
