"""What speaks for a model's line besides the model's word.

A model may be wrong, or obey what a vendor wrote into a cell. So a line passes without a person only where names and
values agree with it: the embedded planner comes to the same, on every sample row, or has no line of its own and finds
something that speaks for this one. A line that writes values of its own is never taken on a model's word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.pipeline.dryrun import DryRun
from agentic_lakehouse.sql.plain import is_plain

if TYPE_CHECKING:
    from agentic_lakehouse.brain.opinion import SecondOpinion

SURE = 0.9
"""Confidence from which a line that the model left out is missed."""
LEAST = 0.2
"""Likelihood of a pair from which something besides the model speaks for it."""


def uncorroborated(
    mapping: Mapping,
    measured: FeedProfile,
    spec: FeedSpec,
    standard: ProductStandard,
    *,
    facts: VendorFacts,
    dry_run: DryRun,
    judged: Collection[str] | None = None,
) -> Iterator[str]:
    """Yield why a person must look at a line, for each that nothing but a model's word speaks for.

    Args:
        mapping: holds on the sample.
        measured: facts of a file of the feed.
        spec: what the feed is.
        standard: the table to fill.
        facts: what we know of the vendor.
        dry_run: compares results on the sample.
        judged: targets whose lines are judged; all where not given.
    """
    from agentic_lakehouse.brain.opinion import SecondOpinion

    opinion = SecondOpinion(measured, spec, standard, facts)
    words = {c.name for c in standard.columns if c.valid_values or c.physical_type.startswith("boolean")}
    for line in mapping.columns:
        if judged is not None and line.target not in judged:
            continue
        if why := _doubt(line, opinion, dry_run, may_translate=line.target in words):
            yield f"{line.target!r}: {why}"
    for target, own in opinion.lines.items():
        if target in mapping.targets or (judged is not None and target not in judged):
            continue
        if (own.confidence or 0.0) >= SURE:
            yield f"{target!r}: nothing fills it, where names and values speak for {', '.join(own.sources)}"


def _doubt(line: ColumnMapping, opinion: SecondOpinion, dry_run: DryRun, *, may_translate: bool) -> str | None:
    own, taken = opinion.lines.get(line.target), ", ".join(line.sources)
    if own is not None and own.expression == line.expression:
        return None
    if not is_plain(line.expression, columns=dry_run.types, may_translate=may_translate):
        return "the expression writes or computes values, for which only the model's word speaks"
    if own is None:
        return None if opinion.likelihood(line) >= LEAST else f"nothing but the model's word speaks for {taken}"
    if set(own.sources) != set(line.sources):
        return f"it takes {taken}, where names and values speak for {', '.join(own.sources)}"
    different = dry_run.differing(line.target, line.expression, own.expression or line.expression)
    return f"{different} sample rows come out otherwise than names and values say" if different else None
