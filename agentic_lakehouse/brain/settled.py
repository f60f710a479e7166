"""Columns that need no model: their header is exactly a target's name, and their values are what the target asks for.

Names alone settle nothing, and neither do values: a wrong line costs more than a call. Where a person approved a header
for another vendor, it is enough that values do not speak against it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from agentic_lakehouse.brain.feed_specs import feed_spec
from agentic_lakehouse.brain.planner.assign import assign
from agentic_lakehouse.brain.planner.describe import described
from agentic_lakehouse.brain.planner.mapping import mapped
from agentic_lakehouse.brain.planner.names import NameEvidence
from agentic_lakehouse.brain.planner.tokens import words
from agentic_lakehouse.brain.proposals import FeedProposal, MappingProposal
from agentic_lakehouse.brain.question import MapQuestion, describe_question
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping
from agentic_lakehouse.contracts.precedent import AS_APPROVED
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.vendor import VendorFacts

SURE = 0.9
"""Confidence from which the planner's line may stand."""


def settled(question: MapQuestion) -> MappingProposal:
    """Return the lines that evidence settles, each over a single source."""
    names = NameEvidence(question)
    certain = {
        question.targets[pair.target].name: question.sources[pair.source].source_name
        for pair in assign(question)
        if names.is_exact(pair.source, pair.target)
        and (pair.value > 0 or (pair.value == 0 and _is_approved(question, pair.source, pair.target)))
        and pair.rival is None
    }
    joined = {s.source_name for s in question.sources if s.name in question.row_key}
    lines = MappingProposal.model_validate(mapped(question)).columns
    return MappingProposal(
        columns=tuple(
            line.model_copy(update={"rationale": f"{line.rationale} No model was asked."})
            for line in lines
            if line.sources == (certain.get(line.target),)
            and (line.confidence or 0.0) >= SURE
            and joined.isdisjoint(line.sources)
        )
    )


def _is_approved(question: MapQuestion, source: int, target: int) -> bool:
    """Whether people approved a header of these words for this target before."""
    approved = question.targets[target].synonyms.get(AS_APPROVED, ())
    return words(question.sources[source].source_name) in {words(header) for header in approved}


def described_by_evidence(profile: FeedProfile, feed: Feed, facts: VendorFacts) -> FeedSpec:
    """Return what measuring alone says that a file is, without a question: enough for columns that nothing uses."""
    proposal = FeedProposal.model_validate(described(describe_question(profile, facts)))
    return feed_spec(proposal, profile, feed)


def without(question: MapQuestion, lines: Sequence[ColumnMapping]) -> MapQuestion:
    """Return what is left to ask: the settled targets and their sources are only named."""
    if not lines:
        return question
    taken = {line.target: line.sources[0] for line in lines}
    return question.model_copy(
        update={
            "settled": {**question.settled, **taken},
            "sources": tuple(s for s in question.sources if s.source_name not in taken.values()),
            "targets": tuple(t for t in question.targets if t.name not in taken),
        }
    )


def leaving(question: MapQuestion, aside: Collection[str]) -> MapQuestion:
    """Return a question that does not ask about some headers, if it has any of them."""
    sources = tuple(s for s in question.sources if s.source_name not in aside)
    return question.model_copy(update={"sources": sources}) if len(sources) < len(question.sources) else question


def beside(question: MapQuestion, standing: Sequence[ColumnMapping], wanted: Collection[str]) -> MapQuestion:
    """Return what is to be asked of a few targets beside lines that stand: their sources are taken."""
    taken = {source for line in standing for source in line.sources}
    return question.model_copy(
        update={
            "settled": {line.target: ", ".join(line.sources) for line in standing},
            "sources": tuple(s for s in question.sources if s.source_name not in taken),
            "targets": tuple(t for t in question.targets if t.name in wanted),
        }
    )
