"""How a feed's waiting deliveries differ from the newest published one, told in `governance.drifts` and the inbox."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.drift import Change, Drift, Drifted
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Delivery, Proposal
from agentic_lakehouse.contracts.inbox import InboxItem, item_id
from agentic_lakehouse.contracts.tables import bronze_name
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.lake.view import View
from agentic_lakehouse.pipeline.conform import relation
from agentic_lakehouse.pipeline.drift import Measures, Use, compare, compare_values, formats, same_columns
from agentic_lakehouse.pipeline.measures import measures
from agentic_lakehouse.pipeline.proposals import by_standing, mapping_of, spec_of
from agentic_lakehouse.pipeline.remap import accepted
from agentic_lakehouse.pipeline.upkeep import Upkeep

if TYPE_CHECKING:
    from agentic_lakehouse.brain.renames import Renaming


@dataclass(frozen=True)
class _Look:
    """Two deliveries of one feed, and the columns that both have."""

    before: Delivery
    now: Delivery
    base: FeedSpec
    spec: FeedSpec

    @property
    def columns(self) -> dict[str, str]:
        """Bronze columns that stand in both specs, with their headers as they were."""
        pairs = same_columns(self.base, self.spec)
        names = {c.source_name: c.name for c in self.base.columns}
        return {names[header]: header for header, new in pairs.items() if names[header] == new.name}


class Drifting(Upkeep):
    """Compares deliveries, and tells what changed."""

    def delivery_before(self, feed: Feed) -> Delivery | None:
        """Return the newest published delivery, which others are compared with; `None` before the first."""
        published = [d for d in self.lake.ledger.deliveries(feed, "published") if d.spec_sha256]
        return published[-1] if published else None

    def spec_before(self, feed: Feed) -> FeedSpec | None:
        """Return the spec of the newest published delivery, as a person may have edited it since."""
        before = self.delivery_before(feed)
        if before is None:
            return None
        spec = self.spec_of(feed, before)
        columns = {c.source_name for c in spec.columns}
        known = map(spec_of, by_standing(self.lake.governance.proposals(feed, kind="spec")))
        return next((s for s in known if {c.source_name for c in s.columns} == columns), spec)

    def use_of(self, feed: Feed, spec: FeedSpec) -> Use:
        """Return what the mapping in force makes of a spec's columns."""
        governance = self.lake.governance
        found = governance.active(feed, "mapping") or governance.approved_or_active(feed, "mapping")
        targets = {line.target: line.sources for line in mapping_of(found).columns} if found else {}
        return Use(targets, {c.source_name for c in spec.columns if c.name in spec.primary_key})

    def newest_drift(self, feed: Feed) -> list[Drifted]:
        """Return what was told to have changed in the waiting deliveries; in the newest one, where none waits."""
        waiting = self.lake.ledger.pending(feed) or [d for d in [self.delivery_before(feed)] if d]
        ids = {d.delivery_id for d in waiting}
        return [d for d in self.lake.drifts.of(feed) if d.last_delivery in ids]

    def drifts(self, feed: Feed, view: View) -> list[Drift]:
        """Compare each waiting delivery with the newest published one; nothing is written.

        Args:
            feed: whose deliveries.
            view: holds bronze of both.
        """
        before = self.delivery_before(feed)
        pending = [d for d in self.lake.ledger.pending(feed) if not d.is_asked_for and d.rows_in is not None]
        if before is None or not pending:
            return []
        base = self.spec_of(feed, before)
        use = self.use_of(feed, base)
        looks = [_Look(before, d, base, self.spec_of(feed, d)) for d in pending]
        with self.staging() as scratch:
            bronze = relation(view, bronze_name(self.standard, base), scratch)
            columns = [c.name for c in base.columns if c.name in bronze.types]
            key = base.primary_key if set(base.primary_key) <= set(columns) else ()
            ids = [d.delivery_id for d in (before, *pending)]
            held = measures(bronze, ids, columns, key=key, engine=self.engine)
        found = [self._drift(feed, look, use, held) for look in looks]
        return [drift for drift in found if drift.changes]

    def changes_to_review(self, feed: Feed, view: View) -> list[Change]:
        """Return what is used and changed in the waiting deliveries, each change once."""
        waiting = {d.delivery_id for d in self.lake.ledger.pending(feed)}
        told = (d for d in self.lake.drifts.of(feed) if d.severity == "review" and d.last_delivery in waiting)
        if next(told, None) is None:
            return []
        found = (change for drift in self.drifts(feed, view) for change in drift.to_review)
        return list({change.key: change for change in found}.values())

    def unseen_changes(self, feed: Feed, changes: Sequence[Change], proposals: Sequence[Proposal]) -> set[str]:
        """Return the keys of those that neither a person nor the policy lets pass."""
        if not changes or self.policy.approval.drift == "pass":
            return set()
        return {c.key for c in changes} - accepted(self.lake.governance, proposals, self.lake.drifts.of(feed))

    def mapping_before(self, feed: Feed) -> Proposal | None:
        """Return the mapping whose lines stand as far as they can: the approved one, else the one in force."""
        found = self.lake.governance.approved_or_active(feed, "mapping")
        return found if found is not None and found.standard_sha256 == self.standard.sha256 else None

    def tell_drifts(self, feed: Feed, drifts: Sequence[Drift]) -> None:
        """Enter what changed; columns that are new and nothing uses wait in the inbox."""
        now, governance = datetime.now(UTC), self.lake.governance
        for drift in drifts:
            self.lake.drifts.tell(drift, at=now)
            added = [_new_column(feed, c, drift.delivery, at=now) for c in drift.changes if c.kind == "column_added"]
            known = {item.id for item in governance.inbox(feed)} if added else set()
            governance.tell(item for item in added if item.id not in known)

    def close_mapped(self, feed: Feed, mapping: Proposal) -> None:
        """Close the inbox items of columns that a mapping reads by now, in the name of who approved it."""
        governance = self.lake.governance
        takes = {source: line.target for line in mapping_of(mapping).columns for source in line.sources}
        for item in governance.inbox(feed, "open"):
            if item.kind == "new_column" and item.source in takes:
                by, note = governance.approver(mapping.id), f"as {mapping.id} says"
                with suppress(UsageInvalid):  # somebody was faster
                    now = datetime.now(UTC)
                    governance.settle(item, "answered", answer=takes[item.source], by=by, note=note, at=now)

    def tell_renamings(self, feed: Feed, delivery: Delivery, base: FeedSpec, renamed: Map[str, Renaming]) -> None:
        """Enter what speaks for columns that were renamed: it took a look at two files, which is not taken again."""
        use = self.use_of(feed, base)
        changes = tuple(
            use.change(
                Change(
                    kind="column_renamed",
                    columns=(r.before,),
                    before=r.before,
                    after=r.after,
                    evidence=r.told,
                    confidence=r.confidence,
                )
            )
            for r in renamed.values()
        )
        self.tell_change(feed, delivery, base, changes)

    def tell_change(self, feed: Feed, delivery: Delivery, base: FeedSpec, changes: tuple[Change, ...]) -> None:
        """Enter changes of one delivery."""
        told = Drift(feed=str(feed), delivery=delivery.delivery_id, since=base.sha256, changes=changes)
        self.lake.drifts.tell(told, at=datetime.now(UTC))

    def _drift(self, feed: Feed, look: _Look, use: Use, held: Map[str, Measures]) -> Drift:
        known = {d.key: d for d in self.lake.drifts.of(feed)}
        by_name = [*compare(look.base, look.spec, use), *formats(look.base, look.spec)]
        changes = [
            c.model_copy(update={"evidence": known[c.key].evidence, "confidence": known[c.key].confidence})
            if c.key in known
            else c
            for c in by_name
        ]
        before, now = (held.get(d.delivery_id) for d in (look.before, look.now))
        if before is not None and now is not None:
            changes += compare_values(
                before,
                now,
                look.columns,
                key=[c.source_name for c in look.base.columns if c.name in look.base.primary_key],
                use=use,
                policy=self.policy.drift,
                max_repeats=self.policy.max_error_share,
            )
        return Drift(feed=str(feed), delivery=look.now.delivery_id, since=look.base.sha256, changes=tuple(changes))


def _new_column(feed: Feed, change: Change, delivery: str, *, at: datetime) -> InboxItem:
    """Tell a column that is new and that nothing reads."""
    [header] = change.columns
    return InboxItem(
        id=item_id(str(feed), "new_column", "", header, header),
        feed=str(feed),
        kind="new_column",
        source=header,
        first_delivery=delivery,
        last_delivery=delivery,
        reason=f"it is in bronze as {change.after}",
        created_at=at,
        changed_at=at,
    )
