"""The graph as Dagster knows it, and what guards it."""

from __future__ import annotations

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion

from agentic_lakehouse.contracts.tables import core_table
from agentic_lakehouse.orchestration.graph import JOB, graph
from agentic_lakehouse.testing import Sandbox

GOOD = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(20))


def described(spec: dg.AssetSpec) -> dict[str, object]:
    return {
        "key": spec.key.to_user_string(),
        "deps": sorted(d.asset_key.to_user_string() for d in spec.deps),
        "group": spec.group_name,
        "kinds": sorted(spec.kinds),
        "description": spec.description,
        "partitions": spec.partitions_def.name if spec.partitions_def else None,
        "skippable": spec.skippable,
    }


def test_the_graph_loads_and_its_assets_are_these(sandbox: Sandbox, snapshot: SnapshotAssertion) -> None:
    definitions = graph(sandbox.settings)
    dg.Definitions.validate_loadable(definitions)

    specs = sorted(definitions.resolve_all_asset_specs(), key=lambda spec: spec.key)

    assert [described(spec) for spec in specs] == snapshot


def test_checks_come_from_the_contracts(sandbox: Sandbox, snapshot: SnapshotAssertion) -> None:
    checks = graph(sandbox.settings).resolve_asset_graph().asset_check_keys

    assert sorted(f"{key.asset_key.to_user_string()}:{key.name}" for key in checks) == snapshot


def run_only(sandbox: Sandbox, feed: object, *assets: str) -> dg.ExecuteInProcessResult:
    """Materialise some assets by hand, as a click in the UI does."""
    job = graph(sandbox.settings).resolve_implicit_global_asset_job_def()
    sandbox.instance.add_dynamic_partitions("feeds", [str(feed)])
    return job.execute_in_process(
        partition_key=str(feed),
        instance=sandbox.instance,
        asset_selection=[dg.AssetKey.from_user_string(a) for a in assets],
        raise_on_error=False,
    )


def failure(result: dg.ExecuteInProcessResult) -> str:
    return "\n".join(str(e.step_failure_data.user_failure_data.description) for e in result.get_step_failure_events())


def test_publishing_alone_after_a_failed_audit_refuses(sandbox: Sandbox, tmp_path) -> None:
    lake = Sandbox(tmp_path / "strict", standard=standard_with_an_unkeepable_rule(sandbox, tmp_path))
    feed = lake.drop("acme/feed", GOOD)
    failed = lake.run(feed)
    assert (failed.status, failed.reason) == ("failed", "audit")

    by_hand = run_only(lake, feed, "product_core/product")

    assert not by_hand.success
    assert "unkeepable" in failure(by_hand)
    assert "Hint:" in failure(by_hand)
    assert lake.query("SELECT count(*) AS n FROM product_core.product") == [{"n": 0}]


