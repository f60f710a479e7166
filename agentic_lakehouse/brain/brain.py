"""The brain's door: facts in, a validated contract out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from agentic_lakehouse.brain.budget import Budget
from agentic_lakehouse.brain.feed_specs import feed_spec
from agentic_lakehouse.brain.fence import fenced
from agentic_lakehouse.brain.inquiry import Answer, Journal, Patience, Question
from agentic_lakehouse.brain.ladder import Ladder
from agentic_lakehouse.brain.mappings import mapping
from agentic_lakehouse.brain.models import Rung, build_rung
from agentic_lakehouse.brain.prompts import Prompt, load_prompt
from agentic_lakehouse.brain.proposals import FeedProposal, MappingProposal, Proposed, ValuesProposal
from agentic_lakehouse.brain.question import describe_question, map_question
from agentic_lakehouse.brain.unfit import Unfit
from agentic_lakehouse.brain.value_words import ValuesQuestion, meanings
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.meanings import Meanings
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.errors import ContractInvalid, SettingsInvalid

P = TypeVar("P", bound=Proposed)
T = TypeVar("T", FeedSpec, Mapping, Meanings)

__all__ = ["Answer", "Brain", "Budget", "Journal", "Patience"]


class Brain:
    """Asks models what a feed is and how it maps, and lets nothing out that did not pass its checks.

    Args:
        ladder: model names, weakest first.
        base_url: address of an OpenAI-compatible server, for `openai-chat:` names.
        prompts: folder of prompt files.
        journal: where attempts are kept.
        timeout_seconds: longest wait for one reply.
        budget: what may be spent.
        patience: how often and how long to try.
        replays: whether the journal answers for all models but the embedded planner, which comes to the same each time.
    """

    def __init__(
        self,
        *,
        ladder: Sequence[str],
        base_url: str | None,
        prompts: Path,
        journal: Journal,
        timeout_seconds: float,
        budget: Budget,
        patience: Patience | None = None,
        replays: bool = False,
    ) -> None:
        self.ladder = tuple(ladder)
        self.base_url = base_url
        self.prompts = prompts
        self.journal = journal
        self.timeout_seconds = timeout_seconds
        self.budget = budget
        self.patience = patience or Patience()
        self.replays = replays

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
        asked = describe_question(profile, facts)
        return self._ask(
            Question[FeedProposal, FeedSpec](
                prompt=prompt,
                words=prompt.render(question=fenced(asked)),
                output=FeedProposal,
                shape={
                    "profile": profile.shape_sha256,
                    "vendor_facts": asked.vendor_facts.model_dump(mode="json"),
                },
                conclude=lambda proposal: _passing(feed_spec(proposal, profile, feed), check),
                feed=str(feed),
                run_id=run_id,
            )
        )

    def map(
        self,
        profile: FeedProfile,
        spec: FeedSpec,
        standard: ProductStandard,
        *,
        facts: VendorFacts,
        run_id: str,
        check: Callable[[Mapping], list[str]],
    ) -> Answer[Mapping]:
        """Ask how a described feed becomes the standard's table.

        Args:
            profile: facts of a file of the feed.
            spec: what the feed is.
            standard: the table to fill.
            facts: what we know of the vendor.
            run_id: run that pays for the calls.
            check: returns what is wrong with a mapping (types, dry run), in words for the model.

        Raises:
            AnswerRejected: models answered, and no answer passed.
            ModelUnavailable: a model refuses us, or none could be reached.
            BudgetExceeded: the next call would pass a bound.
        """
        prompt = self._prompt("map_columns", MappingProposal)
        asked = map_question(profile, spec, standard, facts)
        return self._ask(
            Question[MappingProposal, Mapping](
                prompt=prompt,
                words=prompt.render(question=fenced(asked)),
                output=MappingProposal,
                shape={
                    "profile": profile.shape_sha256,
                    "spec": spec.shape_sha256,
                    "standard": standard.sha256,
                    "vendor_facts": asked.vendor_facts.model_dump(mode="json"),
                },
                conclude=lambda proposal: _passing(mapping(proposal, spec, standard), check),
                feed=str(spec.feed),
                run_id=run_id,
            )
        )

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
            )
        )

    def _ask(self, question: Question[P, T]) -> Answer[T]:
        mend = load_prompt(self.prompts, "mend_answer")
        ladder = Ladder(self._rungs, self.journal, self.budget, mend, self.patience, replays=self.replays)
        return ladder.ask(question)

    def _prompt(self, prompt_id: str, output: type[Proposed]) -> Prompt:
        prompt = load_prompt(self.prompts, prompt_id)
        if prompt.output != output.__name__:
            raise ContractInvalid(
                f"Prompt {prompt_id!r} says it is answered by {prompt.output!r}.",
                hint=f"Write `output: {output.__name__}`.",
                prompt=prompt_id,
            )
        return prompt

    @cached_property
    def _rungs(self) -> tuple[Rung, ...]:
        if not self.ladder:
            raise SettingsInvalid(
                "LAKEHOUSE_MODEL names no model.", hint="Unset it, or set it to `embedded`.", setting="LAKEHOUSE_MODEL"
            )
        return tuple(
            build_rung(name, base_url=self.base_url, timeout_seconds=self.timeout_seconds, replays=self.replays)
            for name in self.ladder
        )


def _passing(value: T, check: Callable[[T], list[str]]) -> T:
    """Let a value through that the caller's check finds nothing wrong with."""
    if errors := check(value):
        raise Unfit(errors)
    return value
