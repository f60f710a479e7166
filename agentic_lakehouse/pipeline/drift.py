"""What differs between two specs of a feed, and between the values of two deliveries: pure functions, no model.

Names, types and dialect are compared spec by spec, and cost nothing. Values are compared by a few numbers a column,
which one query over bronze gives; a file is read for it only where columns are gone and others are new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field

from agentic_lakehouse.contracts.drift import Change
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat
from agentic_lakehouse.contracts.policy import DriftPolicy
from agentic_lakehouse.pipeline.retype import stem

TOLD_RATIO = 2.0
"""Ratio of two medians, or of their inverses, from which it is told: assortments differ, hardly by so much."""
FEW_VALUES = 20
"""Different values up to which a column is taken to hold words of a list."""
SHOWN = 5
"""New values that are told."""
_DIALECT = ("kind", "encoding", "delimiter", "header_row", "header_rows", "sheet", "record_path")
"""What of a format a vendor would know of; quotes come and go with what needs some."""


@dataclass(frozen=True)
class Use:
    """What is made of a feed's columns."""

    targets: Map[str, Sequence[str]]
    """Targets that the mapping in force fills, with the headers that they take."""
    key: Collection[str]
    """Headers of the primary key."""

    def of(self, *headers: str) -> tuple[str, ...]:
        """Return the targets that any of these headers fills."""
        return tuple(target for target, taken in self.targets.items() if set(headers) & set(taken))

    def change(self, change: Change) -> Change:
        """Return a change with its use, and a person to look at it where it has one."""
        used_by = self.of(*change.columns)
        matters = bool(used_by) or bool(set(change.columns) & set(self.key))
        return change.model_copy(update={"used_by": used_by, "severity": "review" if matters else "info"})


def compare(before: FeedSpec, now: FeedSpec, use: Use) -> list[Change]:
    """Return what a delivery's spec says otherwise than the one before.

    Args:
        before: spec of the newest published delivery.
        now: spec of the delivery.
        use: what is made of the columns as they were.
    """
    pairs = same_columns(before, now)
    gone = [c for c in before.columns if c.source_name not in pairs]
    taken = {c.source_name for c in pairs.values()}
    added = [c for c in now.columns if c.source_name not in taken]
    changes = [use.change(c) for old in before.columns if old.source_name in pairs
               for c in _of_column(old, pairs[old.source_name])]  # fmt: skip
    changes += [use.change(Change(kind="column_removed", columns=(c.source_name,))) for c in gone]
    changes += [Change(kind="column_added", columns=(c.source_name,), after=f"{c.type} in {c.name}") for c in added]
    if (were := _key(before)) != (keys := _key(now)) and not _is_renamed(before, now, pairs):
        told = Change(kind="key_changed", columns=were, before=_listed(were), after=_listed(keys), severity="review")
        changes.append(told)
    if (old := _dialect(before.format, now.format)) != (new := _dialect(now.format, before.format)):
        changes.append(Change(kind="file_format", before=old or "without one", after=new or "without one"))
    return changes


def same_columns(before: FeedSpec, now: FeedSpec) -> dict[str, ColumnSpec]:
    """Return what each column of before is now, by its old header: the same header, else the same bronze column."""
    pairs = {c.source_name: same for c in before.columns if (same := now.column(c.source_name)) is not None}
    left = {stem(c.name): c for c in now.columns if before.column(c.source_name) is None}
    renamed = {c.source_name: left[stem(c.name)] for c in before.columns if c.source_name not in pairs
               and stem(c.name) in left}  # fmt: skip
    return pairs | renamed


def reordered(before: FeedSpec, names: Sequence[str]) -> Change | None:
    """Return that a file has the columns that both have in another order, or `None`."""
    known = [c.source_name for c in before.columns if c.source_name in set(names)]
    still = [name for name in names if name in set(known)]
    moved = next((k for k, (a, b) in enumerate(zip(known, still, strict=False)) if a != b), None)
    if moved is None:
        return None
    return Change(kind="columns_reordered", before=f"{known[moved]!r} at {moved + 1}", after=f"{still[moved]!r} there")


def _of_column(old: ColumnSpec, new: ColumnSpec) -> Iterator[Change]:
    header = (old.source_name,)
    if old.source_name != new.source_name:
        yield Change(kind="column_renamed", columns=header, before=old.source_name, after=new.source_name)
    if (old.type, old.unit) != (new.type, new.unit):
        yield Change(kind="column_retyped", columns=header, before=_typed(old), after=_typed(new))


