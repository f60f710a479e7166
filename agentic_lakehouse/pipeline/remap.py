"""A mapping for a feed whose shape changed: lines that still read what is there stay, word for word.

Only what lost its column is proposed anew, and only its target is asked about. A column that is new fills nothing but
such a target: what was approved to be empty stays empty until a person asks for more (`map --renew`, `review edit`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.drift import Change, Drifted
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import Proposal
from agentic_lakehouse.contracts.inbox import InboxItem
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.policy import Policy
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.lake.governance import Governance
from agentic_lakehouse.pipeline.approval import reasons_by_standing, reasons_to_review
from agentic_lakehouse.pipeline.corroboration import uncorroborated
from agentic_lakehouse.pipeline.dryrun import DryRun
from agentic_lakehouse.pipeline.former import with_former
from agentic_lakehouse.pipeline.learning import Learned
from agentic_lakehouse.pipeline.map import ask_mapping, mapped_from
from agentic_lakehouse.pipeline.outcomes import Mapped
from agentic_lakehouse.pipeline.proposals import decide_by_policy, mapping_of, mapping_proposal
from agentic_lakehouse.pipeline.words import Known
from agentic_lakehouse.sql.compiler import columns_read

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Answer, Brain


@dataclass(frozen=True)
class Lines:
    """What becomes of a mapping's lines."""

    kept: tuple[ColumnMapping, ...]
    """As they stood."""
    moved: tuple[ColumnMapping, ...]
    """The same expressions, over columns that have another header by now."""
    lost: tuple[ColumnMapping, ...]
    """As they stood; what they read is no longer there."""

    @property
    def standing(self) -> tuple[ColumnMapping, ...]:
        """Lines that need no question."""
        return (*self.kept, *self.moved)


def lines_of(before: Mapping, spec: FeedSpec, changes: Sequence[Change]) -> Lines:
    """Say which lines of a mapping still stand.

    Args:
        before: as approved.
        spec: what the feed is now.
        changes: a renaming among them tells how sure a moved line is.
    """
    headers = {c.name: c.source_name for c in spec.columns}
    sure = {c.after: c.confidence for c in changes if c.kind == "column_renamed" and c.confidence is not None}
    kept, moved, lost = [], [], []
    for line in before.columns:
        try:
            read = set(columns_read(line.expression, columns=[*headers, *line.former]))
        except GuardRefused:
            lost.append(line)
            continue
        sources = tuple(header for name, header in headers.items() if name in read)
        if set(sources) == set(line.sources):
            kept.append(line)
        else:
            known = [line.confidence, *(sure.get(source) for source in set(sources) - set(line.sources))]
            confidence = min((c for c in known if c is not None), default=None)
            moved.append(line.model_copy(update={"sources": sources, "confidence": confidence}))
    return Lines(tuple(kept), tuple(moved), tuple(lost))


def accepted(governance: Governance, proposals: Sequence[Proposal], told: Sequence[Drifted]) -> set[str]:
    """Return the keys of changes that a person has let pass.

    They approved a mapping for them, or any mapping after they were told.
    """
    keys: set[str] = set()
    for proposal in proposals:
        if proposal.status not in {"approved", "active", "superseded"}:
            continue
        approvals = [r for r in governance.reviews(proposal.id) if r.decision == "approved"]
        if not approvals or approvals[-1].by.startswith("policy:"):
            continue
        keys.update(mapping_of(proposal).drift)
        if proposal.status == "approved":
            keys.update(d.key for d in told if d.first_at <= approvals[-1].created_at)
    return keys


