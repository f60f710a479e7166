"""The lakehouse learns: what people decided on headers and words is evidence for the next vendor.

A decision teaches pairs: a header and the target that it fills, a word and the listed value that it stands for. For
another vendor of the same standard and language they are further synonyms of the standard: the planner weighs them
against values as it does any synonym, a model sees them among the standard's names, and a reviewer is told where they
come from. They are never more than evidence: no line is copied.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sqlglot import exp

from agentic_lakehouse.brain.planner.tokens import words
from agentic_lakehouse.brain.planner.vocabulary import fold
from agentic_lakehouse.contracts.governed import Review
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.precedent import AS_APPROVED, Precedent, Stance
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.errors import GuardRefused
from agentic_lakehouse.sql.plain import is_plain
from agentic_lakehouse.sql.reading import parse
from agentic_lakehouse.sql.word_lists import word_list

NOTHING = ""
"""Target of a header that fills none."""
_TELLING = re.compile(r"[^\W\d_]{3,}")
"""A word that says something: `F1`, `#3` and `x` do not."""

Claim = tuple[str, str, str]
"""Key, target and value of a precedent."""


def header_key(header: str) -> str:
    """Return a header as headers are compared."""
    return " ".join(words(header))


def language_of(facts: VendorFacts) -> str:
    """Return a vendor's language, such as `de`; empty where its facts name none."""
    return facts.locale.replace("-", "_").partition("_")[0].lower() if facts.locale else ""


def taught(
    mapping: Mapping,
    stance: Stance,
    *,
    standard: ProductStandard,
    facts: VendorFacts,
    review: Review,
    standing: Mapping | None = None,
) -> list[Precedent]:
    """Return what a decision on a mapping teaches.

    Lines over several columns, and lines that write values of their own, teach nothing: they are about one vendor.
    Where a mapping takes the place of another one, what both say was not in question when it is rejected; and a header
    that lost its target was left so by what changed in the feed, which says nothing of such headers elsewhere.

    Args:
        mapping: as it was decided on.
        stance: what the person said of it.
        standard: what it maps onto.
        facts: say the vendor's language.
        review: who said so, and when.
        standing: the mapping that was in force.
    """
    old = standing.columns if standing else ()
    settled = {(c.target, c.sources, c.expression) for c in old} if stance == "rejected" else set()
    asked = [c for c in mapping.columns if (c.target, c.sources, c.expression) not in settled]
    single = [(line, standard.column(line.target)) for line in asked if len(line.sources) == 1]
    pairs = [(line.target, *pair) for line, target in single if target is not None for pair in _pairs(line, target)]
    if stance == "approved":
        known = {source for line in old for source in line.sources} | set(standing.unmapped_sources if standing else ())
        unused = [s for s in mapping.unmapped_sources if s not in known and _TELLING.search(s)]
        pairs += [(NOTHING, "column", header_key(source), source, "") for source in unused]
    found = [
        Precedent(
            standard=standard.name,
            kind=kind,
            language=language_of(facts),
            key=key,
            text=text,
            target=target,
            value=value,
            stance=stance,
            feed=mapping.feed,
            proposal_id=review.proposal_id,
            by=review.by,
            created_at=review.created_at,
        )
        for target, kind, key, text, value in pairs
    ]
    return list({(p.kind, p.claim): p for p in found}.values())


def _pairs(line: ColumnMapping, target: StandardColumn) -> Iterator[tuple[Literal["column", "word"], str, str, str]]:
    if not line.sources:  # it reads rows of before alone
        return
    source = line.sources[0]
    try:
        columns = {c.name for c in parse(f"SELECT {line.expression}").find_all(exp.Column)}
        carries = is_plain(line.expression, columns=columns, may_translate=bool(target.valid_values))
        listed = word_list(line.expression, columns=columns, values=target.valid_values)
    except GuardRefused:
        return
    if carries and _TELLING.search(source):
        yield "column", header_key(source), source, ""
    if target.valid_values and listed is not None:
        yield from (("word", fold(word), word, value) for word, value in listed.pairs.items() if value is not None)


def corrected(before: Mapping, after: Sequence[Precedent], **how: Any) -> list[Precedent]:
    """Return what an edit teaches: what the person wrote is approved, what they took out is rejected."""
    kept = {(p.kind, p.claim) for p in after}
    return [*after, *(p for p in taught(before, "rejected", **how) if (p.kind, p.claim) not in kept)]