def formats(before: FeedSpec, now: FeedSpec) -> list[Change]:
    """Return the columns whose values are of the same type, written in another way: read alike, so they only inform."""
    pairs = [(c, same) for c in before.columns if (same := same_columns(before, now).get(c.source_name)) is not None]
    rewritten = [(c, same) for c, same in pairs if _typed(c) == _typed(same) and c.format != same.format]
    return [
        Change(
            kind="column_format",
            columns=(old.source_name,),
            before=old.format or "plain",
            after=new.format or "plain",
        )
        for old, new in rewritten
    ]


def _typed(column: ColumnSpec) -> str:
    return f"{column.type} in {column.unit}" if column.unit else column.type


def _key(spec: FeedSpec) -> tuple[str, ...]:
    return tuple(c.source_name for name in spec.primary_key for c in spec.columns if c.name == name)


def _is_renamed(before: FeedSpec, now: FeedSpec, pairs: Map[str, ColumnSpec]) -> bool:
    """Whether the key is what it was under other headers: that is told of its columns."""
    return [pairs[h].source_name for h in _key(before) if h in pairs] == list(_key(now))


def _listed(headers: Sequence[str]) -> str:
    return " and ".join(repr(h) for h in headers) or "none"


def _dialect(one: FileFormat, other: FileFormat) -> str:
    """Say what of a format is otherwise than in another one."""
    told = {name: (getattr(one, name), getattr(other, name)) for name in _DIALECT}
    differing = {name: mine for name, (mine, theirs) in told.items() if mine != theirs and mine is not None}
    return ", ".join(f"{name.replace('_', ' ')} {mine!r}" for name, mine in differing.items())


@dataclass(frozen=True)
class Measures:
    """What one delivery holds, as bronze tells."""

    rows: int
    repeats: int = 0
    """Rows whose key another row has as well."""
    filled: Map[str, int] = field(default_factory=dict)
    """Bronze column to rows with a value."""
    medians: Map[str, float] = field(default_factory=dict)
    """Of numbers."""
    values: Map[str, frozenset[str]] = field(default_factory=dict)
    """Of columns with `FEW_VALUES` or less: all of them."""
    shown: Map[str, frozenset[str]] = field(default_factory=dict)
    """Of columns with few values in this delivery or another one compared: some."""


def compare_values(
    before: Measures, now: Measures, columns: Map[str, str], *, key: Sequence[str], use: Use, policy: DriftPolicy,
    max_repeats: float,
) -> list[Change]:  # fmt: skip
    """Return how the values of a delivery differ from those of another one.

    Args:
        before: the newest published delivery.
        now: the delivery.
        columns: bronze columns that both have, with their headers.
        key: headers of the primary key.
        use: what is made of the columns.
        policy: the bounds.
        max_repeats: share of rows from which a key that repeats is none.
    """
    changes: list[Change] = []
    if now.repeats and not before.repeats and before.rows:
        share = now.repeats / now.rows
        told = Change(
            kind="key_repeats", columns=tuple(key), before="none", after=_exactly(share), used_by=use.of(*key)
        )
        changes.append(told.model_copy(update={"severity": "review" if share > max_repeats else "info"}))
    if min(before.rows, now.rows) < policy.min_rows:
        return changes
    for name, header in columns.items():
        empty = [1 - m.filled.get(name, 0) / m.rows for m in (before, now)]
        if empty[1] - empty[0] > policy.max_nulls_gained:
            told = Change(kind="null_rate", columns=(header,), before=_about(empty[0]), after=_about(empty[1]))
            changes.append(use.change(told))
        changes += _medians(before.medians.get(name), now.medians.get(name), header, use, policy)
        if name in before.values and (new := now.shown.get(name, frozenset()) - before.values[name]):
            changes.append(Change(kind="new_values", columns=(header,), after=_some(new), used_by=use.of(header)))
    return changes


def _medians(before: float | None, now: float | None, header: str, use: Use, policy: DriftPolicy) -> Iterator[Change]:
    if not before or not now or before * now < 0:
        return
    ratio = now / before
    size = max(ratio, 1 / ratio)
    if size >= TOLD_RATIO:
        told = use.change(Change(kind="distribution", columns=(header,), before=f"{before:.4g}", after=_times(ratio)))
        yield told if size > policy.max_median_ratio else told.model_copy(update={"severity": "info"})


def _about(share: float) -> str:
    """Round, so that the same change is the same when it comes again."""
    return f"about {round(share * 10) * 10} %" if share else "none"


def _exactly(share: float) -> str:
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else "less than 1 %"


def _times(ratio: float) -> str:
    return f"about {float(f'{ratio:.1g}'):g} times"


def _some(values: Collection[str]) -> str:
    shown = ", ".join(repr(v) for v in sorted(values)[:SHOWN])
    return shown if len(values) <= SHOWN else f"{shown} and {len(values) - SHOWN} more"
