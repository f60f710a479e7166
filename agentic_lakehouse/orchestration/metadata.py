"""Outcomes of steps as Dagster metadata: what the UI shows of rows, schemas, lineage, prompts and models."""

from __future__ import annotations

import json
from collections.abc import Mapping as Map
from collections.abc import Sequence
from typing import Any

import dagster as dg

from agentic_lakehouse.contracts.feed_spec import FeedSpec
from agentic_lakehouse.contracts.governed import CheckResult, ModelCall, Proposal
from agentic_lakehouse.contracts.impact import Impact
from agentic_lakehouse.contracts.mapping import Mapping
from agentic_lakehouse.contracts.rule_set import RuleSet
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import TableSchema
from agentic_lakehouse.pipeline.column_deps import column_deps

MAX_PROMPT = 4_000
"""Characters of a rendered prompt that the UI is given; the journal has all of it."""


def llm(calls: Sequence[ModelCall]) -> dict[str, Any]:
    """Return the `llm/*` keys: which model answered which prompt, and what it cost."""
    if not calls:
        return {"llm/attempts": 0, "llm/cached": True}
    last = calls[-1]
    made = [c for c in calls if not c.cached]
    costs = [c.cost_usd for c in made]
    return {
        "llm/model": last.model_version or last.model,
        "llm/prompt": dg.MetadataValue.md(f"```\n{last.rendered_prompt[:MAX_PROMPT]}\n```"),
        "llm/prompt_name": last.prompt,
        "llm/prompt_sha256": last.prompt_sha256,
        "llm/raw_output": dg.MetadataValue.md(f"```json\n{last.raw_output[:MAX_PROMPT]}\n```"),
        "llm/input_tokens": sum(c.input_tokens for c in made),
        "llm/output_tokens": sum(c.output_tokens for c in made),
        "llm/cost_usd": "unknown" if None in costs else float(sum(c for c in costs if c is not None)),
        "llm/attempts": len(made),
        "llm/cached": not made,
        "llm/call_id": last.id,
    }


def settled(targets: Sequence[str], mapping: Mapping) -> dict[str, Any]:
    """Return which columns needed no model, and their share of all that are filled; nothing where all were asked."""
    if not targets:
        return {}
    return {"llm/settled": ", ".join(targets), "llm/settled_share": len(targets) / len(mapping.columns)}


def column_schema(schema: TableSchema, required: frozenset[str] = frozenset()) -> dg.TableSchema:
    """Return a kept table's columns as the UI shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name,
                c.type,
                description=c.doc or None,
                constraints=dg.TableColumnConstraints(nullable=c.name not in required),
            )
            for c in schema.columns
        ]
    )


def column_lineage(
    mapping: Mapping, spec: FeedSpec, standard: ProductStandard, bronze: dg.AssetKey
) -> dg.TableColumnLineage:
    """Return which bronze columns every column of core is made of, derived ones and those of lineage included."""
    deps = column_deps(mapping, spec, standard)
    return dg.TableColumnLineage(
        {target: [dg.TableColumnDep(bronze, name) for name in names] for target, names in deps.items()}
    )


def mapping_table(mapping: Mapping, standard: ProductStandard) -> dg.MetadataValue[Any]:
    """Return a mapping as a Markdown table: target, sources, expression, confidence."""
    rows = [
        f"| {line.target} | {', '.join(line.sources)} | `{line.expression.replace('|', chr(92) + '|')}` "
        f"| {'' if line.confidence is None else f'{line.confidence:.2f}'} |"
        for line in mapping.columns
    ]
    head = f"Onto {standard.label}\n\n| target | sources | expression | confidence |\n|---|---|---|---|"
    return dg.MetadataValue.md("\n".join([head, *rows]))


def rule_sets(found: Sequence[RuleSet]) -> dict[str, Any]:
    """Return the rule sets that a slice was conformed under, by name: owner, effective dates and sha256."""
    told = {
        s.name: {
            "owner": s.owner,
            "effective_from": s.effective_from and s.effective_from.isoformat(),
            "effective_until": s.effective_until and s.effective_until.isoformat(),
            "sha256": s.sha256,
        }
        for s in found
    }
    return {"rule_sets": dg.MetadataValue.json(told)} if told else {}


def proposal(found: Proposal, standard: ProductStandard) -> dg.MetadataValue[Any]:
    """Return a proposal as a person reads it: a mapping as its table, else its content."""
    if found.kind == "mapping":
        return mapping_table(Mapping.model_validate(found.content), standard)
    shown = json.dumps(found.content, indent=1, ensure_ascii=False)
    return dg.MetadataValue.md(f"{found.reason}\n\n```json\n{shown[:MAX_PROMPT]}\n```")


def counts(found: Map[str, int]) -> dg.MetadataValue[Any]:
    """Return labelled counts as JSON."""
    return dg.MetadataValue.json(dict(found))


def impact(found: Impact) -> dict[str, Any]:
    """Return what publishing would do to core: numbers, plotted over time, and the columns that change."""
    rows = [
        f"| {c.column} | {c.changed} | {c.nulls_gained} | {'' if c.median_ratio is None else f'{c.median_ratio:g}'} |"
        for c in found.columns
    ]
    head = "| column | keys changed | emptied | median ratio |\n|---|---|---|---|"
    return {
        "impact/new_keys": found.new,
        "impact/changed_keys": found.changed,
        "impact/removed_keys": found.removed,
        "impact/columns": dg.MetadataValue.md("\n".join([head, *rows])),
    }


def check_metadata(results: Sequence[CheckResult]) -> dict[str, Any]:
    """Return what a check found: the count (plotted over time), samples, and the SQL that shows them."""
    found: dict[str, Any] = {"count": sum(r.count for r in results)}
    told = [r for r in results if not r.passed] or (results if len(results) == 1 else [])
    if len(results) > 1:
        found["rules"] = dg.MetadataValue.json({r.name: r.count for r in results})
    if any(r.sql for r in told):
        sql = ";\n\n".join(r.sql for r in told if r.sql)
        found["sql"] = dg.MetadataValue.md(f"```sql\n{sql[:MAX_PROMPT]}\n```")
    if samples := [sample for r in told for sample in r.samples]:
        found["samples"] = dg.MetadataValue.json(json.loads(json.dumps(samples, default=str)))
    return found
