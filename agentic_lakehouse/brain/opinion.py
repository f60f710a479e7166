"""A second opinion on a model's mapping, by names and values alone: no vendor can talk it into anything."""

from __future__ import annotations

from functools import cached_property

from agentic_lakehouse.brain.planner.assign import likelihoods
from agentic_lakehouse.brain.planner.mapping import mapped
from agentic_lakehouse.brain.proposals import MappingLine, MappingProposal
from agentic_lakehouse.brain.question import map_question
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.vendor import VendorFacts


class SecondOpinion:
    """What the embedded planner thinks of a feed, whoever mapped it."""

    def __init__(self, profile: FeedProfile, spec: FeedSpec, standard: ProductStandard, facts: VendorFacts) -> None:
        self._question = map_question(profile, spec, standard, facts)

    @cached_property
    def lines(self) -> dict[str, MappingLine]:
        """Its own line of each target that it would fill."""
        return {line.target: line for line in MappingProposal.model_validate(mapped(self._question)).columns}

    def likelihood(self, line: ColumnMapping) -> float:
        """Return from 0 to 1 how far names and values speak for the likeliest source of a line."""
        targets = [t.name for t in self._question.targets]
        if line.target not in targets:
            return 0.0
        place = targets.index(line.target)
        sources = [k for k, s in enumerate(self._question.sources) if s.source_name in line.sources]
        return max((self._likelihoods[k][place] for k in sources), default=0.0)

    @cached_property
    def _likelihoods(self) -> list[list[float]]:
        return likelihoods(self._question)
