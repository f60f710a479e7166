"""What is done to the lakehouse beside its feeds' daily way: going back, doing again, migrating, clearing up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import Delivery
from agentic_lakehouse.contracts.tables import bronze_name, mapping_errors_table
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.feeds.keep import is_kept
from agentic_lakehouse.lake.migrate import TableMigration
from agentic_lakehouse.pipeline.conform import relation, run_facts, slice_of
from agentic_lakehouse.pipeline.maintain import Maintenance, Tidied, ignore
from agentic_lakehouse.pipeline.proposals import mapping_of
from agentic_lakehouse.pipeline.rejudge import judged_otherwise
from agentic_lakehouse.pipeline.replay import Replay
from agentic_lakehouse.pipeline.standing import Standing
from agentic_lakehouse.pipeline.work import runnable_mapping


class Upkeep(Standing):
    """Deeds of a person, or of the daily schedule."""

    def rollback(self, commit: str, feed: Feed | None, *, by: str, note: str = "") -> str:
        """Let a feed, or the whole lake where `feed` is `None`, stand as it did after a commit.

        Deliveries that were published since are withdrawn: they are published again only where somebody asks
        for it with `reingest`. Reviews and model calls stay as they are; the spec and mapping of then are in force
        again.

        Returns:
            The id of the commit that went back.

        Raises:
            UsageInvalid: there is no such commit, its tables are no longer kept, or all stands so already.
            BranchLeased: a run is working on what goes back.
        """
        slice_ = slice_of(feed) if feed else {}
        return self.bare_lake.rollback(commit, feed=feed, slice_=slice_, author=f"person:{by}", note=note)

    def reingest(self, feed: Feed, delivery_ids: Collection[str] = ()) -> list[Delivery]:
        """Ask for settled deliveries to be done again from their kept bytes; the feed's next run does it.

        Args:
            feed: whose deliveries.
            delivery_ids: these alone; where none are given, all that were withdrawn, or where none was, the newest.

        Raises:
            UsageInvalid: there is no such delivery, or its bytes are no longer kept.
        """
        everything = self.lake.ledger.deliveries(feed)
        settled = [d for d in everything if d.status in {"published", "withdrawn"}]
        withdrawn = [d for d in settled if d.status == "withdrawn" and d.spec_sha256]
        wanted = [d for d in everything if d.delivery_id in delivery_ids] if delivery_ids else withdrawn or settled[-1:]
        if not settled:
            raise UsageInvalid(
                f"{feed} has no delivery that could be done again.",
                hint=f"Deliveries that wait are done by `lakehouse run --feed {feed}`.",
                feed=str(feed),
            )
        for delivery in wanted:
            if not is_kept(delivery.raw_uri, byte_size=delivery.byte_size):
                raise UsageInvalid(
                    f"The bytes of delivery {delivery.delivery_id} ({delivery.path}) are no longer kept.",
                    hint="The policy's `retention` says how long they are: let the vendor deliver the file again.",
                    feed=str(feed),
                    delivery_id=delivery.delivery_id,
                )
        return self.lake.ledger.ask_again(feed, delivery_ids or [d.delivery_id for d in wanted])

    def replay(self, feed: Feed) -> list[Delivery]:
        """Ask for the feed's kept bad rows to be run again; the feed's next run does it.

        Nothing is asked where nothing would come of it: no row that is open would fit now, or be at fault
        otherwise, be it that the spec, the policy, the standard, the mapping or the code is another one.

        Returns:
            The deliveries whose rows are to be run again.

        Raises:
            UsageInvalid: the feed never delivered anything.
        """
        everything = self.lake.ledger.deliveries(feed)
        if not everything:
            raise UsageInvalid(
                f"{feed} has no delivery whose rows could be run again.",
                hint=f"New files are done by `lakehouse run --feed {feed}`.",
                feed=str(feed),
            )
        published = [d for d in everything if d.status == "published"]
        news = self._rows_that_move(feed, published) | self._rows_to_judge(feed)
        wanted = [d.delivery_id for d in published if d.delivery_id in news]
        return self.lake.ledger.ask_again(feed, wanted, what="replay")

    def _rows_that_move(self, feed: Feed, published: Sequence[Delivery]) -> set[str]:
        """Return the deliveries with bad rows that would fit the spec of now, or be at fault otherwise."""
        if not published:
            return set()
        with self.staging() as scratch:
            spec = self.spec_of(feed, published[-1])
            trial = Replay(self.lake.view(), spec, standard=self.standard, engine=self.engine, staging=scratch)
            waiting = trial.waiting()
            tried = [d for d in published if d.delivery_id in waiting]
            return {d.delivery_id for d in tried if trial.run(d, self.spec_now(feed, d)).is_news}

    def _rows_to_judge(self, feed: Feed) -> set[str]:
        """Return the deliveries of which rows break a rule, and may do so no longer, or otherwise.

        Where the rules are others now, these are all; where they are the same, those that a trial judges otherwise.
        """
        mapping, published = runnable_mapping(self.lake, feed), self.lake.published_fold(feed)
        if mapping is None or published is None:
            return set()
        with self.staging() as scratch:
            view = self.lake.view()
            faults = relation(view, mapping_errors_table(self.standard).name, scratch, **slice_of(feed))
            if not faults.files:
                return set()
            if published != self.fold_in_force(feed, mapping.sha256):
                found = self.engine.query("SELECT DISTINCT _delivery_id FROM faults", {"faults": faults})
                return {row["_delivery_id"] for row in found.to_pylist()}
            return judged_otherwise(
                relation(view, bronze_name(self.standard, self.spec_in_force(feed)), scratch),
                faults,
                mapping=mapping_of(mapping),
                standard=self.standard_for(feed),
                facts=run_facts(feed, self.facts(feed)),
                unseen=self.policy.unseen_value,
                engine=self.engine,
                staging=scratch,
            )

    def migrations(self) -> Sequence[TableMigration]:
        """Return what the shared tables lack of the standard in force, and have beyond it; writes nothing.

        Raises:
            UsageInvalid: a column would change its type, or a table its partitions.
        """
        return self.bare_lake.migrations(self.shared_tables)

    def migrate(self, *, by: str) -> str | None:
        """Give the shared tables the columns of the standard that they lack, on main.

        Returns:
            The commit's id; `None` where nothing was lacking.

        Raises:
            UsageInvalid: a column would change its type, or a table its partitions.
        """
        return self.bare_lake.migrate(self.shared_tables, author=f"person:{by}")

    def maintain(
        self, *, dry_run: bool = False, now: datetime | None = None, on_done: Callable[[Tidied], None] = ignore
    ) -> list[Tidied]:
        """Clear away what dead runs left, put small files together, and let go of what the policy keeps no longer.

        Args:
            dry_run: change nothing, and say what would be done.
            now: the time to count ages from; the clock's where not given.
            on_done: told what each part did as soon as it is done.

        Returns:
            What each part did, in that order.

        Raises:
            CatalogUnavailable: a table cannot be read; what is before it is done, and nothing that it may refer
                to is removed.
        """
        done = []
        for part in Maintenance(self, now=now or datetime.now(UTC), dry_run=dry_run).parts():
            on_done(part)
            done.append(part)
        return done
