"""What a mapping makes of sample rows, row by row: the values before and after, and the rules that they break."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agentic_lakehouse.contracts.dossier import Breach, Example, Sampled
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.errors import EngineFailed, GuardRefused
from agentic_lakehouse.pipeline.conform import run_facts
from agentic_lakehouse.pipeline.dryrun import DryRun
from agentic_lakehouse.pipeline.judgement import Fault
from agentic_lakehouse.pipeline.judging import judge
from agentic_lakehouse.pipeline.removal import key_of
from agentic_lakehouse.sql.compiler import columns_read
from agentic_lakehouse.sql.types import quote

MAX_TEXT = 160
"""Characters of a cell that are shown."""
EXAMPLES = 5
"""Rows that show what one expression does."""
BREACHES = 10
"""Broken rules that are shown with their row."""
DUPLICATE_KEY = "duplicate_key"
"""As the fold calls a row whose key a later row of the same delivery has, too."""


def cut(text: object) -> str | None:
    """Return a value as text of bounded length."""
    if text is None:
        return None
    told = str(text)
    return told if len(told) <= MAX_TEXT else f"{told[:MAX_TEXT]}…"


@dataclass(frozen=True)
class SampleRows:
    """Every sample row as a mapping makes it."""

    mapping: Mapping
    standard: ProductStandard
    rows: Sequence[dict[str, Any]]
    faults: Sequence[Fault]
    headers: dict[str, str]
    """Bronze column to the vendor's header."""

    @property
    def rejected(self) -> int:
        """Rows that core would refuse."""
        return sum(row["_rejected"] or _is_repeated(row) for row in self.rows)

    def of(self, line: ColumnMapping) -> Sampled:
        """Tell what one line does."""
        own = [fault for fault in self.faults if fault.column == line.target]
        broken = {f.rule: count for f in own if (count := sum(bool(row[f.flag]) for row in self.rows))}
        result = f"t:{line.target}"
        return Sampled(
            rows=len(self.rows),
            empty=sum(row[result] is None for row in self.rows),
            broken=broken,
            examples=tuple(self._examples(line, own)),
        )

    def _examples(self, line: ColumnMapping, own: Sequence[Fault]) -> list[Example]:
        read = columns_read(line.expression, columns=self.headers)
        told: dict[tuple[str | None, tuple[str, ...]], Example] = {}
        for row in self.rows:
            example = Example(
                read={self.headers[name]: cut(row[f"b:{name}"]) for name in read},
                result=cut(row[f"t:{line.target}"]),
                broken=tuple(fault.rule for fault in own if row[fault.flag]),
            )
            told.setdefault((example.result, example.broken), example)
        return sorted(told.values(), key=lambda e: (not e.broken, e.result is None))[:EXAMPLES]

    def breaches(self) -> tuple[Breach, ...]:
        """Return rules that rows break, those that cost the row first, as many different ones as there is room for."""
        found = [self._breach(row, fault) for fault in self.faults for row in self.rows if row[fault.flag]]
        found += [self._repeated(row) for row in self.rows if _is_repeated(row)]
        met: Counter[str] = Counter()
        ranked = []
        for breach in found:
            ranked.append((breach.cost != "reject_row", met[breach.rule], breach.rule, breach))
            met[breach.rule] += 1
        ranked.sort(key=lambda r: r[:3])
        return tuple(breach for *_, breach in ranked[:BREACHES])

    def breach_counts(self) -> dict[str, int]:
        """Return how many rows break each rule, the most frequent first."""
        met = Counter({fault.rule: sum(bool(row[fault.flag]) for row in self.rows) for fault in self.faults})
        met[DUPLICATE_KEY] = sum(_is_repeated(row) for row in self.rows)
        return {rule: count for rule, count in met.most_common() if count}

    def _breach(self, row: dict[str, Any], fault: Fault) -> Breach:
        return Breach(
            delivery_id=row["_delivery_id"],
            row_number=row["_row_number"],
            rule=fault.rule,
            column=fault.column,
            cost=fault.cost,
            value=cut(row[fault.value]) if fault.column else self._values(row, fault.rule),
            message=fault.message,
        )

    def _values(self, row: dict[str, Any], rule: str) -> str:
        """Return the values that a rule over the whole row speaks of."""
        said = next((str(r.argument) for r in self.standard.rules if r.name == rule), "")
        named = [c.name for c in self.standard.columns if re.search(rf"\b{re.escape(c.name)}\b", said)]
        return cut(", ".join(f"{name} {row[f't:{name}']}" for name in named)) or ""

    def _repeated(self, row: dict[str, Any]) -> Breach:
        return Breach(
            delivery_id=row["_delivery_id"],
            row_number=row["_row_number"],
            rule=DUPLICATE_KEY,
            column=None,
            cost="reject_row",
            value=None,
            message="another row of the delivery has the same key",
        )


def sample_rows(mapping: Mapping, dry_run: DryRun, spec: FeedSpec) -> SampleRows | None:
    """Run a mapping on the sample; `None` where it cannot run."""
    facts = run_facts(dry_run.feed, dry_run.facts)
    former = {name: f"{name} (of earlier deliveries)" for name in dry_run.types}
    headers = {**former, **{c.name: c.source_name for c in spec.columns}}
    try:
        judgement = judge(
            mapping, standard=dry_run.standard, bronze_types=dry_run.types, facts=facts, unseen=dry_run.unseen
        )
        read = {name for line in mapping.columns for name in columns_read(line.expression, columns=dry_run.types)}
        repeat = f"row_number() OVER (PARTITION BY {judgement.rejected}, _delivery_id, {key_of(dry_run.standard)})"
        shown = [_text(f"b.{quote(name)}", f"b:{name}") for name in sorted(read)]
        shown += [_text(f"j.{quote(c.name)}", f"t:{c.name}") for c in dry_run.standard.columns]
        for fault in judgement.faults:
            shown += [f"j.{fault.flag}", _text(f"j.{fault.value}", fault.value)]
        sql = (
            f"SELECT b._delivery_id, b._row_number, {', '.join(shown)}, {judgement.rejected} AS _rejected, j._repeat "
            f"FROM bronze AS b JOIN (SELECT *, {repeat} AS _repeat FROM ({judgement.over()})) AS j "
            "USING (_delivery_id, _row_number) ORDER BY hash(_delivery_id, _row_number)"
        )
        rows = dry_run.engine.query(sql, {"bronze": dry_run.sample}).to_pylist()
    except (EngineFailed, GuardRefused):
        return None
    return SampleRows(mapping, dry_run.standard, rows, judgement.faults, headers)


def _is_repeated(row: dict[str, Any]) -> bool:
    """Whether another row of the delivery takes its place; of refused rows none counts twice."""
    return not row["_rejected"] and row["_repeat"] > 1


def _text(value: str, name: str) -> str:
    """Return SQL for the beginning of a value: one letter more than is shown tells that there was more."""
    return f"left(CAST({value} AS VARCHAR), {MAX_TEXT + 1}) AS {quote(name)}"
