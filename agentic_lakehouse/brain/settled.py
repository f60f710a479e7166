"""Columns that need no model: their header is exactly a target's name, and their values are what the target asks for.

Names alone settle nothing, and neither do values: a wrong line costs more than a call.
"""

from __future__ import annotations

from collections.abc import Sequence

from agentic_lakehouse.brain.planner.assign import assign
from agentic_lakehouse.brain.planner.mapping import mapped
from agentic_lakehouse.brain.planner.names import NameEvidence
from agentic_lakehouse.brain.proposals import MappingProposal
from agentic_lakehouse.brain.question import MapQuestion
from agentic_lakehouse.contracts.mapping import ColumnMapping

SURE = 0.9
"""Confidence from which the planner's line may stand."""


def settled(question: MapQuestion) -> MappingProposal:
    """Return the lines that evidence settles, each over a single source."""
    names = NameEvidence(question)
    certain = {
        question.targets[pair.target].name: question.sources[pair.source].source_name
        for pair in assign(question)
        if names.is_exact(pair.source, pair.target) and pair.value > 0 and pair.rival is None
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


def without(question: MapQuestion, lines: Sequence[ColumnMapping]) -> MapQuestion:
    """Return what is left to ask: the settled targets and their sources are only named."""
    if not lines:
        return question
    taken = {line.target: line.sources[0] for line in lines}
    return question.model_copy(
        update={
            "settled": taken,
            "sources": tuple(s for s in question.sources if s.source_name not in taken.values()),
            "targets": tuple(t for t in question.targets if t.name not in taken),
        }
    )
