"""Asset checks, made from the contracts by a factory: they show what the verifier asserted.

They do not guard the merge: Dagster lets a run through whose checks were deselected. `publish` reads the
verifier's own record instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import dagster as dg

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.governed import CheckResult
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.orchestration import metadata as md
from agentic_lakehouse.orchestration.failures import told_clearly
from agentic_lakehouse.orchestration.keys import Keys
from agentic_lakehouse.orchestration.partitions import feeds
from agentic_lakehouse.orchestration.resources import LakehouseResource
from agentic_lakehouse.pipeline.audit import BRONZE_CHECKS, CHANGED_SHARE, STAGED_CHECKS

NEEDS_REVIEW, DRIFT, RULE_SETS = "needs_review", "drift", "rule_sets"
FAMILIES = {
    "required": ("required", "Required columns have a value in every row."),
    "pattern": ("patterns", "Values have the form that the standard gives their column."),
    "min_length": ("lengths", "Texts are as long as the standard allows."),
    "max_length": ("lengths", "Texts are as long as the standard allows."),
    "minimum": ("ranges", "Numbers are within the standard's bounds."),
    "maximum": ("ranges", "Numbers are within the standard's bounds."),
    "valid_values": ("valid_values", "Values are among those that the standard lists."),
}
"""Rules that columns have in common are shown as one check a kind; the audit keeps each by its name."""


@dataclass(frozen=True)
class Shown:
    """One check as the UI shows it, and the audit's results that it stands for."""

    name: str
    description: str
    members: tuple[str, ...]


def build_checks(standard: ProductStandard, keys: Keys) -> list[dg.AssetChecksDefinition]:
    """Return the checks of the files' shape, of bronze, of the mapping and of the staged slice."""
    staged = {name: Shown(name, description, (name,)) for name, description in STAGED_CHECKS.items()}
    for rule in standard.rules:
        name, description = FAMILIES.get(rule.kind, (rule.name, rule.description))
        members = staged[name].members if name in staged else ()
        staged[name] = Shown(name, description, (*members, rule.name))
    return [
        _audit_check(keys.bronze, "bronze", [Shown(n, text, (n,)) for n, text in BRONZE_CHECKS.items()]),
        _drift_check(keys.feed_spec, seen_in=keys.bronze),
        _review_check(keys.mapping),
        _audit_check(keys.staged, "staged", list(staged.values()), rest=RULE_SETS),
    ]


def _audit_check(
    asset: dg.AssetKey, stage: Literal["bronze", "staged"], shown: Sequence[Shown], *, rest: str = ""
) -> dg.AssetChecksDefinition:
    """Return the checks of a stage; `rest` names the one for results that contracts did not foretell.

    Which rule sets hold for a feed is known only when it runs, the names of checks when the code is loaded.
    """
    told = [*shown, Shown(rest, "Rules of the rule sets that are in force for the feed.", ())] if rest else shown
    specs = [
        dg.AssetCheckSpec(s.name, asset=asset, description=s.description or None, blocking=True, partitions_def=feeds)
        for s in told
    ]

    @dg.multi_asset_check(name=f"audit_{stage}", specs=specs)
    def audit(context: dg.AssetCheckExecutionContext, lakehouse: LakehouseResource) -> Iterator[dg.AssetCheckResult]:
        feed = Feed.parse(context.partition_key)
        with told_clearly():
            audited = lakehouse.lakehouse.audit(feed, context.run.run_id, stage)
        found = {result.name: result for result in audited.results}
        for check in shown:
            more = md.impact(audited.impact) if audited.impact and check.name == CHANGED_SHARE else {}
            members = [found.pop(name) for name in check.members]
            yield _result(asset, check, members, waits=audited.waits is not None, more=more)
        if rest:
            yield _result(asset, told[-1], list(found.values()), waits=audited.waits is not None)

    return audit


def _result(
    asset: dg.AssetKey,
    check: Shown,
    results: Sequence[CheckResult],
    *,
    waits: bool,
    more: Mapping[str, Any] | None = None,
) -> dg.AssetCheckResult:
    """Return the worst of a family's results: what is broken is named, and an ERROR outweighs a WARN.

    Where all that is left is a person's word, nothing failed: the run ends well, and publishes nothing.
    """
    if not results:
        return dg.AssetCheckResult(passed=True, asset_key=asset, check_name=check.name, description="There are none.")
    broken = [r for r in results if not r.passed]
    worst = min(broken or results, key=lambda r: r.severity)
    told = [r.description for r in (broken or results[:1]) if r.description]
    return dg.AssetCheckResult(
        passed=not broken,
        asset_key=asset,
        check_name=check.name,
        severity=dg.AssetCheckSeverity.WARN if waits else dg.AssetCheckSeverity[worst.severity],
        description=" ".join(told) if len(results) == 1 or broken else check.description,
        metadata={**md.check_metadata(results), **(more or {})},
    )


def _review_check(asset: dg.AssetKey) -> dg.AssetChecksDefinition:
    @dg.asset_check(name=NEEDS_REVIEW, asset=asset, partitions_def=feeds)
    def needs_review(context: dg.AssetCheckExecutionContext, lakehouse: LakehouseResource) -> dg.AssetCheckResult:
        """Whether a person must look before this mapping runs."""
        with told_clearly():
            proposal = lakehouse.lakehouse.undecided(Feed.parse(context.partition_key))
        waits = proposal is not None
        return dg.AssetCheckResult(
            passed=not waits,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"`lakehouse review show {proposal.id}`: {proposal.reason}" if proposal else "Approved.",
            metadata={"proposal": proposal.id, "reason": proposal.reason} if proposal else {},
        )

    return needs_review


def _drift_check(asset: dg.AssetKey, *, seen_in: dg.AssetKey) -> dg.AssetChecksDefinition:
    @dg.asset_check(name=DRIFT, asset=asset, additional_deps=[seen_in], partitions_def=feeds)
    def drift(context: dg.AssetCheckExecutionContext, lakehouse: LakehouseResource) -> dg.AssetCheckResult:
        """Whether files have the shape of those before; what is used and changed waits for a person."""
        with told_clearly():
            changes = lakehouse.lakehouse.newest_drift(Feed.parse(context.partition_key))
        return dg.AssetCheckResult(
            passed=not changes,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(change.told for change in changes) or "Nothing changed.",
            metadata={"changes": dg.MetadataValue.json([change.model_dump(mode="json") for change in changes])},
        )

    return drift
