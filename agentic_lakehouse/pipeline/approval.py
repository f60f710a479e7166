"""Whether a proposed mapping may run without a person: the policy's word, with its reasons."""

from __future__ import annotations

from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.policy import ApprovalPolicy
from agentic_lakehouse.contracts.standard import ProductStandard, StandardColumn
from agentic_lakehouse.pipeline.judgement import FACT_TYPES
from agentic_lakehouse.sql.compiler import columns_read


def reasons_to_review(
    mapping: Mapping, *, standard: ProductStandard, policy: ApprovalPolicy, rejected_share: float
) -> list[str]:
    """Return why a person must look at `mapping`, one line each; empty where the policy lets it pass.

    Args:
        mapping: validated proposal.
        standard: says which targets are required.
        policy: the bars.
        rejected_share: share of sample rows that the dry run rejected, 0 to 1.
    """
    reasons = [f"required target {name!r} is filled by nothing" for name in unfilled(mapping, standard)]
    required = {c.name for c in standard.columns if c.required}
    for line in mapping.columns:
        bar = policy.min_confidence_required if line.target in required else policy.min_confidence
        if line.confidence is None:
            reasons.append(f"{line.target!r} came without a confidence")
        elif line.confidence < bar:
            sources = ", ".join(line.sources) or "a constant"
            reasons.append(f"{line.target!r} from {sources}: confidence {line.confidence:.2f} is below {bar:.2f}")
    if rejected_share > policy.max_rejected_share:
        reasons.append(
            f"the dry run rejected {rejected_share:.0%} of the sample rows; "
            f"the policy lets {policy.max_rejected_share:.0%} pass"
        )
    return reasons


def reasons_by_standing(
    mapping: Mapping, *, active: Mapping | None, is_new_vendor: bool, standard: ProductStandard, policy: ApprovalPolicy
) -> list[str]:
    """Return why a person must look at `mapping` for where it would stand, however sure it is.

    Args:
        mapping: validated proposal.
        active: the mapping in force; `None` before the first.
        is_new_vendor: whether nothing of the vendor was published yet.
        standard: says which targets are required.
        policy: what passes.
    """
    reasons = []
    if is_new_vendor and policy.new_vendor == "review":
        reasons.append("the vendor is new: nothing of it was published yet")
    if active is not None and policy.changed_required == "review":
        before = {line.target: line.expression for line in active.columns}
        after = {line.target: line.expression for line in mapping.columns}
        reasons += [
            f"required {c.name!r} would be filled by {after.get(c.name, 'nothing')}, and not by {before[c.name]}"
            for c in standard.columns
            if c.required and c.name in before and after.get(c.name) != before[c.name]
        ]
    return reasons


def unfilled(mapping: Mapping, standard: ProductStandard) -> list[str]:
    """Return required targets that neither the mapping, nor a fallback over mapped targets, nor the lake fills."""
    return [c.name for c in standard.columns if c.required and not _is_filled(c, mapping.targets, standard)]


def _is_filled(column: StandardColumn, mapped: frozenset[str], standard: ProductStandard) -> bool:
    if column.transform_logic is not None or column.name in mapped:
        return True
    if column.fallback_logic is None:
        return False
    targets = {c.name for c in standard.columns}
    read = columns_read(column.fallback_logic, columns=[*targets, *FACT_TYPES])
    return any(name not in targets or name in mapped for name in read)
