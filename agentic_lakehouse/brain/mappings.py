"""From a model's lines to a mapping: sources are read from the expressions, and what is unmapped is computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Map

from sqlglot import exp

from agentic_lakehouse.brain.proposals import MappingLine, MappingProposal
from agentic_lakehouse.brain.unfit import Unfit
from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.guard import guard_expression


def mapping_lines(
    proposal: MappingProposal, spec: FeedSpec, standard: ProductStandard, usual: Callable[[str, str], str]
) -> tuple[ColumnMapping, ...]:
    """Check a proposal's lines one by one; sources are read from the expressions.

    Args:
        proposal: what a model said.
        spec: has the columns that there are.
        standard: has the targets that there are.
        usual: writes the expression that carries a source, named by its header, into a target.

    Raises:
        Unfit: a target or column is unknown or filled twice, or an expression is not one that the guard allows.
    """
    headers = {c.name: c.source_name for c in spec.columns}
    offered = {c.name for c in standard.offered}
    errors: list[str] = []
    lines: list[ColumnMapping] = []
    for target, count in Counter(line.target for line in proposal.columns).items():
        if target not in offered:
            errors.append(f"target {target!r} is not one of the targets offered.")
        elif count > 1:
            errors.append(f"target {target!r} has {count} lines; it can have one.")
    for line in proposal.columns:
        expression = line.expression
        if expression is None and line.target in offered:
            known = [source for source in line.sources if source in headers.values()]
            if len(known) != 1:
                errors.append(
                    f"target {line.target!r}: a line without an expression has exactly one source; these are: "
                    f"{list(headers.values())}."
                )
                continue
            expression = usual(known[0], line.target)
        try:
            lines.append(_line(line, expression or "", headers))
        except GuardRefused as refused:
            errors.append(f"target {line.target!r}: {refused}")
    if errors:
        raise Unfit(errors)
    return tuple(lines)


def mapping(lines: Iterable[ColumnMapping], spec: FeedSpec, standard: ProductStandard) -> Mapping:
    """Make a mapping of lines, each target's in the standard's order; what is unmapped is computed.

    Of several lines for one target, which batches that did not see each other may bring, the surest stands.
    """
    offered = [c.name for c in standard.offered]
    surest: dict[str, ColumnMapping] = {}
    for line in lines:
        rival = surest.get(line.target)
        if rival is None or (line.confidence or 0.0) > (rival.confidence or 0.0):
            surest[line.target] = line
    used = {source for line in surest.values() for source in line.sources}
    return Mapping(
        feed=str(spec.feed),
        standard=standard.label,
        columns=tuple(surest[name] for name in offered if name in surest),
        unmapped_sources=tuple(c.source_name for c in spec.columns if c.source_name not in used),
        unmapped_targets=tuple(name for name in offered if name not in surest),
    )


def _line(line: MappingLine, expression: str, headers: Map[str, str]) -> ColumnMapping:
    tree = guard_expression(expression, columns=headers)
    read = {column.name for column in tree.find_all(exp.Column)}
    return ColumnMapping(
        target=line.target,
        sources=tuple(source for name, source in headers.items() if name in read),
        expression=expression.strip(),
        confidence=line.confidence,
        rationale=line.rationale,
    )
