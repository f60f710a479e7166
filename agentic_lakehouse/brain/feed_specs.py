"""From a model's opinion of a file to its spec: facts are put beside it, and what they refute is said in exact words.

Where a fact decides, the opinion is not asked: the format, what is filled down, the precision of decimals, a unit that
nothing names. Where an opinion is wrong, every fault goes back to the model at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from agentic_lakehouse.brain.naming import bronze_names
from agentic_lakehouse.brain.planner.tokens import words
from agentic_lakehouse.brain.planner.units import header_unit, unit_named
from agentic_lakehouse.brain.proposals import ColumnClaim, FeedProposal
from agentic_lakehouse.brain.unfit import Unfit, worded
from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FillDown
from agentic_lakehouse.contracts.profile import ColumnProfile, FeedProfile, TypeEvidence

CLAIM_SHARE = 0.95
"""Least share of a column's values that must fit a claimed type; the rest will be quarantined."""
LONG_DIGITS = 18
"""Digits that always fit a 64-bit integer."""
MAX_DIGITS = 38
"""Digits that a decimal can hold."""
_GROUPED = re.compile(r"1\D234")
USUAL_SCALE = 4
MAX_SCALE = 18
"""Digits after the point that a decimal column is given, and that it can be given."""


def feed_spec(proposal: FeedProposal, profile: FeedProfile, feed: Feed) -> FeedSpec:
    """Make a spec of a proposal and the facts.

    Raises:
        Unfit: columns are missing, unknown or claimed twice, a type or key is not what the file shows.
    """
    claims = {c.source_name: c for c in proposal.columns}
    errors = [*_coverage(proposal, profile)]
    for column in profile.columns:
        if column.source_name in claims:
            errors.extend(_type_faults(claims[column.source_name], column))
    unique = [set(key) for key in profile.unique_keys]
    for label, key in [("primary_key", proposal.primary_key), *(("natural_keys", k) for k in proposal.natural_keys)]:
        if unknown := sorted(set(key) - set(profile.source_names)):
            errors.append(f"{label}: {unknown[0]!r} is not a source column of this file.")
        elif key and not any(known <= set(key) for known in unique):
            errors.append(f"{label}: {list(key)} is not unique in this file; unique_keys are {profile.unique_keys}.")
    if unknown := sorted(set(proposal.partition_candidates) - set(profile.source_names)):
        errors.append(f"partition_candidates: {unknown[0]!r} is not a source column of this file.")
    if errors:
        raise Unfit(errors)
    names = dict(
        zip(
            profile.source_names,
            bronze_names(claims[source].name or source for source in profile.source_names),
            strict=True,
        )
    )

    def renamed(key: Iterable[str]) -> tuple[str, ...]:
        return tuple(names[source] for source in key)

    try:
        return FeedSpec(
            vendor_name=feed.vendor,
            table_name=feed.name,
            format=profile.format,
            columns=tuple(
                _column_spec(claims[c.source_name], c, profile, names[c.source_name]) for c in profile.columns
            ),
            primary_key=renamed(proposal.primary_key),
            natural_keys=tuple(renamed(k) for k in proposal.natural_keys if set(k) != set(proposal.primary_key)),
            partition_candidates=renamed(proposal.partition_candidates),
            fill_down=_fill_down(profile),
            description=proposal.description,
        )
    except ValidationError as error:
        raise Unfit(worded(error)) from error


def together(proposals: Sequence[FeedProposal]) -> FeedProposal:
    """Put together what was said of batches of columns; the first key that was found is the primary one."""
    keys = [p.primary_key for p in proposals if p.primary_key]
    others = [*keys[1:], *(k for p in proposals for k in p.natural_keys)]
    return FeedProposal(
        columns=tuple(c for p in proposals for c in p.columns),
        primary_key=keys[0] if keys else (),
        natural_keys=tuple(dict.fromkeys(others)),
        partition_candidates=tuple(c for p in proposals for c in p.partition_candidates),
        description=next((p.description for p in proposals if p.description), ""),
    )


def part_of(profile: FeedProfile, columns: Iterable[str]) -> FeedProfile:
    """Return the facts of some columns, as if the file held no others."""
    names = set(columns)
    return profile.model_copy(
        update={
            "columns": tuple(c for c in profile.columns if c.source_name in names),
            "unique_keys": tuple(k for k in profile.unique_keys if names.issuperset(k)),
            "variants": None,
        }
    )


def supports(evidence: TypeEvidence, column: ColumnProfile, null_tokens: Iterable[str] = ()) -> bool:
    """Say whether enough of a column's values fit a type, cells that claim to mean null set aside."""
    nulls = sum(column.top_values.get(token, 0) for token in set(null_tokens) - set(column.null_tokens))
    values = column.rows - column.nulls - nulls
    return values > 0 and evidence.matches >= CLAIM_SHARE * values


