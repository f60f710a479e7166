"""The SQL of rule sets: which version of them a row is conformed under, and each step that normalises its values.

Every part of a rule set holds for rows of the versions in which it is in force. A row's version follows from the day
of its delivery alone, so that a row is judged the same whenever that is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass

from agentic_lakehouse.contracts.rule_set import Lookup, Normalisation, RuleSet
from agentic_lakehouse.contracts.rules_in_force import periods, versions_of
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.contracts.tables import RULES_SHA256
from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.pipeline.judgement import FACT_TYPES
from agentic_lakehouse.sql.compiler import compile_expression
from agentic_lakehouse.sql.doubt import any_of, compile_doubt
from agentic_lakehouse.sql.lookups import Looked, lookup_sql, take_lookups
from agentic_lakehouse.sql.scope import nearest
from agentic_lakehouse.sql.types import listed, literal, quote

Facts = Map[str, str | None]


def normalises_rule(target: str) -> str:
    """Return the name under which a value is kept that a rule set could not normalise."""
    return f"{target}_normalises"


def version_sql(standard: ProductStandard) -> str:
    """Return SQL of the version that a bronze row is conformed under, from its `ingestion_date`."""
    found = periods(standard.rule_sets)
    values = [literal(p.version) if p.version else "NULL::VARCHAR" for p in found]
    if len(found) == 1:
        return values[0]
    later = [(p.first, v) for p, v in zip(found[1:], values[1:], strict=True)]
    whens = " ".join(f"WHEN \"ingestion_date\" >= DATE '{first}' THEN {value}" for first, value in reversed(later))
    return f"CASE {whens} ELSE {values[0]} END"


@dataclass(frozen=True)
class Step:
    """A normalisation as SQL over mapped targets."""

    column: StandardColumn
    lookups: Map[str, str]
    """Helper columns that it reads, and what each looks up."""
    value: str
    applies: str
    """True of rows that it changes, never null."""
    message: str
    may_empty: bool
    parts: tuple[tuple[str, dict[str, str]], ...]
    """Expressions that the value hangs on, with the types of what they may read."""
    looked: tuple[Looked, ...]

    @property
    def types(self) -> dict[str, str]:
        """Columns that its SQL may read, helper columns among them."""
        return self.parts[0][1]

    @property
    def lost(self) -> str:
        """True of rows whose value it would make no value."""
        return f"({self.applies} AND {quote(self.column.name)} IS NOT NULL AND ({self.value}) IS NULL)"

    def hangs(self, doubts: Map[str, str], given: Facts) -> str:
        """Return SQL that is true of rows in which the new value hangs on a doubtful cell."""
        known = dict(doubts)
        for call in self.looked:
            found = [compile_doubt(text, types=self.types, doubts=doubts, given=given) for text in _texts(call)]
            known[call.column] = any_of(found)
        return any_of(compile_doubt(text, types=types, doubts=known, given=given) for text, types in self.parts)


def _texts(call: Looked) -> tuple[str, ...]:
    return (call.word, call.day) if call.day else (call.word,)


def steps(standard: ProductStandard, given: Facts) -> Iterator[Step]:
    """Yield the normalisations in force, in their order.

    Args:
        standard: the standard under its rule sets.
        given: the run's facts.

    Raises:
        GuardRefused: the guard does not allow one of their expressions.
    """
    for rule_set in standard.rule_sets:
        versions = versions_of(rule_set, standard.rule_sets)
        for number, entry in enumerate(rule_set.normalise):
            prefix = f"_k_{rule_set.name}_{number}_"
            yield step(entry, rule_set, standard=standard, given=given, versions=versions, prefix=prefix)


def step(
    entry: Normalisation,
    rule_set: RuleSet,
    *,
    standard: ProductStandard,
    given: Facts,
    versions: tuple[str, ...] = (),
    prefix: str = "_k",
) -> Step:
    """Compile one normalisation.

    Args:
        entry: one of `rule_set`.
        rule_set: has the lookups.
        standard: has the columns.
        given: the run's facts.
        versions: those of rows that it is about; all where there are none.
        prefix: what the names of helper columns begin with.

    Raises:
        GuardRefused: the guard does not allow one of its expressions.
    """
    offered = {c.name: c for c in standard.offered}
    if entry.column not in offered:
        raise GuardRefused(
            f"There is no column {entry.column!r} that a mapping may fill.",
            hint=nearest(entry.column, list(offered)),
            node="Column",
            column=entry.column,
        )
    column, known = offered[entry.column], {c.name: c.physical_type for c in offered.values()} | FACT_TYPES
    value, looked = take_lookups(entry.expression, lookups=rule_set.lookups, prefix=f"{prefix}v")
    # AND takes truth values alone: what is none is refused here.
    when, asked = take_lookups(f"({entry.when or 'TRUE'}) AND TRUE", lookups=rule_set.lookups, prefix=f"{prefix}w")
    calls = (*looked, *asked)
    types = known | {call.column: rule_set.lookups[call.name].type for call in calls}
    applies = compile_expression(when, types=types, target_type=None, given=given)
    in_force = [f"{RULES_SHA256} IN ({listed(versions)})"] if versions else []
    return Step(
        column=column,
        lookups={call.column: _looked(call, rule_set.lookups[call.name], known, given) for call in calls},
        value=compile_expression(value, types=types, target_type=column.physical_type, given=given),
        applies=f"COALESCE({' AND '.join([*in_force, f'({applies})'])}, FALSE)",
        message=f"rule set {rule_set.name} makes no value of it{f': {entry.why}' if entry.why else ''}",
        may_empty=entry.may_empty,
        parts=((value, types), (when, types)),
        looked=calls,
    )


def _looked(call: Looked, lookup: Lookup, types: Map[str, str], given: Facts) -> str:
    word = compile_expression(call.word, types=types, target_type="string", given=given)
    day = compile_expression(call.day, types=types, target_type="date", given=given) if call.day else None
    return lookup_sql(lookup, f"({word})", f"({day})")
