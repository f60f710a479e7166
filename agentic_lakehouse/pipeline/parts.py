"""The lakehouse's parts, opened from settings when they are first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.base import sha256_of
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.files import load_policy, load_vendor
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.rule_files import load_rule_files
from agentic_lakehouse.contracts.rule_set import RuleSet
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import TableSchema, core_table, ingest_errors_table, mapping_errors_table
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.pipeline.staging import staging
from agentic_lakehouse.settings import Settings, load_settings

if TYPE_CHECKING:
    import duckdb

    from agentic_lakehouse.brain.brain import Brain, Journal
    from agentic_lakehouse.engines.base import Engine
    from agentic_lakehouse.feeds.landing import LandingZone
    from agentic_lakehouse.lake.glance import Glance
    from agentic_lakehouse.lake.lake import Lake

Connect = Callable[[], AbstractContextManager["duckdb.DuckDBPyConnection"]]

RAW = "_raw"
"""Name of the folder of kept bytes in the warehouse; no namespace begins with `_`."""


class Parts:
    """Settings and what they name. Nothing is opened before it is used."""

    def __init__(self, settings: Settings | None = None, *, connect: Connect | None = None) -> None:
        """Take settings.

        Args:
            settings: read from the environment where not given.
            connect: gives DuckDB connections, where somebody else (Dagster's resource) manages them.
        """
        self.settings = settings or load_settings()
        self._connect = connect
        self._profiles: dict[str, FeedProfile] = {}
        self._bound: set[tuple[str, tuple[tuple[str, str], ...]]] = set()

    @cached_property
    def standard(self) -> ProductStandard:
        """The canonical model in force."""
        return load_standard(self.settings.standard)

    @cached_property
    def policy(self) -> Policy:
        """The trust profile in force."""
        return load_policy(self.settings.policy)

    @cached_property
    def zone(self) -> LandingZone:
        """Where vendors drop their files."""
        from agentic_lakehouse.feeds.landing import LandingZone

        return LandingZone(self.settings.landing)

    @cached_property
    def bare_lake(self) -> Lake:
        """The lake as it stands, whatever its shared tables lack."""
        from agentic_lakehouse.lake.lake import Lake

        self.settings.home_path.mkdir(parents=True, exist_ok=True)
        return Lake.open(self.settings.catalog_url, self.settings.warehouse_uri)

    @cached_property
    def lake(self) -> Lake:
        """The lake, with its shared tables standing on main."""
        self.bare_lake.create_shared(self.shared_tables)
        return self.bare_lake

    @property
    def shared_tables(self) -> list[TableSchema]:
        """The tables of which every feed writes its slice."""
        return [table(self.standard) for table in (core_table, ingest_errors_table, mapping_errors_table)]

    @cached_property
    def engine(self) -> Engine:
        """What does the compute."""
        from agentic_lakehouse.engines.local import LocalEngine

        return LocalEngine(
            connect=self._connect,
            memory_limit=self.settings.memory_limit,
            timeout_seconds=self.settings.query_timeout_seconds,
        )

    @cached_property
    def brain(self) -> Brain:
        """What is asked for specs and mappings, journalled in the lake."""
        return self._brain_with(self.lake.governance)

    def trial_brain(self) -> Brain:
        """What previews ask: they leave no trace, unless a model is asked that may cost money."""
        from agentic_lakehouse.brain.memory import MemoryJournal
        from agentic_lakehouse.brain.models import FREE

        is_free = set(self.settings.ladder) <= set(FREE)
        return self._brain_with(MemoryJournal() if is_free else self.lake.governance)

    def _brain_with(self, journal: Journal) -> Brain:
        from agentic_lakehouse.brain.brain import Brain, Patience
        from agentic_lakehouse.brain.budget import Bounds, Budget

        s = self.settings
        return Brain(
            ladder=s.ladder,
            base_url=s.base_url,
            prompts=s.prompts,
            journal=journal,
            timeout_seconds=s.model_timeout_seconds,
            replays=s.replay == "journal",
            context=s.model_context,
            patience=Patience(turns=s.model_turns),
            asks_settled=self.policy.ask_settled_columns,
            budget=Budget(
                run=Bounds(s.budget_calls, s.budget_tokens, s.budget_usd),
                feed=Bounds(s.budget_feed_calls, s.budget_feed_tokens, s.budget_feed_usd),
                day=Bounds(s.budget_day_calls, s.budget_day_tokens, s.budget_day_usd),
            ),
        )

    @property
    def raw_root(self) -> str:
        """Folder of kept bytes."""
        return f"{self.settings.warehouse_uri}/{RAW}"

    def facts(self, feed: Feed) -> VendorFacts:
        """Return what we know of the feed's vendor."""
        return load_vendor(self.settings.vendors, feed.vendor)

    def rules(self, feed: Feed, glance: Glance | None = None) -> tuple[RuleSet, ...]:
        """Return the rule sets that the feed's rows are under, read anew each time.

        Args:
            feed: whose rows.
            glance: what the catalog database holds of the feed, where it is at hand.

        Raises:
            RulesInvalid: one that is about the feed cannot be read, or does not fit the standard.
        """
        from agentic_lakehouse.pipeline.rules import rules_for

        files = load_rule_files(self.settings.rules)
        put = self.lake.policies.put_in() if glance is None else glance.put_in
        if not files and not put:
            return ()
        deliveries = (self.lake.ledger if glance is None else glance).deliveries(feed)
        kept = [d for d in deliveries if d.status != "withdrawn" or d.is_asked_for]
        return rules_for(
            feed,
            self.facts(feed),
            standard=self.standard,
            files=files,
            put=put,
            days={d.ingestion_date for d in kept},
            bind=self.bind,
        )

    def bind(self, sql: str, types: Mapping[str, str]) -> None:
        """Ask the engine whether SQL over columns of these types binds; once in the life of this object.

        Raises:
            EngineFailed: it does not.
        """
        asked = (sql, tuple(types.items()))
        if asked not in self._bound:
            self.engine.bind(sql, types)
            self._bound.add(asked)

    def standard_for(self, feed: Feed) -> ProductStandard:
        """Return the standard as it is in force for a feed, under the rule sets that are about it.

        Raises:
            RulesInvalid: one of them cannot be read, or does not fit.
        """
        return self.standard.under(self.rules(feed))

    def note_policies(self) -> None:
        """Let governance know what is in force by files: rule sets, trust profile and standard."""
        from agentic_lakehouse.lake.policies import described

        files = [f.rule_set for f in load_rule_files(self.settings.rules) if f.rule_set is not None]
        self.lake.policies.see(
            [
                *(described("rule_set", rule_set, name=rule_set.name) for rule_set in files),
                described("policy", self.policy, name=self.policy.name),
                described("standard", self.standard, name=self.standard.name),
            ]
        )

    def staging(self) -> AbstractContextManager[Path]:
        """Give an empty scratch folder."""
        return staging(self.settings.home_path)

    def inputs(self, feed: Feed) -> str:
        """Return the identity of what a run of `feed` is about; steps of one run must agree on it."""
        pending = [[d.delivery_id, d.redo, d.replay] for d in self.lake.ledger.pending(feed)]
        standard = self.standard_for(feed)
        return sha256_of([pending, standard.sha256, self.policy.judgement_sha256, self.facts(feed).judgement_sha256])

    def profile_of(self, delivery: Delivery, feed: Feed) -> FeedProfile:
        """Measure a delivery's kept bytes; once in the life of this object."""
        from agentic_lakehouse.feeds.keep import local_copy
        from agentic_lakehouse.pipeline.describe import profile_file

        if delivery.sha256 not in self._profiles:
            with self.staging() as scratch:
                path = local_copy(delivery.raw_uri, scratch, name=delivery.path, byte_size=delivery.byte_size)
                self._profiles[delivery.sha256] = profile_file(path, name=delivery.path, facts=self.facts(feed))
        return self._profiles[delivery.sha256]
