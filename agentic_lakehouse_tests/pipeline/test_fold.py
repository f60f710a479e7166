"""Core is a pure function of bronze: folding bit by bit gives what folding all anew gives, and what a model gives."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse_tests.pipeline.fold_scene import (
    RULED,
    STANDARD,
    TEXTS,
    UNDER_RULES,
    History,
    Row,
    core_rows,
    fault_rows,
    model,
    versions,
)

CODES = st.sampled_from([None, "a", "A", "b", "c"])
GOOD = st.builds(
    Row,
    code=CODES,
    sku=st.sampled_from([None, "a", "b", "long"]),
    alias=st.sampled_from([None, "c"]),
    price=st.sampled_from([None, 1, 1, 2, -1]),
)
UNFIT = st.builds(
    Row, code=CODES, sku=st.sampled_from([None, "b"]), unfit=st.sets(st.sampled_from([*TEXTS, "price"])).map(frozenset)
)
ROWS = st.one_of(GOOD, GOOD, GOOD, UNFIT, st.just(Row(broken=True)))
HISTORIES = st.lists(st.lists(ROWS, max_size=5), min_size=1, max_size=4)
PLAIN = st.lists(st.lists(st.builds(Row, code=st.sampled_from("abcd")), max_size=4), min_size=2, max_size=5)


@settings(max_examples=30, deadline=None)
@given(history=st.one_of(HISTORIES, PLAIN), full=st.booleans(), ruled=st.booleans(), data=st.data())
def test_incremental_folds_and_a_rebuild_give_what_the_model_gives(history, full, ruled, data) -> None:
    numbers = list(range(1, len(history) + 1))
    cuts = sorted(data.draw(st.sets(st.sampled_from(numbers))))
    core, faults = model(history, full=full, ruled=ruled)

    with tempfile.TemporaryDirectory() as folder:
        lake = History(Path(folder), history, standard=UNDER_RULES if ruled else STANDARD)
        rebuilt = lake.fold(None, new=None, full=full)
        assert (core_rows(rebuilt), fault_rows(rebuilt)) == (core, faults)

        folds = []
        for start, end in zip([0, *cuts], [*cuts, len(numbers)], strict=True):
            folds.append(lake.fold(folds[-1].core.path if folds else None, new=numbers[start:end], full=full))
        assert (core_rows(folds[-1]), fault_rows(*folds)) == (core, faults)
        assert versions(folds[-1]) == versions(rebuilt)
        assert set(versions(rebuilt)) <= {(d, d in RULED and ruled) for d in numbers}


@settings(max_examples=10, deadline=None)
@given(history=HISTORIES, data=st.data())
def test_deliveries_may_be_folded_in_any_order_and_again(history, data) -> None:
    numbers = range(1, len(history) + 1)
    order = data.draw(st.permutations([*numbers, data.draw(st.sampled_from(numbers))]))
    core, _ = model(history, full=False)

    with tempfile.TemporaryDirectory() as folder:
        lake, current = History(Path(folder), history), None
        for number in order:
            folded = lake.fold(current, new=[number], full=False)
            current = folded.core.path

        assert core_rows(folded) == core
