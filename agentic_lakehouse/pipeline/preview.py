"""Describe, read or map a single file, wherever it lies, writing nothing to the lake."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import bronze_table, ingest_errors_table
from agentic_lakehouse.engines.base import Lineage, Loaded, Relation
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.pipeline.describe import describe, profile_file
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.map import ask_mapping
from agentic_lakehouse.pipeline.retest import retested, with_new_columns

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Answer


def feed_of(path: Path, *, vendor: str | None = None, feed: str | None = None) -> Feed:
    """Name the feed of a loose file: as told, else by its two folders, else by its name."""

    def identifier(text: str) -> str:
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:48] or "file"

    parents = [p.name for p in path.resolve().parents]
    return Feed(
        vendor or identifier(parents[1] if len(parents) > 1 else ""), feed or identifier(parents[0] or path.stem)
    )


class Preview:
    """One file, measured once."""

    def __init__(self, lakehouse: Lakehouse, path: Path, feed: Feed) -> None:
        """Take a local file.

        Raises:
            FeedUnreadable: there is no such file.
        """
        if not path.is_file():
            why = "is no regular file" if path.exists() else "there is no such file"
            raise FeedUnreadable(f"{path}: {why}.", hint="Check the path.", file=str(path))
        self.lakehouse = lakehouse
        self.path = path
        self.feed = feed
        self.facts = lakehouse.facts(feed)
        self.brain = lakehouse.trial_brain()
        self._is_sample = False

    def profile(self) -> FeedProfile:
        """Measure the file.

        Raises:
            FeedUnreadable: it is empty, truncated, binary or of an unknown kind.
        """
        measured = profile_file(self.path, name=self.path.name, facts=self.facts)
        self._is_sample = measured.is_sample
        return measured

    def sha256(self) -> str:
        """Hash the file."""
        with self.path.open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest()

    def spec(self, measured: FeedProfile) -> Answer[FeedSpec]:
        """Ask what the file is."""
        return describe(measured, feed=self.feed, facts=self.facts, brain=self.brain, run_id="preview")

    def load(self, spec: FeedSpec, scratch: Path) -> Loaded:
        """Type the file's rows by `spec` into `scratch`.

        Where the spec was made on a sample, and the whole file refutes it, by the mended one.
        """
        loaded = self._load(spec, scratch)
        if not self._is_sample:
            return loaded
        table, share = bronze_table(self.lakehouse.standard, spec), self.lakehouse.policy.max_error_share
        mended = retested(spec, loaded, table=table, engine=self.lakehouse.engine, key_share=share)
        mended = with_new_columns(mended, loaded)
        return loaded if mended == spec else self._load(mended, scratch)

    def _load(self, spec: FeedSpec, scratch: Path) -> Loaded:
        standard = self.lakehouse.standard
        return self.lakehouse.engine.load(
            self.path,
            spec,
            good=bronze_table(standard, spec),
            bad=ingest_errors_table(standard),
            lineage=Lineage(
                delivery_id="preview",
                file=self.path.name,
                run_id="preview",
                ingestion_date=datetime.now(UTC).date(),
                ingested_at=datetime.now(UTC),
            ),
            staging=scratch,
        )

    def map(self, measured: FeedProfile, spec: FeedSpec, standard: ProductStandard) -> Answer[Mapping]:
        """Ask how the file maps onto `standard`; the answer has run on the file's first rows."""
        with self.lakehouse.staging() as scratch:
            loaded = self.load(spec, scratch)
            types = bronze_table(self.lakehouse.standard, spec).types
            bronze = Relation(files=[file.path for file in loaded.good], types=types)
            with self.lakehouse.dry_run(spec, bronze, scratch, standard=standard) as trial:
                answer, _ = ask_mapping(
                    measured,
                    spec,
                    standard=standard,
                    facts=self.facts,
                    policy=self.lakehouse.policy.approval,
                    brain=self.brain,
                    dry_run=trial,
                    run_id="preview",
                )
            return answer
