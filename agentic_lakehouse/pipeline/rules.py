"""Which rule sets hold for a feed, and whether they fit the standard.

Of each name one counts: the one that a person put in (`lakehouse rules put`), else the one of a file. Of these, a feed
is under those that are about it and in force on a day of one of its deliveries; others are none of its business, so
that a rule for one country, or for next year, gives other feeds and other rows nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.files import fit
from agentic_lakehouse.contracts.policy_version import PolicyVersion
from agentic_lakehouse.contracts.rule_files import RuleFile
from agentic_lakehouse.contracts.rule_set import AppliesTo, Normalisation, RuleSet
from agentic_lakehouse.contracts.standard import ProductStandard, Rule
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.contracts.yaml_file import Place, did_you_mean
from agentic_lakehouse.errors import ContractInvalid, EngineFailed, GuardRefused, RulesInvalid
from agentic_lakehouse.pipeline.audit import STAGED_CHECKS
from agentic_lakehouse.pipeline.judgement import FACT_TYPES
from agentic_lakehouse.pipeline.normalising import step
from agentic_lakehouse.sql.rules import breach

PLACED = "governance.policies"
Bind = Callable[[str, Map[str, str]], object]
"""Asks an engine whether SQL over columns of these types binds; see `Engine.bind`."""


@dataclass(frozen=True)
class Standing:
    """One rule set that counts, and where it stands."""

    rule_set: RuleSet
    place: Place
    version: PolicyVersion | None = None
    """Where a person put it in."""


def standing(files: Iterable[RuleFile], put: Iterable[PolicyVersion]) -> tuple[list[Standing], list[RuleFile]]:
    """Return the rule sets that count, by name, and the files that hold none."""
    found, wrong = {}, []
    for file in files:
        if file.rule_set is None:
            wrong.append(file)
        else:
            found[file.name] = Standing(file.rule_set, file.place)
    for version in put:
        place = Place(Path(f"{PLACED}/{version.name}"), version.content, 1)
        found.pop(version.name, None)
        try:
            found[version.name] = Standing(fit(place, RuleSet), place, version)
        except ContractInvalid as error:  # put in by a release that had other keys
            wrong.append(RuleFile(place, None, AppliesTo(), error))
    return [found[name] for name in sorted(found)], wrong


def rules_for(
    feed: Feed,
    facts: VendorFacts,
    *,
    standard: ProductStandard,
    files: Iterable[RuleFile],
    put: Iterable[PolicyVersion],
    days: Collection[date],
    bind: Bind,
) -> tuple[RuleSet, ...]:
    """Return the rule sets that a feed is under.

    Args:
        feed: whose rows they are about.
        facts: what we know of the vendor.
        standard: the standard in force.
        files: rule sets of files.
        put: those that people put in.
        days: `ingestion_date` of the feed's deliveries.
        bind: asks the engine what the guard cannot tell.

    Raises:
        RulesInvalid: one that is about the feed cannot be read, or does not fit the standard.
    """
    counting, wrong = standing(files, put)
    for file in wrong:
        if file.about.covers(feed, facts) and file.error is not None:
            raise _told(file.error)
    under = [
        s
        for s in counting
        if s.rule_set.standard in {None, standard.name}
        and s.rule_set.applies_to.covers(feed, facts)
        and any(s.rule_set.in_force(day) for day in days)
    ]
    for problem in problems(under, standard, bind):
        raise _told(problem)
    return tuple(s.rule_set for s in under)


def _told(error: ContractInvalid) -> RulesInvalid:
    return RulesInvalid(error.message, hint=error.hint, **error.details)


def problems(sets: Sequence[Standing], standard: ProductStandard, bind: Bind) -> Iterator[ContractInvalid]:
    """Yield why rule sets that hold together do not fit the standard, or one another."""
    taken = {rule.name: standard.label for rule in standard.rules} | dict.fromkeys(STAGED_CHECKS, "the lakehouse")
    for each in sets:
        yield from _problems(each, standard, bind)
        for number, rule in enumerate(each.rule_set.rules):
            if rule.name in taken:
                problem = f"{taken[rule.name]} has a rule {rule.name!r}, too."
                yield each.place.at("rules", number, "name").invalid(problem, "Give it another name.")
            taken[rule.name] = f"the rule set {each.rule_set.name!r}"


def _problems(each: Standing, standard: ProductStandard, bind: Bind) -> Iterator[ContractInvalid]:
    facts = dict.fromkeys((name for name in FACT_TYPES if name != "_ingestion_date"), "")

    def look(entry: Normalisation) -> None:
        compiled = step(entry, each.rule_set, standard=standard, given=facts)
        for sql in (*compiled.lookups.values(), compiled.value, compiled.applies):
            bind(sql, compiled.types)

    for number, entry in enumerate(each.rule_set.normalise):
        place = each.place.at("normalise", number)
        if standard.column(entry.column) is None or entry.column not in {c.name for c in standard.offered}:
            names = [c.name for c in standard.offered]
            yield place.at("column").invalid(
                f"{standard.name} has no column {entry.column!r} that a mapping may fill.",
                did_you_mean(entry.column, names),
            )
            continue
        bare = entry.model_copy(update={"when": ""})
        problem = _refusal(partial(look, bare), place.at("expression")) or _refusal(
            partial(look, entry), place.at("when")
        )
        if problem is not None:
            yield problem
    for number, rule in enumerate(each.rule_set.rules):
        place = each.place.at("rules", number)
        if (problem := _misfit(rule, place, standard, bind)) is not None:
            yield problem


def _misfit(rule: Rule, place: Place, standard: ProductStandard, bind: Bind) -> ContractInvalid | None:
    types = {c.name: c.physical_type for c in standard.columns}
    column = standard.column(rule.column or "")
    if rule.column is not None and column is None:
        return place.at("column").invalid(
            f"{standard.name} has no column {rule.column!r}.", did_you_mean(rule.column, types)
        )
    if rule.on_breach == "null_cell" and (column is None or column.required):
        problem = "is about no one column" if column is None else f"is about {column.name!r}, which is required"
        return place.at("on_breach").invalid(f"the rule {problem}: no cell can be emptied.", "Use `reject_row`.")
    return _refusal(lambda: bind(breach(rule, types=types), types), place.at("argument"))


def _refusal(look: Callable[[], object], place: Place) -> ContractInvalid | None:
    """Return why SQL cannot be used, with the place where it stands; `None` where it can."""
    try:
        look()
    except (GuardRefused, ContractInvalid, EngineFailed) as error:
        return place.invalid(error.message, error.hint)
    return None
