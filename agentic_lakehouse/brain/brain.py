"""The brain's door: facts in, a validated contract out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from agentic_lakehouse.brain.asking import Asker
from agentic_lakehouse.brain.batches import describe_batches, map_batches
from agentic_lakehouse.brain.budget import Budget
from agentic_lakehouse.brain.feed_specs import feed_spec, part_of, together
from agentic_lakehouse.brain.fence import fenced
from agentic_lakehouse.brain.inquiry import Answer, Journal, Patience, Question
from agentic_lakehouse.brain.looks import Bench, looks
from agentic_lakehouse.brain.mappings import mapping, mapping_lines
from agentic_lakehouse.brain.planner.expressions import usual_expressions
from agentic_lakehouse.brain.planner.model import MODEL_NAME
from agentic_lakehouse.brain.prompts import load_prompt
from agentic_lakehouse.brain.proposals import FeedProposal, MappingProposal, ValuesProposal
from agentic_lakehouse.brain.question import DescribeQuestion, MapQuestion, describe_question, map_question
from agentic_lakehouse.brain.settled import beside, leaving, settled, without
from agentic_lakehouse.brain.unfit import Unfit
from agentic_lakehouse.brain.value_words import ValuesQuestion, meanings
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.meanings import Meanings
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.vendor import VendorFacts

T = TypeVar("T")
C = TypeVar("C", FeedSpec, Mapping)

PARTED = ("sources", "target", "confidence")
"""What is asked of a column in a batch: a model with so small a context should not write expressions."""

__all__ = ["Answer", "Brain", "Budget", "Journal", "Patience"]


class Brain(Asker):
    """Asks models what a feed is and how it maps, and lets nothing out that did not pass its checks."""

    def verify(self) -> None:
        """Fail now rather than in the middle of the work; nothing is sent.

        Raises:
            SettingsInvalid: a model is unknown, or its key is not set; names the variable.
            ContractInvalid: a prompt is missing or broken.
        """
        _ = self._rungs
        self._prompt("describe_feed", FeedProposal)
        self._prompt("map_columns", MappingProposal)
        self._prompt("map_values", ValuesProposal)
        load_prompt(self.prompts, "mend_answer")

    def describe(
        self,
        profile: FeedProfile,
        *,
        feed: Feed,
        facts: VendorFacts,
        run_id: str,
        check: Callable[[FeedSpec], list[str]],
    ) -> Answer[FeedSpec]:
        """Ask what a profiled file is.

        Args:
            profile: facts of the file.
            feed: whose file it is.
            facts: what we know of the vendor.
            run_id: run that pays for the calls.
            check: returns what is wrong with a spec, in words for the model; an empty list lets it pass.

        Raises:
            AnswerRejected: models answered, and no answer passed.
            ModelUnavailable: a model refuses us, or none could be reached.
            BudgetExceeded: the next call would pass a bound.
        """
        prompt = self._prompt("describe_feed", FeedProposal)
        whole = describe_question(profile, facts)
        batches = describe_batches(whole, self._fits(prompt, FeedProposal))
        shape = {"profile": profile.shape_sha256, "vendor_facts": whole.vendor_facts.model_dump(mode="json")}

        def question(asked: DescribeQuestion) -> Question[FeedProposal, FeedProposal]:
            names = [c.source_name for c in asked.columns]
            part = profile if asked is whole else part_of(profile, names)

            def conclude(proposal: FeedProposal) -> FeedProposal:
                _passing(feed_spec(proposal, part, feed), check)
                return proposal

            return Question(
                prompt=prompt,
                words=prompt.render(question=fenced(asked)),
                output=FeedProposal,
                shape=shape if asked is whole else {**shape, "columns": names},
                conclude=conclude,
                feed=str(feed),
                run_id=run_id,
                names={"source_name": names},
                lengths={"columns": (len(names), len(names))},
            )

        answers = [self._ask(question(asked)) for asked in batches]
        return _of_all(feed_spec(together([a.value for a in answers]), profile, feed), answers)

    def map(
        self,
        profile: FeedProfile,
        spec: FeedSpec,
        standard: ProductStandard,
        *,
        facts: VendorFacts,
        run_id: str,
        check: Callable[[Mapping], list[str]],
        bench: Bench | None = None,
        standing: Sequence[ColumnMapping] = (),
        wanted: Collection[str] = (),
        aside: Collection[str] = (),
    ) -> Answer[Mapping]:
        """Ask how a described feed becomes the standard's table.

        Args:
            profile: facts of a file of the feed.
            spec: what the feed is.
            standard: the table to fill.
            facts: what we know of the vendor.
            run_id: run that pays for the calls.
            check: returns what is wrong with a mapping (types, dry run), in words for the model.
            bench: what a model may look at before it answers; nothing without one.
            standing: lines that are approved: their targets and sources are only named, and nothing is asked of them.
            wanted: where lines stand, the targets that are asked about; no others.
            aside: headers that are known to fill nothing: they are not asked about.

        Returns:
            The mapping, without the lines that stood before.

        Raises:
            AnswerRejected: models answered, and no answer passed.
            ModelUnavailable: a model refuses us, or none could be reached.
            BudgetExceeded: the next call would pass a bound.
        """
        prompt = self._prompt("map_columns", MappingProposal)
        every = map_question(profile, spec, standard, facts)
        whole = leaving(beside(every, standing, wanted) if standing else every, aside)

        def lines_of(proposal: MappingProposal) -> tuple[ColumnMapping, ...]:
            return mapping_lines(proposal, spec, standard, usual_expressions(every))

        certain = [line for line in lines_of(self._settled(whole)) if not check(mapping([line], spec, standard))]
        batches = map_batches(without(whole, certain), self._fits(prompt, MappingProposal))
        tools = looks(prompt.tools, bench, profile=profile, spec=spec, standard=standard) if bench else ()
        shape = {
            "profile": profile.shape_sha256,
            "spec": spec.shape_sha256,
            "standard": standard.sha256,
            "vendor_facts": whole.vendor_facts.model_dump(mode="json"),
        }
        if standing:
            shape |= {"standing": whole.settled, "wanted": sorted(wanted)}
        if standing or aside:
            shape |= {"offered": [s.name for s in whole.sources]}

        parted, offered = len(batches) > 1, {c.name for c in standard.offered}

        def question(asked: MapQuestion) -> Question[MappingProposal, tuple[ColumnMapping, ...]]:
            shown = {"sources": [s.name for s in asked.sources], "targets": [t.name for t in asked.targets]}

            def conclude(proposal: MappingProposal) -> tuple[ColumnMapping, ...]:
                # What else it says of settled targets is not asked, and so neither wrong nor heard.
                heard = set(shown["targets"]) if standing else offered - asked.settled.keys()
                lines = tuple(line for line in lines_of(proposal) if line.target in heard)
                _passing(mapping(lines, spec, standard), check)
                return lines

            return Question(
                prompt=prompt,
                words=prompt.render(question=fenced(asked)),
                output=MappingProposal,
                shape=shape if asked is whole else {**shape, **shown},
                conclude=conclude,
                feed=str(spec.feed),
                run_id=run_id,
                tools=tools,
                names={"target": shown["targets"], "sources": [s.source_name for s in asked.sources]},
                lengths=(
                    {"columns": (0, len(asked.sources)), "sources": (1, 1)}
                    if parted
                    else {"columns": (0, len(asked.targets))}
                ),
                fields=PARTED if parted else (),
            )

        answers = [self._ask(question(asked)) for asked in batches]
        lines = [*certain, *(line for a in answers for line in a.value)]
        return _of_all(mapping(lines, spec, standard), answers, certain)

    def map_values(self, asked: ValuesQuestion, *, feed: Feed, run_id: str) -> Answer[Meanings]:
        """Ask which listed value each word of a source stands for.

        Args:
            asked: the target, the source and its words.
            feed: whose words they are.
            run_id: run that pays for the calls.

        Raises:
            AnswerRejected: models answered, and no answer passed.
            ModelUnavailable: a model refuses us, or none could be reached.
            BudgetExceeded: the next call would pass a bound.
        """
        prompt = self._prompt("map_values", ValuesProposal)
        return self._ask(
            Question[ValuesProposal, Meanings](
                prompt=prompt,
                words=prompt.render(question=fenced(asked)),
                output=ValuesProposal,
                shape=asked.shape,
                conclude=lambda proposal: meanings(proposal, asked),
                feed=str(feed),
                run_id=run_id,
                names={"word": [w.word for w in asked.words]},
                lengths={"words": (len(asked.words), len(asked.words))},
            )
        )

    def _settled(self, question: MapQuestion) -> MappingProposal:
        """Return lines that need no model; all are asked about where that costs nothing or the policy wants it."""
        return MappingProposal(columns=()) if self.is_free or self.asks_settled else settled(question)


def _of_all(value: T, answers: Sequence[Answer[Any]], settled: Sequence[ColumnMapping] = ()) -> Answer[T]:
    """Put answers to the batches of one question together; without any, the evidence alone decided."""
    return Answer(
        value,
        model_version=answers[-1].model_version if answers else MODEL_NAME,
        calls=tuple(call for answer in answers for call in answer.calls),
        cached=all(answer.cached for answer in answers),
        settled=tuple(line.target for line in settled),
    )


def _passing(value: C, check: Callable[[C], list[str]]) -> C:
    """Let a value through that the caller's check finds nothing wrong with."""
    if errors := check(value):
        raise Unfit(errors)
    return value
