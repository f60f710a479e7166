"""A mapping as a reviewer reads it: each line beside the standard's term, with what it does to sample rows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from agentic_lakehouse.contracts.dossier import Change, Line, MappingView, Sampled, Source, Term
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.policy import ApprovalPolicy
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.contracts.tables import bronze_name, bronze_table
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.errors import EngineFailed
from agentic_lakehouse.pipeline.conform import relation
from agentic_lakehouse.pipeline.dryrun import SAMPLE_ROWS, DryRun
from agentic_lakehouse.pipeline.edit import where_it_stands
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.sampled import SampleRows, cut, sample_rows
from agentic_lakehouse.sql.types import literal

SOURCE_ROWS = 40
"""Rows in which values of columns that nothing takes are looked for."""
SOURCE_VALUES = 5
"""Different values of such a column that are shown."""
MAX_TERM = 400
"""Characters of a definition, or of a rationale, that are shown."""
PRECEDENTS = 3
"""Other feeds that are named for a line."""


def mapping_view(
    house: Lakehouse, spec: FeedSpec, mapping: Mapping, before: Mapping | None
) -> tuple[MappingView, tuple[str, ...]]:
    """Tell what a mapping does, and why something of it could not be shown."""
    with house.staging() as scratch, ExitStack() as trials:
        trial = _trial(house, spec, scratch, trials)
        if trial is None:
            caveat = "There are no rows to try it on: the feed has nothing in bronze with these columns."
            return _told(house, spec, mapping, before, None), (caveat,)
        return _told(house, spec, mapping, before, trial), ()


def _trial(house: Lakehouse, spec: FeedSpec, scratch: Path, trials: ExitStack) -> DryRun | None:
    """Set up a trial on the newest delivery: what is new of a feed is what a person is asked about."""
    view, name = where_it_stands(house, spec.feed), bronze_name(house.standard, spec)
    if not view.exists(name) or not view.row_count(name):
        return None
    bronze = relation(view, name, scratch)
    types = {**bronze.types, **bronze_table(house.standard, spec).types}  # also what earlier deliveries had
    try:
        last = house.engine.query("SELECT max(_delivery_id) AS newest FROM bronze", {"bronze": bronze}).to_pylist()
        first = f"SELECT * FROM bronze WHERE _delivery_id = {literal(last[0]['newest'])} LIMIT {SAMPLE_ROWS}"
        taken = house.engine.transform(first, {"bronze": bronze}, scratch / "newest.parquet", types=types)
        return trials.enter_context(house.dry_run(spec, Relation(files=[taken.path], types=types), scratch))
    except EngineFailed:
        return None


def _told(
    house: Lakehouse, spec: FeedSpec, mapping: Mapping, before: Mapping | None, trial: DryRun | None
) -> MappingView:
    standard = house.standard_for(spec.feed)
    errors: dict[str, tuple[str, ...]] = {}
    rows: SampleRows | None = None
    wrong: tuple[str, ...] = ()
    if trial is not None:
        wrong = tuple(trial.refuted(mapping))
        rows = sample_rows(mapping, trial, spec)
        if rows is None:
            errors = {c.target: trial.try_expression(c.target, c.expression).errors for c in mapping.columns}
            able = tuple(c for c in mapping.columns if not errors[c.target])
            rows = sample_rows(mapping.model_copy(update={"columns": able}), trial, spec)
    learned = house.learned(spec.feed)
    lines = []
    for changed in changes(mapping, before):
        line = _line(standard, house.policy.approval, changed, rows=rows, errors=errors.get(changed.now.target, ()))
        others = [p for p in learned.origins(changed.now) if p.feed != mapping.feed]
        lines.append(line.model_copy(update={"precedents": tuple(others[:PRECEDENTS])}))
    order = {c.name: place for place, c in enumerate(standard.columns)}
    lines.sort(key=lambda line: order.get(line.term.name, len(order)))
    return MappingView(
        lines=tuple(lines),
        unmapped_sources=_sources(spec, mapping.unmapped_sources, trial),
        unmapped_targets=_targets(standard, mapping),
        sample_rows=len(rows.rows) if rows else 0,
        rejected_rows=rows.rejected if rows else 0,
        breaches=rows.breaches() if rows else (),
        breach_counts=rows.breach_counts() if rows else {},
        errors=wrong,
    )


class Changed(NamedTuple):
    """A line, the one that it takes the place of, and what that makes it."""

    now: ColumnMapping
    before: ColumnMapping | None
    change: Change


def changes(mapping: Mapping, before: Mapping | None) -> list[Changed]:
    """Return each line with the one that it takes the place of; those that go are told as they were."""
    if before is None:
        return [Changed(line, None, "first") for line in mapping.columns]
    old = {line.target: line for line in before.columns}
    found: list[Changed] = []
    for line in mapping.columns:
        was = old.pop(line.target, None)
        if was is None:
            found.append(Changed(line, None, "added"))
        elif (was.sources, was.expression) == (line.sources, line.expression):
            found.append(Changed(line, None, "same"))
        else:
            found.append(Changed(line, was, "changed"))
    return [*found, *(Changed(gone, None, "removed") for gone in old.values())]


def _line(
    standard: ProductStandard,
    bars: ApprovalPolicy,
    changed: Changed,
    *,
    rows: SampleRows | None,
    errors: tuple[str, ...],
) -> Line:
    now, before, change = changed
    column = standard.column(now.target)
    is_tried = rows is not None and change != "removed" and now in rows.mapping.columns
    return Line(
        term=term_of(column) if column else Term(name=now.target),
        line=now.model_copy(update={"rationale": now.rationale[:MAX_TERM]}),
        change=change,
        before=before,
        bar=bars.min_confidence_required if column and column.required else bars.min_confidence,
        sampled=rows.of(now) if rows is not None and is_tried else Sampled(),
        errors=errors,
    )


def term_of(column: StandardColumn) -> Term:
    """Return what a reviewer needs of a column of the standard."""
    return Term(
        name=column.name,
        business_name=column.business_name,
        definition=column.definition[:MAX_TERM],
        type=column.physical_type,
        required=column.required,
        unit=column.unit or "",
        examples=column.examples[:SOURCE_VALUES],
        allowed=column.valid_values,
        filled_by=column.fallback_logic or "",
    )


def _targets(standard: ProductStandard, mapping: Mapping) -> tuple[Term, ...]:
    open_ones = [c for c in standard.offered if c.name not in mapping.targets]
    return tuple(term_of(c) for c in sorted(open_ones, key=lambda c: not c.required))


def _sources(spec: FeedSpec, headers: Sequence[str], trial: DryRun | None) -> tuple[Source, ...]:
    columns = [c for header in headers if (c := spec.column(header)) is not None]
    rows = trial.sample_rows([c.name for c in columns], SOURCE_ROWS) if trial is not None and columns else []
    values = {c.name: dict.fromkeys(cut(r[c.name]) or "" for r in rows if r[c.name] is not None) for c in columns}
    return tuple(
        Source(source_name=c.source_name, type=c.type, values=tuple(values[c.name])[:SOURCE_VALUES]) for c in columns
    )
