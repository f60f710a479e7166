"""The currency of prices that carry it in their cells (`15.00 USD`, `12,50 €`), where no column of its own says it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentic_lakehouse.brain.planner.tokens import lexicon, words
from agentic_lakehouse.brain.planner.units import UNITS, is_currency
from agentic_lakehouse.brain.planner.values import is_numeric, shown
from agentic_lakehouse.brain.question import MapQuestion, SourceColumn
from agentic_lakehouse.sql.types import literal, quote

MOST = 0.9
"""Share of a price's cells that must name a currency."""
CONFIDENCE = 0.85
CODE = "(?i)[a-z]{3}"
"""Regular expression of an ISO 4217 code beside an amount."""
_CODE = re.compile(rf"^\s*{CODE[4:]}\b|\b{CODE[4:]}\s*$", re.IGNORECASE)


def currency_line(question: MapQuestion, taken: Mapping[str, SourceColumn]) -> dict[str, object] | None:
    """Return a mapping line for an open currency target from the first price that names currencies, or `None`."""
    target = next(
        (
            t.name
            for t in question.targets
            if t.name not in taken
            and not is_numeric(t)
            and any("currency" in lexicon().concepts_of(w) for w in words(t.name))
        ),
        None,
    )
    numeric = [taken[t.name] for t in question.targets if t.name in taken and is_numeric(t)]
    source = next((s for s in numeric if is_currency(s.unit) or _names_currency(s)), None)
    if target is None or source is None:
        return None
    column = quote(source.name)
    return {
        "target": target,
        "sources": [source.source_name],
        "expression": f"upper(regexp_extract({column}, {literal(CODE)}))"
        if source.type == "string"
        else f"CASE WHEN {column} IS NOT NULL THEN {literal(source.unit or '')} END",
        "confidence": CONFIDENCE,
        "rationale": f"{source.source_name!r} writes the currency beside each amount.",
    }


def _names_currency(source: SourceColumn) -> bool:
    """Say whether nearly all cells of text are an amount with a code of three letters that is no unit of measure."""
    if source.type != "string":
        return False
    codes = {n.removeprefix("unit:"): count for n, count in source.semantics.items() if n.startswith("unit:")}
    money = sum(count for code, count in codes.items() if len(code) == 3 and code.isalpha() and code not in UNITS)
    values = shown(source)
    return money >= MOST * source.filled > 0 and all(_CODE.search(v) for v in values)