def standard_with_an_unkeepable_rule(sandbox: Sandbox, tmp_path):
    """The shipped standard, with one more table rule that no table keeps."""
    import yaml

    contract = yaml.safe_load(sandbox.settings.standard.read_text(encoding="utf-8"))
    contract["schema"][0].setdefault("quality", []).append(
        {
            "name": "unkeepable",
            "type": "sql",
            "query": "SELECT COUNT(DISTINCT vendor_name) FROM {object}",
            "mustBe": 0,
            "severity": "error",
            "dimension": "accuracy",
        }
    )
    path = tmp_path / "unkeepable.odcs.yaml"
    path.write_text(yaml.safe_dump(contract, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def test_publishing_alone_on_a_feed_that_never_ran_refuses(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", GOOD)

    by_hand = run_only(sandbox, feed, "product_core/product")

    assert not by_hand.success
    assert "Hint:" in failure(by_hand)


def test_a_run_without_checks_publishes_nothing(sandbox: Sandbox) -> None:
    feed = sandbox.drop("acme/feed", GOOD)
    definitions = graph(sandbox.settings)
    sandbox.instance.add_dynamic_partitions("feeds", [str(feed)])
    unchecked = dg.AssetSelection.all() - dg.AssetSelection.all_asset_checks()
    job = dg.define_asset_job("unchecked", selection=unchecked)
    resolved = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def("unchecked")

    result = resolved.execute_in_process(partition_key=str(feed), instance=sandbox.instance, raise_on_error=False)

    assert not result.success
    assert sandbox.query("SELECT count(*) AS n FROM product_core.product") == [{"n": 0}]


def test_a_feed_that_awaits_review_is_a_green_run(sandbox: Sandbox) -> None:
    text = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))
    feed = sandbox.drop("cryptic/feed", text)
    sandbox.instance.add_dynamic_partitions("feeds", [str(feed)])

    result = (
        graph(sandbox.settings)
        .resolve_job_def(JOB)
        .execute_in_process(partition_key=str(feed), instance=sandbox.instance, raise_on_error=False)
    )

    assert result.success
    materialised = {e.asset_key.path[-1] for e in result.get_asset_materialization_events()}
    assert materialised == {"vendor_files", "feed_spec", "bronze", "product_mapping"}
    [check] = [c for c in result.get_asset_check_evaluations() if c.check_name == "needs_review"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_removal_that_awaits_review_is_a_green_run_that_publishes_nothing(sandbox: Sandbox) -> None:
    sandbox.facts("acme", "delivery: full\n")
    feed = sandbox.drop("acme/feed", GOOD)
    sandbox.run(feed)
    sandbox.drop("acme/feed", "".join(GOOD.splitlines(keepends=True)[:8]), name="second.csv")

    result = (
        graph(sandbox.settings)
        .resolve_job_def(JOB)
        .execute_in_process(partition_key=str(feed), instance=sandbox.instance, raise_on_error=False)
    )

    assert result.success
    assert "product" not in {e.asset_key.path[-1] for e in result.get_asset_materialization_events()}
    [check] = [c for c in result.get_asset_check_evaluations() if c.check_name == "removed_share"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert sandbox.query("SELECT count(*) AS n FROM product_core.product") == [{"n": 20}]


@pytest.mark.parametrize("key", ["llm/model", "llm/prompt_sha256", "llm/input_tokens", "llm/raw_output"])
def test_the_ui_is_told_which_model_answered_which_prompt(sandbox: Sandbox, key: str) -> None:
    feed = sandbox.drop("acme/feed", GOOD)
    sandbox.run(feed)

    for asset in ("product_raw/feed_spec", "product_core/product_mapping"):
        event = sandbox.instance.get_latest_materialization_event(dg.AssetKey.from_user_string(asset))
        assert key in event.asset_materialization.metadata


def test_the_ui_is_told_what_every_column_of_core_is_made_of(sandbox: Sandbox) -> None:
    sandbox.run(sandbox.drop("acme/feed", GOOD))
    columns = set(core_table(sandbox.lakehouse.standard).types)

    for asset in ("product_core/product_staged", "product_core/product"):
        event = sandbox.instance.get_latest_materialization_event(dg.AssetKey.from_user_string(asset))
        lineage = event.asset_materialization.metadata["dagster/column_lineage"].value
        assert set(lineage.deps_by_column) == columns
        [sku] = lineage.deps_by_column["sku"]
        assert (sku.asset_key.path[-1], sku.column_name) == ("bronze", "sku")
        assert sku in lineage.deps_by_column["product_key"]


def test_the_ui_is_told_what_a_person_should_know_of_a_file(sandbox: Sandbox) -> None:
    header, *rows = GOOD.splitlines()
    feed = sandbox.drop("acme/feed", "\n".join([f"{header},day", *(f"{row},03/04/2024" for row in rows)]) + "\n")
    sandbox.run(feed)

    event = sandbox.instance.get_latest_materialization_event(dg.AssetKey.from_user_string("product_raw/feed_spec"))
    [warning] = event.asset_materialization.metadata["warnings"].value
    assert warning.startswith("'day': dates such as '03/04/2024'")


def test_the_ui_warns_of_words_that_nobody_has_explained(sandbox: Sandbox) -> None:
    words = [*["neu"] * 10, *["used"] * 10, "Bastler"]
    rows = [f"S{n},Stapler {n},{n}.50,EUR,{word}" for n, word in enumerate(words, 1)]
    feed = sandbox.drop("acme/feed", "\n".join(["sku,title,price,currency,condition", *rows, ""]))
    sandbox.instance.add_dynamic_partitions("feeds", [str(feed)])

    result = (
        graph(sandbox.settings)
        .resolve_job_def(JOB)
        .execute_in_process(partition_key=str(feed), instance=sandbox.instance, raise_on_error=False)
    )

    assert result.success
    [check] = [c for c in result.get_asset_check_evaluations() if c.check_name == "unseen_values"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.metadata["count"].value == 1
    staged = [e for e in result.get_asset_materialization_events() if e.asset_key.path[-1] == "product_staged"]
    assert staged[0].materialization.metadata["unseen_words"].value == 1
    assert sandbox.query("SELECT count(*) AS n FROM product_core.product") == [{"n": 21}]