@dataclass(frozen=True)
class Learned:
    """What bears on one vendor of all that was learned."""

    own: ProductStandard
    """As it is written."""
    precedents: Sequence[Precedent] = ()
    """Of the vendor's language, oldest first."""

    @cached_property
    def standard(self) -> ProductStandard:
        """The standard with what was learned among its synonyms: for matching alone, its identity is that of `own`."""
        names, meanings = self._by_target("column"), self._by_target("word")
        if not names and not meanings:
            return self.own
        return self.own.model_copy(
            update={"columns": tuple(_with(c, names[c.name], meanings[c.name]) for c in self.own.columns)}
        )

    def origins(self, line: ColumnMapping) -> list[Precedent]:
        """Return the precedents that speak for a line, one a feed, the newest first."""
        keys = {header_key(source) for source in line.sources}
        found = [p for p in self._standing("column") if p.target == line.target and p.key in keys]
        return list({p.feed: p for p in found}.values())[::-1]

    def aside(self, headers: Iterable[str]) -> frozenset[str]:
        """Return the headers that people left unused for other feeds, and that fill nothing anywhere."""
        filling = {p.key for p in self._standing("column") if p.target != NOTHING}
        unused = {p.key for p in self._standing("column") if p.target == NOTHING}
        return frozenset(h for h in headers if header_key(h) in unused - filling)

    def told(self, mapping: Mapping) -> Mapping:
        """Return a mapping whose lines say by whom and for whom the same was approved before."""
        lines = []
        for line in mapping.columns:
            others = [p for p in self.origins(line) if p.feed != mapping.feed]
            lines.append(line.model_copy(update={"rationale": _why(line, others)}) if others else line)
        return mapping.model_copy(update={"columns": tuple(lines)})

    def used_by(self, mapping: Mapping) -> tuple[str, ...]:
        """Return the proposals whose approval speaks for any line or word of a mapping."""
        found = {p.proposal_id for line in mapping.columns for p in self.origins(line) if p.feed != mapping.feed}
        others = [p for p in self._standing("word") if p.feed != mapping.feed]
        for line in mapping.columns:
            target = self.own.column(line.target)
            if target is not None and target.valid_values:
                claims = {(key, line.target, value) for _, key, _, value in _pairs(line, target)}
                found |= {p.proposal_id for p in others if p.claim in claims}
        return tuple(sorted(found))

    def reasons(self, mapping: Mapping) -> list[str]:
        """Return why a person must look: lines that people rejected before, and that nobody approved."""
        reasons = []
        for line in mapping.columns:
            for source in line.sources:
                claim = (header_key(source), line.target, "")
                if claim in self._refused:
                    before = self._refused[claim]
                    reasons.append(f"{line.target!r} from {source}: {before.by} rejected that for {before.feed}")
        return reasons

    @cached_property
    def _balance(self) -> dict[Claim, tuple[int, int]]:
        """For each claim, the feeds that approved it and that rejected it; of one feed the last word counts."""
        last: dict[tuple[Claim, str], Stance] = {(p.claim, p.feed): p.stance for p in self.precedents}
        found: dict[Claim, list[int]] = defaultdict(lambda: [0, 0])
        for (claim, _), stance in last.items():
            found[claim][stance == "rejected"] += 1
        return {claim: (yes, no) for claim, (yes, no) in found.items()}

    @cached_property
    def _refused(self) -> dict[Claim, Precedent]:
        refused = [p for p in self.precedents if p.stance == "rejected"]
        return {p.claim: p for p in refused if self._balance[p.claim][0] <= self._balance[p.claim][1]}

    def _standing(self, kind: Literal["column", "word"]) -> list[Precedent]:
        """Approved precedents that more feeds speak for than against."""
        return [
            p
            for p in self.precedents
            if p.kind == kind and p.stance == "approved" and self._balance[p.claim][0] > self._balance[p.claim][1]
        ]

    def _by_target(self, kind: Literal["column", "word"]) -> dict[str, list[Precedent]]:
        """One precedent a claim, by target, those of the most feeds first."""
        found: dict[str, list[Precedent]] = defaultdict(list)
        once = {p.claim: p for p in self._standing(kind)}
        for claim in sorted(once, key=lambda c: (-self._balance[c][0], c)):
            found[once[claim].target].append(once[claim])
        return found


def _why(line: ColumnMapping, others: Sequence[Precedent]) -> str:
    first, more = others[0], f" and {len(others) - 1} more" if len(others) > 1 else ""
    return f"{line.rationale} Approved before: {first.text!r} of {first.feed}, by {first.by}{more}.".strip()


def _with(column: StandardColumn, names: Iterable[Precedent], meanings: Iterable[Precedent]) -> StandardColumn:
    known = {header_key(s) for listed in column.synonyms.values() for s in listed} | {header_key(column.name)}
    learned = tuple(p.text for p in names if p.key not in known)
    synonyms = {**column.synonyms, AS_APPROVED: learned} if learned else column.synonyms
    words_of = {value: list(listed) for value, listed in column.value_synonyms.items()}
    for p in meanings:
        words_of.setdefault(p.value, []).append(p.text)
    values = {value: tuple(dict.fromkeys(listed)) for value, listed in words_of.items()}
    return column.model_copy(update={"synonyms": synonyms, "value_synonyms": values})
