"""Rows of before keep their values where a column is gone: bronze still has it, and a line proposed anew reads it, too.

Such rows have nothing under a new column, and would lose their value when the slice is folded anew. Where nothing takes
the place of a column, its line goes on for them alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.pipeline.dryrun import DryRun
from agentic_lakehouse.pipeline.retype import taken_over
from agentic_lakehouse.sql.compiler import columns_read
from agentic_lakehouse.sql.plain import is_plain

WHY = "No column of today: rows of before keep what they had."
"""Why a line stands that no header fills."""


def with_former(
    lines: Iterable[ColumnMapping],
    lost: Iterable[ColumnMapping],
    spec: FeedSpec,
    standard: ProductStandard,
    dry_run: DryRun,
) -> list[ColumnMapping]:
    """Return lines proposed anew that read rows of before as well, as far as both go together.

    Args:
        lines: proposed anew, over what the feed has now.
        lost: lines whose columns are gone.
        spec: what the feed is now.
        standard: the table to fill.
        dry_run: tries a line on bronze; what does not run stays as it was proposed.
    """
    anew, here = {line.target: line for line in lines}, {c.name for c in spec.columns}
    for old in lost:
        line = anew.get(old.target)
        gone = tuple(name for name in _carried_from(old, standard, dry_run, alone=line is None) if name not in here)
        if not gone or (line is not None and _reads_through(line, gone, dry_run)):
            continue
        if line is None:
            both = old.model_copy(update={"sources": (), "former": gone, "rationale": WHY})
        else:
            expression = f"COALESCE({line.expression}, {old.expression})"
            both = line.model_copy(update={"expression": expression, "former": gone})
        if not dry_run.refuted(Mapping(feed=str(spec.feed), standard=standard.label, columns=(both,))):
            anew[old.target] = both
    return list(anew.values())


def _carried_from(old: ColumnMapping, standard: ProductStandard, dry_run: DryRun, *, alone: bool) -> tuple[str, ...]:
    """Return the bronze columns whose values a lost line carries; none where it writes values of its own.

    Words of a list are told one by one over one column: a line with them goes on alone, or not at all.
    """
    target = standard.column(old.target)
    if target is None or (target.valid_values and not alone):
        return ()
    try:
        plain = is_plain(old.expression, columns=dry_run.types, may_translate=bool(target.valid_values))
        return columns_read(old.expression, columns=dry_run.types) if plain else ()
    except GuardRefused:
        return ()


def _reads_through(line: ColumnMapping, gone: Collection[str], dry_run: DryRun) -> bool:
    """Whether a line reads rows of before already, under the name that a retyped column took; see `retype`."""
    before = taken_over(dry_run.types)
    return set(gone) <= {before.get(name) for name in columns_read(line.expression, columns=dry_run.types)}