def _coverage(proposal: FeedProposal, profile: FeedProfile) -> Iterable[str]:
    counts = Counter(c.source_name for c in proposal.columns)
    if missing := [name for name in profile.source_names if name not in counts]:
        yield f"columns: {missing} stand in the file and are not described."
    if unknown := sorted(set(counts) - set(profile.source_names)):
        yield f"columns: {unknown} are not in the file; copy source_name exactly."
    if twice := sorted(name for name, count in counts.items() if count > 1):
        yield f"columns: {twice} are described more than once."


def _type_faults(claim: ColumnClaim, column: ColumnProfile) -> Iterable[str]:
    where = f"column {claim.source_name!r}"
    invented = [t for t in claim.null_tokens if t.strip() and t not in column.null_tokens]
    if claim.type == "string" and (seen := [t for t in invented if t in column.top_values]):
        yield f"{where}: null_tokens {seen} are text like any other in a string column; leave them out."
    if claim.type in {"integer", "decimal"} and any(any(ch.isdigit() for ch in t) for t in invented):
        yield f"{where}: null_tokens {invented} hold numbers, which are values."
    if claim.type == "string" or column.rows == column.nulls:
        return
    fitting = [e for e in column.evidence if e.type == claim.type and supports(e, column, claim.null_tokens)]
    if not fitting:
        values = column.rows - column.nulls
        matches = max((e.matches for e in column.evidence if e.type == claim.type), default=0)
        yield f"{where}: only {matches} of {values} values are {claim.type}; claim a type that fits 95 %, or string."
    elif _format(claim, fitting) is None:
        formats = sorted(e.format or "null" for e in fitting)
        yield f"{where}: format {claim.format!r} does not read its values as {claim.type}; these do: {formats}."
    if claim.type in {"integer", "decimal"}:
        if column.semantics.get("leading_zero"):
            yield f"{where}: some values have leading zeros, which a number would lose; claim string."
        digits = max((e.max_digits + e.max_scale for e in fitting), default=0)
        if digits > (LONG_DIGITS if claim.type == "integer" else MAX_DIGITS):
            yield f"{where}: values of {digits} digits do not fit {claim.type}; claim string."


def _format(claim: ColumnClaim, fitting: Sequence[TypeEvidence]) -> TypeEvidence | None:
    """Return the reading that a claim means: the one of its format, else the one that reads most; else `None`."""
    named = [e for e in fitting if claim.format in {None, e.format}]
    if named:
        return max(named, key=lambda e: e.matches)
    most = max((e.matches for e in fitting), default=0)
    best = [e for e in fitting if e.matches == most]
    # Formats that differ in how thousands are grouped read the same numbers where they read as many.
    return best[0] if len({_GROUPED.sub("1234", e.format or "") for e in best}) == 1 else None


def _fill_down(profile: FeedProfile) -> FillDown | None:
    """Return what was measured of rows that continue the row above as a claim."""
    found = profile.variants
    return FillDown(group=found.group, columns=tuple(found.filled)) if found else None


def _column_spec(claim: ColumnClaim, column: ColumnProfile, profile: FeedProfile, name: str) -> ColumnSpec:
    fitting = [e for e in column.evidence if e.type == claim.type and supports(e, column, claim.null_tokens)]
    best = None if claim.type == "string" else _format(claim, fitting)
    reading: dict[str, Any] = {"type": "string"}
    if best is not None:
        reading = {"type": claim.type, "format": best.format}
    if best is not None and claim.type == "decimal":
        reading["scale"] = scale = min(max(best.max_scale, USUAL_SCALE), MAX_SCALE)
        reading["precision"] = min(max(best.max_digits + scale, LONG_DIGITS), MAX_DIGITS)
    return ColumnSpec(
        source_name=column.source_name,
        name=name,
        nullable=claim.nullable or column.nulls > profile.gained(column.source_name),
        null_tokens=_null_tokens(claim, column, is_text=best is None),
        unit=_measured_unit(best) or _seen_unit(claim, column),
        description=claim.description,
        **reading,
    )


def _null_tokens(claim: ColumnClaim, column: ColumnProfile, *, is_text: bool) -> tuple[str, ...]:
    """Return the null words of a column; in text only those that the file was found to hold."""
    claimed = () if is_text else (token.strip() for token in claim.null_tokens)
    return tuple(sorted({*column.null_tokens, *claimed} - {""}))


def _measured_unit(reading: TypeEvidence | None) -> str | None:
    """Return the unit that every number of a column was found to carry."""
    return unit_named(reading.unit) or reading.unit if reading is not None else None


def _seen_unit(claim: ColumnClaim, column: ColumnProfile) -> str | None:
    """Return a claimed unit that the header or the cells name; one that is only guessed is no unit."""
    unit = (claim.unit or "").strip()
    in_header = unit.lower() in words(column.source_name) or (unit_named(unit) or "") == header_unit(column.source_name)
    in_cells = any(name in column.semantics for name in (f"unit:{unit.lower()}", f"unit:{unit_named(unit)}"))
    return unit if unit and (in_header or in_cells) else None
