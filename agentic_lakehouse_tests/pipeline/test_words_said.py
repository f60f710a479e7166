"""Whatever a column holds and a model answers: a word has a value only where somebody said so, and was sure enough."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentic_lakehouse.brain.value_words import ValuesQuestion, implied, named
from agentic_lakehouse.contracts.feed_spec import ColumnSpec, FeedSpec, FileFormat
from agentic_lakehouse.contracts.mapping import ColumnMapping, Mapping
from agentic_lakehouse.contracts.meanings import Meaning, Meanings
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.contracts.policy import ApprovalPolicy
from agentic_lakehouse.contracts.standard import ProductStandard
from agentic_lakehouse.contracts.tables import bronze_table
from agentic_lakehouse.contracts.vendor import VendorFacts
from agentic_lakehouse.engines.base import Relation
from agentic_lakehouse.engines.local import LocalEngine
from agentic_lakehouse.pipeline.dryrun import DryRun
from agentic_lakehouse.pipeline.words import Known, worded
from agentic_lakehouse.sql.compiler import compile_expression
from agentic_lakehouse.sql.word_lists import key_of
from agentic_lakehouse_tests.conftest import PROJECT

SPEC = FeedSpec(
    vendor_name="acme",
    table_name="feed",
    format=FileFormat(kind="csv"),
    columns=(ColumnSpec(source_name="Zustand", name="zustand", type="string"),),
)
POLICY = ApprovalPolicy()
VALUES = ("new", "refurbished", "used")

words = st.sampled_from(["neu", "NEU ", "Gebraucht", "general-überholt", "ja", "nein", "x", "Bastler", "used?", "1"])
cells = st.one_of(words, st.text(max_size=6), st.none())
meant = st.tuples(st.sampled_from([*VALUES, None]), st.one_of(st.none(), st.floats(0, 1)))


@dataclass
class Oracle:
    """A brain that says whatever a test lets it say."""

    says: list[tuple[str | None, float | None]]
    ladder: tuple[str, ...] = ("oracle",)
    said: dict[str, Meaning] = field(default_factory=dict)

    def map_values(self, asked: ValuesQuestion, **_: Any) -> Any:
        answers = [
            Meaning(word=w.word, value=value, confidence=sure)
            for n, w in enumerate(asked.words)
            for value, sure in [self.says[n % len(self.says)]]
        ]
        self.said |= {key_of(m.word): m for m in answers}
        call = SimpleNamespace(id="call")
        return SimpleNamespace(value=Meanings(words=tuple(answers)), model_version="oracle", calls=(call,))


@pytest.fixture(scope="module")
def standard() -> ProductStandard:
    return load_standard(PROJECT / "data" / "contracts" / "product_core.odcs.yaml")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    column=st.lists(cells, min_size=1, max_size=20),
    pairs=st.dictionaries(words, st.sampled_from([*VALUES, "junk"]), max_size=3),
    answered=st.dictionaries(words, st.sampled_from([*VALUES, None]), max_size=2),
    says=st.lists(meant, min_size=1, max_size=4),
)
def test_no_word_has_a_value_that_nobody_said(
    tmp_path: Path,
    standard: ProductStandard,
    column: list[str | None],
    pairs: dict[str, str],
    answered: dict[str, str | None],
    says: list[tuple[str | None, float | None]],
) -> None:
    pairs = {word: value for word, value in pairs.items() if word == word.strip()}
    written = ", ".join(f"'{word}', '{value}'" for word, value in pairs.items())
    line = ColumnMapping(
        target="condition",
        sources=("Zustand",),
        expression=f'value_map("zustand", {written})' if pairs else '"zustand"',
        confidence=1.0,
    )
    trial, oracle = _trial(tmp_path, standard, column), Oracle(says)
    known = Known({("condition", "Zustand"): answered})

    done = worded(
        Mapping(feed="acme/feed", standard=standard.label, columns=(line,)),
        trial,
        SPEC,
        brain=oracle,  # type: ignore[arg-type] # as much of a brain as is asked here
        policy=POLICY,
        run_id="r",
        known=known,
    )

    sql = compile_expression(done.mapping.columns[0].expression, types=trial.types, target_type="string")
    rows = trial.engine.query(f"SELECT zustand, {sql} AS value FROM bronze", {"bronze": trial.bronze}).to_pylist()
    target = standard.column("condition")
    assert target is not None
    texts = [cell for cell in column if cell is not None]
    for row in rows:
        if row["value"] is None:
            continue
        key = key_of(row["zustand"])
        sure = oracle.said.get(key)
        by = {
            *(value for word, value in answered.items() if key_of(word) == key),
            *(value for word, value in pairs.items() if key_of(word) == key),
            *(value for word, value in named(target, texts).items() if key_of(word) == key),
            *(value for word, value in implied(target, texts, source_name="Zustand").items() if key_of(word) == key),
            *([sure.value] if sure is not None and sure.is_sure(POLICY.min_confidence) else []),
            *(value for value in VALUES if value == key),
        }
        assert row["value"] in by & set(VALUES)
    assert {item.status for item in done.doubts} <= {"open"}


def _trial(folder: Path, standard: ProductStandard, column: list[str | None]) -> DryRun:
    types = bronze_table(standard, SPEC).types
    path = folder / "bronze.parquet"
    rows = pa.table({"zustand": pa.array(column, pa.string())})
    pq.write_table(rows, path)
    relation = Relation(files=[path], types={"zustand": "string"})
    engine = LocalEngine()
    every = ", ".join("zustand" if name == "zustand" else f"NULL AS {name}" for name in types)
    out = folder / "whole.parquet"
    engine.transform(f"SELECT {every} FROM bronze", {"bronze": relation}, out, types=types)
    whole = Relation(files=[out], types=types)
    return DryRun(SPEC, whole, standard=standard, facts=VendorFacts(), engine=engine, scratch=folder)
