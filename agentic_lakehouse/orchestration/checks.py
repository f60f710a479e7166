"""Asset checks, made from the contracts by a factory: they show what the verifier asserted.

They do not guard the merge: Dagster lets a run through whose checks were deselected. `publish` reads the
verifier's own record instead.
"""

from collections.abc import Iterator
from typing import Literal

import dagster as dg

from agentic_lakehouse.contracts.feed import Feed
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.orchestration import metadata as md
from agentic_lakehouse.orchestration.failures import told_clearly
from agentic_lakehouse.orchestration.keys import Keys
from agentic_lakehouse.orchestration.partitions import feeds
from agentic_lakehouse.orchestration.resources import LakehouseResource
from agentic_lakehouse.pipeline.audit import BRONZE_CHECKS, staged_check_names

NEEDS_REVIEW = "needs_review"


def build_checks(standard: ProductStandard, keys: Keys) -> list[dg.AssetChecksDefinition]:
    """Return the checks of bronze, of the mapping and of the staged slice."""
    staged = {name: description for name, (description, _) in staged_check_names(standard).items()}
    return [
        _audit_check(keys.bronze, "bronze", BRONZE_CHECKS),
        _review_check(keys.mapping),
        _audit_check(keys.staged, "staged", staged),
    ]


def _audit_check(
    asset: dg.AssetKey, stage: Literal["bronze", "staged"], names: dict[str, str]
) -> dg.AssetChecksDefinition:
    specs = [
        dg.AssetCheckSpec(name, asset=asset, description=text or None, blocking=True, partitions_def=feeds)
        for name, text in names.items()
    ]

    @dg.multi_asset_check(name=f"audit_{stage}", specs=specs)
    def audit(context: dg.AssetCheckExecutionContext, lakehouse: LakehouseResource) -> Iterator[dg.AssetCheckResult]:
        feed = Feed.parse(context.partition_key)
        with told_clearly():
            audited = lakehouse.lakehouse.audit(feed, context.run.run_id, stage)
        for result in audited.results:
            yield dg.AssetCheckResult(
                passed=result.passed,
                asset_key=asset,
                check_name=result.name,
                severity=dg.AssetCheckSeverity[result.severity],
                description=result.description or None,
                metadata=md.check_metadata(result),
            )

    return audit


def _review_check(asset: dg.AssetKey) -> dg.AssetChecksDefinition:
    @dg.asset_check(name=NEEDS_REVIEW, asset=asset, partitions_def=feeds)
    def needs_review(context: dg.AssetCheckExecutionContext, lakehouse: LakehouseResource) -> dg.AssetCheckResult:
        """Whether a person must look before this mapping runs."""
        proposal = lakehouse.lakehouse.undecided(Feed.parse(context.partition_key))
        waits = proposal is not None
        return dg.AssetCheckResult(
            passed=not waits,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"`lakehouse review show {proposal.id}`: {proposal.reason}" if proposal else "Approved.",
            metadata={"proposal": proposal.id, "reason": proposal.reason} if proposal else {},
        )

    return needs_review
