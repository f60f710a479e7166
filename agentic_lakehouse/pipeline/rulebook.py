"""What people see of rule sets, and do with them: list, show, put in, retire."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from agentic_lakehouse.contracts.base import Record
from agentic_lakehouse.contracts.policy_version import PolicyVersion
from agentic_lakehouse.contracts.rule_files import RuleFile, load_rule_file, load_rule_files
from agentic_lakehouse.contracts.rule_set import RuleSet
from agentic_lakehouse.contracts.yaml_file import did_you_mean
from agentic_lakehouse.errors import UsageInvalid
from agentic_lakehouse.pipeline.lakehouse import Lakehouse
from agentic_lakehouse.pipeline.parts import Parts
from agentic_lakehouse.pipeline.review import Reviewer, require_token
from agentic_lakehouse.pipeline.rules import Standing, problems, standing


class RuleSetLine(Record):
    """One rule set that counts, or a file that holds none."""

    name: str
    owner: str = ""
    standard: str | None = None
    effective_from: date | None = None
    effective_until: date | None = None
    origin: str
    """The file, or `put in by NAME, version N`."""
    sha256: str = ""
    problem: str = ""
    """Why the feeds that it is about do not run; empty where nothing is wrong."""


def rulebook(house: Parts) -> list[RuleSetLine]:
    """Return every rule set that counts, by name, then files that hold none."""
    counting, wrong = standing(load_rule_files(house.settings.rules), house.lake.policies.put_in())
    return [*(_line(house, each) for each in counting), *map(_wrong, wrong)]


def _line(house: Parts, each: Standing) -> RuleSetLine:
    s, put = each.rule_set, each.version
    about = s.standard in {None, house.standard.name}
    problem = next(problems([each], house.standard, house.bind), None) if about else None
    return RuleSetLine(
        name=s.name,
        owner=s.owner,
        standard=s.standard,
        effective_from=s.effective_from,
        effective_until=s.effective_until,
        origin=f"put in by {put.by}, version {put.version}" if put else str(each.place.file),
        sha256=s.sha256,
        problem=problem.message if problem else "",
    )


def _wrong(file: RuleFile) -> RuleSetLine:
    return RuleSetLine(
        name=file.name, origin=str(file.place.file), problem=file.error.message if file.error is not None else ""
    )


def history(house: Parts, name: str) -> tuple[RuleSet | None, list[PolicyVersion]]:
    """Return a rule set as it counts, and every version that governance knows of it.

    Raises:
        UsageInvalid: there is none of that name, and there was none.
    """
    counting, _ = standing(load_rule_files(house.settings.rules), house.lake.policies.put_in())
    now = next((each.rule_set for each in counting if each.rule_set.name == name), None)
    versions = house.lake.policies.versions("rule_set", name)
    if now is None and not versions:
        known = [each.rule_set.name for each in counting]
        raise UsageInvalid(
            f"There is no rule set {name!r}.", hint=did_you_mean(name, known) if known else "There are none.", name=name
        )
    return now, versions


def put(house: Lakehouse, path: Path, *, by: Reviewer, note: str = "") -> PolicyVersion:
    """Put a rule set of a file in; from now on it goes before a file of its name.

    Raises:
        ContractInvalid: it cannot be read, or does not fit the standard in force.
        ReviewRefused: the lake has a review token, and it was not given.
        UsageInvalid: it is about another standard, or stands already just so.
    """
    require_token(house, by.token)
    [each], _ = standing([load_rule_file(path)], ())
    if each.rule_set.standard not in {None, house.standard.name}:
        raise UsageInvalid(
            f"{path} is about {each.rule_set.standard}; the standard in force is {house.standard.name}.",
            hint="Mend `standard`, or leave it out.",
        )
    for problem in problems([each], house.standard, house.bind):
        raise problem
    return house.lake.policies.put(each.rule_set, by=by.name, note=note)


def retire(house: Lakehouse, name: str, *, by: Reviewer) -> PolicyVersion:
    """Take a rule set out that was put in.

    Raises:
        ReviewRefused: the lake has a review token, and it was not given.
        UsageInvalid: none of that name was put in.
    """
    require_token(house, by.token)
    return house.lake.policies.retire(name, by=by.name)