@dataclass(frozen=True)
class Remapping:
    """What a mapping is made anew with."""

    before: Proposal
    """The mapping whose lines are kept."""
    spec: FeedSpec
    changes: Sequence[Change]
    """All that is used and changed, whether or not anybody must look at it."""
    unseen: Collection[str]
    """Keys of the changes that nobody has let pass."""
    learned: Learned
    facts: VendorFacts
    policy: Policy
    brain: Brain
    governance: Governance
    run_id: str

    def propose(self, profile: Callable[[], FeedProfile], dry_run: Callable[[], DryRun]) -> Mapped:
        """File the mapping as the change leaves it, and let the policy decide whether a person must look.

        Args:
            profile: measures the newest delivery; asked only where a line lost its column.
            dry_run: tries mappings on bronze; asked only where a line is not what it was.

        Raises:
            AnswerRejected: no model of the ladder gave a line that holds.
            ModelUnavailable, BudgetExceeded: no model could be asked.
        """
        from agentic_lakehouse.brain.mappings import mapping as mapping_of_lines

        found = lines_of(mapping_of(self.before), self.spec, self.changes)
        lost = [line.target for line in found.lost]
        answer, doubts = self._asked(found, lost, profile(), dry_run()) if lost else (self._unasked(), ())
        told = self.learned.told(answer.value).columns
        anew = with_former(told, found.lost, self.spec, self.learned.own, dry_run()) if lost else ()
        lines = (*found.standing, *anew)
        mapping = mapping_of_lines(lines, self.spec, self.learned.own).model_copy(
            update={"drift": tuple(sorted(c.key for c in self.changes))}
        )
        reasons = self._drifted(found)
        if lost:
            reasons += self._doubts(mapping, found, lost, profile, dry_run())
        elif found.moved:
            reasons += self._below_bars(mapping, found, rejected_share=0.0)
        filed = self.governance.propose(self._proposal(mapping, answer, reasons))
        self.governance.tell(doubts)
        return mapped_from(
            decide_by_policy(self.governance, filed, policy=self.policy, reasons=reasons), self.spec, answer
        )

    def _proposal(self, mapping: Mapping, answer: Answer[Mapping], reasons: Sequence[str]) -> Proposal:
        made = mapping_proposal(
            self.spec.feed, mapping, spec=self.spec, standard=self.learned.own, facts=self.facts, answer=answer
        )
        return made.model_copy(
            update={
                "parent": self.before.id,
                "learned_from": self.learned.used_by(mapping),
                "reason": "; ".join(dict.fromkeys(reasons)),
            }
        )

    def _asked(
        self, found: Lines, lost: Sequence[str], measured: FeedProfile, dry_run: DryRun
    ) -> tuple[Answer[Mapping], tuple[InboxItem, ...]]:
        return ask_mapping(
            measured,
            self.spec,
            standard=self.learned.standard,
            facts=self.facts,
            policy=self.policy.approval,
            brain=self.brain,
            dry_run=dry_run,
            run_id=self.run_id,
            known=Known.of(self.governance, self.spec.feed),
            standing=found.standing,
            wanted=lost,
        )

    def _unasked(self) -> Answer[Mapping]:
        """Return an answer without lines: whoever proposed the lines that stand proposed all."""
        from agentic_lakehouse.brain.brain import Answer

        nothing = Mapping(feed=str(self.spec.feed), standard=self.learned.own.label, columns=())
        return Answer(nothing, model_version=self.before.model, calls=(), cached=True)

    def _drifted(self, found: Lines) -> list[str]:
        """Return the changes that nobody has let pass, and the lines that another one made move."""
        if self.policy.approval.drift == "pass":
            return []
        unseen = [c for c in self.changes if c.key in self.unseen]
        told = {target for change in self.changes for target in change.used_by}
        others = [line for line in (*found.moved, *found.lost) if line.target not in told]
        return [c.told for c in unseen] + [
            f"{o.target}: {', '.join(o.sources)} is no longer what it was" for o in others
        ]

    def _doubts(
        self, mapping: Mapping, found: Lines, lost: Sequence[str], profile: Callable[[], FeedProfile], dry_run: DryRun
    ) -> list[str]:
        """Return why a person must look at what was proposed anew."""
        reasons = dry_run.refuted(mapping) or self._below_bars(mapping, found, dry_run.rejected_share(mapping))
        if self.policy.approval.corroborated and not self.brain.is_free:
            judged = set(lost) - {line.target for line in mapping.columns if not line.sources}
            reasons += uncorroborated(
                mapping, profile(), self.spec, self.learned.standard, facts=self.facts, dry_run=dry_run, judged=judged
            )
        return reasons

    def _below_bars(self, mapping: Mapping, found: Lines, rejected_share: float) -> list[str]:
        """Hold lines against the policy's bars; one that was approved and stays is not judged again."""
        stays = {line.target for line in found.kept}
        judged = [
            line.model_copy(update={"confidence": 1.0}) if line.target in stays else line for line in mapping.columns
        ]
        shown = mapping.model_copy(update={"columns": tuple(judged)})
        standard, policy = self.learned.own, self.policy.approval
        return [
            *reasons_to_review(shown, standard=standard, policy=policy, rejected_share=rejected_share),
            *reasons_by_standing(
                mapping, active=mapping_of(self.before), is_new_vendor=False, standard=standard, policy=policy
            ),
            *self.learned.reasons(
                mapping.model_copy(update={"columns": tuple(c for c in judged if c.target not in stays)})
            ),
        ]
