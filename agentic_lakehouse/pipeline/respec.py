"""A spec for a file whose shape changed: what stands of the spec before stays, word for word.

Only what the new file refutes, or never had, is described anew. A renamed column keeps its bronze name, so that rows of
before and since share a column, and expressions over it read on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentic_lakehouse.brain.naming import bronze_names
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FillDown
from agentic_lakehouse.contracts.profile import ColumnProfile, FeedProfile, TypeEvidence
from agentic_lakehouse.pipeline.describe import MIN_FIT

if TYPE_CHECKING:
    from agentic_lakehouse.brain.renames import Renaming

MAX_SCALE, MAX_DIGITS = 18, 38
"""Digits that a decimal column can have."""


@dataclass(frozen=True)
class Carried:
    """What a spec still says of a file."""

    kept: Mapping[str, ColumnSpec]
    """Columns that stand, by their header of now."""
    added: tuple[str, ...]
    """Headers that the spec has no column for."""
    retyped: tuple[str, ...]
    """Headers whose column is claimed to be of a type that the file refutes."""


def carried(base: FeedSpec, measured: FeedProfile, renamed: Mapping[str, Renaming]) -> Carried:
    """Try every claim of a spec on a file that it was not made for.

    Args:
        base: the spec before.
        measured: the file.
        renamed: columns of the spec that stand under another header, by that.
    """
    kept: dict[str, ColumnSpec] = {}
    added, retyped = [], []
    for column in measured.columns:
        renaming = renamed.get(column.source_name)
        known = base.column(renaming.before if renaming else column.source_name)
        if known is None:
            added.append(column.source_name)
        elif (standing := _standing(known, column, gained=measured.gained(column.source_name))) is None:
            retyped.append(column.source_name)
        else:
            kept[column.source_name] = standing
    return Carried(kept, tuple(added), tuple(retyped))


def respecified(
    base: FeedSpec, measured: FeedProfile, found: Carried, described: Sequence[ColumnSpec], keys: FeedSpec
) -> FeedSpec:
    """Put a spec together of what stands and what was described anew.

    Args:
        base: the spec before.
        measured: the file.
        found: what stands of it.
        described: the columns that do not stand, and those that are new.
        keys: what the file as a whole would be described as; its keys are taken where the old ones are gone.
    """
    names = {source: column.name for source, column in found.kept.items()}
    # A retyped column keeps its name as far as its type allows: see `retype.named_apart`.
    names |= {source: old.name for source in found.retyped if (old := base.column(source)) is not None}
    new = [c.source_name for c in described if c.source_name not in names]
    # What is gone keeps its bronze column: another one under a like name is not the same.
    taken = [*names.values(), *(c.name for c in base.columns if c.name not in names.values())]
    names |= dict(zip(new, bronze_names([*taken, *new])[len(taken) :], strict=True))
    told = {c.source_name: c.model_copy(update={"name": names[c.source_name]}) for c in described}
    columns = tuple(found.kept.get(source) or told[source] for source in measured.source_names)
    there, source_of = set(names.values()), {name: source for source, name in names.items()}
    unique = [set(key) for key in measured.unique_keys]

    def is_unique(key: Sequence[str]) -> bool:
        return any(known <= {source_of[name] for name in key} for known in unique)

    of_keys = {c.name: names[c.source_name] for c in keys.columns}
    # A key that repeats is still what the vendor promised: the audit says that it does not hold.
    primary = base.primary_key if there.issuperset(base.primary_key) else tuple(of_keys[n] for n in keys.primary_key)
    variants = measured.variants
    return FeedSpec(
        vendor_name=base.vendor_name,
        table_name=base.table_name,
        format=measured.format,
        columns=columns,
        primary_key=primary,
        natural_keys=tuple(k for k in base.natural_keys if there.issuperset(k) and is_unique(k) and k != primary),
        partition_candidates=tuple(name for name in base.partition_candidates if name in there),
        fill_down=FillDown(group=variants.group, columns=tuple(variants.filled)) if variants else None,
        description=base.description,
    )


def _standing(claim: ColumnSpec, column: ColumnProfile, *, gained: int) -> ColumnSpec | None:
    """Return what a column is claimed to be, in the words of its new header; `None` where the file refutes its type."""
    values = column.rows - column.nulls
    changes: dict[str, object] = {"source_name": column.source_name}
    if not claim.nullable and column.nulls > gained:
        changes["nullable"] = True
    if set(column.null_tokens) - set(claim.null_tokens):
        changes["null_tokens"] = tuple(sorted({*claim.null_tokens, *column.null_tokens}))
    if claim.type not in {"string", "json"} and values:
        reading = _reading(claim, column, least=MIN_FIT * values)
        if reading is None or (claim.type == "integer" and column.semantics.get("leading_zero")):
            return None
        changes["format"] = reading.format if claim.format is not None or reading.format else claim.format
        if claim.type == "decimal":
            scale = max(claim.scale, reading.max_scale)
            precision = max(claim.precision - claim.scale, reading.max_digits) + scale
            if scale > MAX_SCALE or precision > MAX_DIGITS:
                return None
            changes |= {"scale": scale, "precision": max(claim.precision, precision)}
    return ColumnSpec.model_validate(claim.model_dump() | changes)


def _reading(claim: ColumnSpec, column: ColumnProfile, *, least: float) -> TypeEvidence | None:
    """Return how the file's values are read as what they are claimed to be: as before, else in the one way there is.

    Another unit is another thing, however the number is written.
    """
    fitting = [e for e in column.evidence if e.type == claim.type and e.matches >= least]
    as_before = next((e for e in fitting if claim.format in {None, e.format}), None)
    if as_before is not None:
        return as_before
    most = max((e.matches for e in fitting), default=0)
    best = [e for e in fitting if e.matches == most]
    is_number = claim.type in {"integer", "decimal"}
    if len(best) != 1 or (is_number and _sign(best[0].format) != _sign(claim.format)):
        return None
    return best[0]


def _sign(form: str | None) -> str:
    """Return what is no digit, mark or space of a number's format: its currency or unit."""
    return "".join(c for c in form or "" if not c.isdigit() and c not in " .,'-+()\u00a0\u202f")
