"""A mapping planned: pairs that fit best together, each with its expression and the reasons for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from agentic_lakehouse.brain.planner.assign import Pair, assign
from agentic_lakehouse.brain.planner.dimensions import side_lines
from agentic_lakehouse.brain.planner.expressions import covers_everything, expression
from agentic_lakehouse.brain.planner.meaning import Embedder
from agentic_lakehouse.brain.planner.money import currency_line
from agentic_lakehouse.brain.planner.quantities import source_unit, unit_column
from agentic_lakehouse.brain.planner.units import target_unit
from agentic_lakehouse.brain.question import MapQuestion, SourceColumn, TargetColumn
from agentic_lakehouse.sql.types import quote

UNIT_UNKNOWN = 0.85
"""Factor for a quantity whose unit nothing tells: it may be the target's, or not."""
TOGETHER = 0.85
"""How sure a key of several columns is: that it is unique is proved, what a person would choose is not."""
VALUES_UNKNOWN = 0.8
"""Factor for words that no synonym translates: they will be null."""


def mapped(
    question: MapQuestion, *, withdrawn: Collection[str] = (), embedder: Embedder | None = None
) -> dict[str, object]:
    """Plan a mapping, as `MappingProposal` has it.

    Args:
        question: sources and targets.
        withdrawn: targets whose earlier lines were refuted; they stay unmapped.
        embedder: says what headers mean, besides.
    """
    kept = question.model_copy(update={"targets": tuple(t for t in question.targets if t.name not in withdrawn)})
    pairs = assign(kept, embedder)
    lines = [_line(kept, pair) for pair in pairs]
    money = currency_line(kept, {kept.targets[p.target].name: kept.sources[p.source] for p in pairs})
    key = _key_line(kept, {p.target for p in pairs})
    sides = side_lines(kept, {p.target for p in pairs})
    return {"columns": [*lines, *sides, *(line for line in (money, key) if line)]}


def _key_line(question: MapQuestion, filled: Collection[int]) -> dict[str, object] | None:
    """Name variants by the columns that tell them apart together, where no column does alone."""
    wanting = [t for place, t in enumerate(question.targets) if t.key_part and place not in filled]
    if len(wanting) != 1 or not question.row_key:
        return None
    by_name = {s.name: s for s in question.sources}
    parts = [by_name[name] for name in question.row_key]
    texts = [quote(s.name) if s.type == "string" else f"CAST({quote(s.name)} AS VARCHAR)" for s in parts]
    together = " and ".join(repr(s.source_name) for s in parts)
    return {
        "target": wanting[0].name,
        "sources": [s.source_name for s in parts],
        "expression": f"concat_ws('/', {', '.join(texts)})",
        "confidence": TOGETHER,
        "rationale": f"{together} together tell every row apart; nothing does alone.",
    }


def _line(question: MapQuestion, pair: Pair) -> dict[str, object]:
    source, target = question.sources[pair.source], question.targets[pair.target]
    sql, sources = expression(question, source, target)
    confidence, reasons = pair.confidence, [_of_name(pair.name), _of_values(pair.value, filled=source.filled)]
    for factor, reason in _doubts(question, source, target):
        confidence *= factor
        reasons.append(reason)
    if pair.rival is not None:
        reasons.append(f"{question.sources[pair.rival].source_name!r} fits nearly as well")
    return {
        "target": target.name,
        "sources": sources,
        "expression": sql,
        "confidence": round(confidence, 2),
        "rationale": f"{source.source_name!r}: {'; '.join(r for r in reasons if r)}.",
    }


def _doubts(question: MapQuestion, source: SourceColumn, target: TargetColumn) -> Iterable[tuple[float, str]]:
    wanted = target_unit(target)
    known = source_unit(source, target, question.vendor_facts) or unit_column(question, source, target)
    if wanted and not known:
        yield UNIT_UNKNOWN, f"its unit is taken to be {wanted}, which nothing says"
    if target.valid_values and source.filled and not covers_everything(source, target):
        yield VALUES_UNKNOWN, "some of its words have no counterpart and become null"


def _of_name(name: float) -> str:
    if name >= 0.95:
        return "a name of the target"
    return "named much like the target" if name >= 0.6 else "named a little like the target" if name >= 0.3 else ""


def _of_values(value: float, *, filled: int) -> str:
    if not filled:
        return "empty so far, so the name alone speaks for it"
    if value >= 0.4:
        return "its values are what the target asks for"
    return "its values fit" if value >= 0 else "its values fit badly"
