"""Rule sets from a folder of YAML files. One that cannot be read is told to the feeds it is about, and to no others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentic_lakehouse.contracts.cache import once_a_version
from agentic_lakehouse.contracts.files import fit
from agentic_lakehouse.contracts.rule_set import AppliesTo, RuleSet
from agentic_lakehouse.contracts.yaml_file import Place, read_yaml
from agentic_lakehouse.errors import ContractInvalid, UsageInvalid

ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class RuleFile:
    """One file, and the rule set that it holds or what is wrong with it."""

    place: Place
    rule_set: RuleSet | None
    about: AppliesTo
    """Which feeds it is about; all, where even that cannot be read."""
    error: ContractInvalid | None = None

    @property
    def name(self) -> str:
        """The rule set's name, or the file's where it has none."""
        return self.rule_set.name if self.rule_set else self.place.file.name


@once_a_version
def load_rule_file(path: Path) -> RuleFile:
    """Read one rule set.

    Raises:
        ContractInvalid: the file cannot be read, or a key or value of it does not fit.
    """
    place = read_yaml(path)
    rule_set = fit(place, RuleSet)
    return RuleFile(place, rule_set, rule_set.applies_to)


def load_rule_files(folder: Path) -> tuple[RuleFile, ...]:
    """Read the rule sets of a folder, by file name. What is wrong with a file stands in its line.

    Raises:
        UsageInvalid: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageInvalid(f"There is no folder {folder} of rule sets.", hint="Mend or unset LAKEHOUSE_RULES.")
    found: dict[str, RuleFile] = {}
    for path in sorted(p for p in folder.iterdir() if p.suffix in ENDINGS and p.is_file()):
        file = _load(path)
        if file.rule_set and (other := found.get(file.name)):
            problem = f"the rule set {file.name!r} stands in {other.place.file}, too."
            error = file.place.at("name").invalid(problem, "Give one of them another name.")
            file = RuleFile(file.place, None, file.about, error)
        found[file.name] = file
    return tuple(found.values())


def _load(path: Path) -> RuleFile:
    try:
        return load_rule_file(path)
    except ContractInvalid as error:
        return RuleFile(Place(path, None, 1), None, _about(path), error)


def _about(path: Path) -> AppliesTo:
    """Return the feeds that a file is about whose rule set does not fit; all where that cannot be told."""
    try:
        place = read_yaml(path).at("applies_to")
        return AppliesTo() if place.data is None else fit(place, AppliesTo)
    except ContractInvalid:
        return AppliesTo()
