"""Second step: say what a file is. The model is asked only for a shape that no approved spec fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.feeds.profile import profile
from agentic_lakehouse.feeds.read import source_names
from agentic_lakehouse.feeds.sampling import DOCUMENTS, is_sampled
from agentic_lakehouse.feeds.sniff import sniff

if TYPE_CHECKING:
    from agentic_lakehouse.brain.brain import Answer, Brain

NAMED_BY = 4 << 20
"""Characters of a big document from which its columns are known."""
MIN_FIT = 0.95
"""Least share of a column's values that must fit a claimed type; the rest is quarantined row by row."""


def profile_file(path: Path, *, name: str, facts: VendorFacts) -> FeedProfile:
    """Measure a file: its format and every column.

    Raises:
        FeedUnreadable: it is empty, truncated, binary or of an unknown kind.
    """
    return profile(path, sniff(path, name=name), name=name, locale=facts.locale)


def known_spec(path: Path, *, name: str, specs: Sequence[FeedSpec]) -> tuple[FeedSpec, list[str]] | None:
    """Return the first of `specs` that this file still fits, read in the file's own dialect, with its headers in order.

    Only names and kind are compared here: the types are tested on every row when the file is loaded. Of big JSON and
    XML the first records tell the names, among which rare ones may be missing; loading tells new ones.

    Raises:
        FeedUnreadable: the file is empty, truncated, binary or of an unknown kind.
    """
    found = sniff(path, name=name)
    is_sample = found.kind in DOCUMENTS and is_sampled(path, found)
    headers = list(source_names(path, found, name=name, sample=NAMED_BY if is_sample else None))
    names = set(headers)
    for spec in specs:
        known = {c.source_name for c in spec.columns}
        if spec.format.kind == found.kind and (names <= known if is_sample else names == known):
            return spec if spec.format == found else spec.model_copy(update={"format": found}), headers
    return None


def describe(measured: FeedProfile, *, feed: Feed, facts: VendorFacts, brain: Brain, run_id: str) -> Answer[FeedSpec]:
    """Ask the brain what a measured file is; every claim of the answer holds on the whole profile.

    Raises:
        AnswerRejected: no model of the ladder gave a spec that holds.
        ModelUnavailable, BudgetExceeded: no model could be asked.
    """
    return brain.describe(measured, feed=feed, facts=facts, run_id=run_id, check=claims_of(measured))


def claims_of(measured: FeedProfile) -> Callable[[FeedSpec], list[str]]:
    """Return a function that lists which claims of a spec, whole or of some columns, the profile refutes."""
    columns = {c.source_name: c for c in measured.columns}

    def refuted(spec: FeedSpec) -> list[str]:
        errors = []
        filled = spec.fill_down.columns if spec.fill_down else ()
        for claim in spec.columns:
            column = columns.get(claim.source_name)
            if column is None:
                errors.append(f"column {claim.source_name!r} is not in the file; it has {list(columns)}")
                continue
            nulls = column.nulls - (measured.gained(claim.source_name) if claim.source_name in filled else 0)
            if not claim.nullable and nulls:
                errors.append(f"column {claim.source_name!r} is claimed never null, but {nulls} cells are")
            values = column.rows - column.nulls
            fits = [e.matches for e in column.evidence if e.type == claim.type and claim.format in (None, e.format)]
            if claim.type in {"string", "json"} or not values:
                continue
            if max(fits, default=0) < MIN_FIT * values:
                offered = [
                    f"{e.type} {e.format or ''}".strip() for e in column.evidence if e.matches >= MIN_FIT * values
                ]
                errors.append(
                    f"column {claim.source_name!r} is claimed {claim.type} {claim.format or ''}: only "
                    f"{max(fits, default=0)} of {values} values fit; these types fit: {[*offered, 'string']}"
                )
        return errors

    return refuted
