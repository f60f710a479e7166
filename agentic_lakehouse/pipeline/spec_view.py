"""A spec as a reviewer reads it: what it says of a file and its columns, and what it said before."""

from __future__ import annotations

from collections.abc import Mapping as Map

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.dossier import Change, Claim, ColumnClaims, SpecView
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec
from agentic_lakehouse.contracts.profile import FeedProfile
from agentic_lakehouse.pipeline.sampled import cut

VALUES = 5
"""Cells of a column that are shown."""


def spec_view(spec: FeedSpec, before: FeedSpec | None, measured: FeedProfile | None) -> SpecView:
    """Tell what a spec says.

    Args:
        spec: as proposed.
        before: in force, where one is.
        measured: the file that it is about, where its bytes are kept.
    """
    cells = {c.source_name: c.samples for c in measured.columns} if measured else {}
    old = {c.source_name: c for c in before.columns} if before else {}
    columns = [_column(c, old.get(c.source_name), cells, is_first=before is None) for c in spec.columns]
    gone = [c for name, c in old.items() if spec.column(name) is None]
    columns += [
        ColumnClaims(source_name=c.source_name, change="removed", claims=_claims(c, None, "source_name")) for c in gone
    ]
    whole = [*_claims(spec.format, before.format if before else None), *_keys(spec, before)]
    return SpecView(format=tuple(whole), columns=tuple(columns))


def _column(
    column: ColumnSpec, before: ColumnSpec | None, cells: Map[str, tuple[str, ...]], *, is_first: bool
) -> ColumnClaims:
    claims = _claims(column, before, "source_name")
    change: Change = "first" if is_first else "added" if before is None else "same"
    if before is not None and any(claim.before is not None for claim in claims):
        change = "changed"
    values = cells.get(column.source_name, ())[:VALUES]
    return ColumnClaims(
        source_name=column.source_name, change=change, claims=claims, values=tuple(cut(v) or "" for v in values)
    )


def _keys(spec: FeedSpec, before: FeedSpec | None) -> list[Claim]:
    """Tell the key and what is filled down, which are of no one column."""
    told = []
    for name in ("primary_key", "fill_down"):
        now, was = _text(getattr(spec, name)), _text(getattr(before, name)) if before else None
        if now or was:
            told.append(Claim(name=name, value=now, before=None if was == now else was))
    return told


def _claims(record: Record, before: Record | None, *left_out: str) -> tuple[Claim, ...]:
    """Return what differs from the default, or from before; digits only of a decimal."""
    told = []
    for name, field in type(record).model_fields.items():
        if name in left_out or (name in {"precision", "scale"} and getattr(record, "type", "") != "decimal"):
            continue
        now = getattr(record, name)
        was = getattr(before, name) if before is not None else now
        if now != was or now != field.get_default():
            told.append(Claim(name=name, value=_text(now), before=None if now == was else _text(was)))
    return tuple(told)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Record):
        return ", ".join(f"{name} {_text(part)}" for name, part in value)
    if isinstance(value, tuple):
        return ", ".join(str(part) if part != "" else "''" for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return cut(value) or ""
