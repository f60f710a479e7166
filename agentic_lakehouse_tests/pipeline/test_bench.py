"""What a model may look at while it maps a feed: rows of bronze and an expression tried on them, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentic_lakehouse.contracts.tables import bronze_name
from agentic_lakehouse.pipeline.conform import relation
from agentic_lakehouse.pipeline.dryrun import EXAMPLES, DryRun
from agentic_lakehouse.testing import Sandbox

GOODS = "sku,title,price,currency,note\n" + "".join(
    f"S{n},Stapler {n},{n - 2}.50,EUR,{'soon' if n % 4 else n}\n" for n in range(40)
)


@pytest.fixture
def bench(sandbox: Sandbox, tmp_path: Path) -> Iterator[DryRun]:
    feed = sandbox.drop("acme/feed", GOODS)
    sandbox.run(feed)
    house = sandbox.lakehouse
    spec = house.spec_in_force(feed)
    bronze = relation(house.lake.view("main"), bronze_name(house.standard, spec), tmp_path)
    with house.dry_run(spec, bronze, tmp_path) as trial:
        yield trial


def test_rows_are_shown_as_text_and_the_same_ones_each_time(bench: DryRun) -> None:
    shown = bench.sample_rows(["price", "note"], 3)

    assert [set(row) for row in shown] == [{"price", "note"}] * 3
    assert all(isinstance(row["price"], str) for row in shown)
    assert bench.sample_rows(["price", "note"], 3) == shown


def test_an_expression_is_tried_with_what_it_breaks_and_loses(bench: DryRun) -> None:
    tried = bench.try_expression("price", '"price"')

    assert (tried.errors, tried.rows, tried.nulls) == ((), 40, 0)
    [(rule, count)] = tried.violations.items()
    assert ("price" in rule, count) == (True, 2)
    assert len(tried.examples) == EXAMPLES
    assert {float(row["price"] or 0) for row in tried.examples[:2]} == {-2.5, -1.5}

    lossy = bench.try_expression("stock_quantity", 'TRY_CAST("note" AS BIGINT)')
    assert lossy.nulls == 30

    read = bench.try_expression("title", 'upper("title") || \' \' || "sku"')
    assert read.examples[0]["result"] == f"{read.examples[0]['title'].upper()} {read.examples[0]['sku']}"
    assert read.violations == {}


@pytest.mark.parametrize(
    ("target", "expression", "says"),
    [
        ("price", '"preis"', "preis"),
        ("price", "(SELECT 1)", "not allowed"),
        ("price", "read_text('/etc/passwd')", "read_text"),
        ("title", "current_setting('home_directory')", "current_setting"),
        ("price", "'a' || ", "cannot be read"),
        ("price", '"sku" + "title"', "price"),
    ],
)
def test_what_may_not_run_or_cannot_is_told_and_does_nothing(
    bench: DryRun, target: str, expression: str, says: str
) -> None:
    tried = bench.try_expression(target, expression)

    assert says in tried.errors[0]
    assert (tried.rows, tried.examples) == (0, ())
