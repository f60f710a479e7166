"""Records that are read many at a time come out as they do when each is read alone, with care."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.feeds import json_text
from agentic_lakehouse.feeds.batch import Fault
from agentic_lakehouse.feeds.json_fields import fields
from agentic_lakehouse_tests.feeds.scene import reading

STRINGS = st.sampled_from(
    [
        "", " ", "x", "ü", "\\u00fc", "\\ud83d\\ude00", "\\ud800", "a\\u0000b", 'say \\"x\\": 1', "k : 1", "k  :",
        "[{", "}]", "\\\\", "x\ty", "\t:", "|", "\x85", "\u2028",
    ]
)  # fmt: skip
NUMBERS = st.sampled_from(["0", "-0", "1.50", "1e5", "12345678901234567890123", "0.1000000000000000055", "NaN"])
KEYS = st.sampled_from(["id", "a", "b", "a.b", "x y", "", "é", '\\"', "\\u0061"])
COLONS = st.sampled_from([":", ":", ":", ": ", " : ", " :", "  :", "\t:", "\t :"])


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.tuples(KEYS, COLONS, values).map(lambda m: f'"{m[0]}"{m[1]}{m[2]}')
    return st.lists(members, max_size=4).map(lambda found: "{" + ", ".join(found) + "}")


VALUES = st.recursive(
    st.one_of(STRINGS.map(lambda text: f'"{text}"'), NUMBERS, st.sampled_from(["true", "false", "null", "{}", "[]"])),
    lambda inner: st.one_of(objects(inner), st.lists(inner, max_size=3).map(lambda v: f"[{','.join(v)}]")),
    max_leaves=8,
)
RECORDS = st.lists(
    st.one_of(objects(VALUES), st.tuples(VALUES, VALUES).map(lambda v: f'{{"id":{v[0]},"a":{v[1]}}}')), max_size=12
)


def expected_of(raws: list[str], lines: list[int], names: tuple[str, ...]) -> tuple[list[object], list[object]]:
    rows: list[object] = []
    broken: list[object] = []
    for number, (line, raw) in enumerate(zip(lines, raws, strict=True), start=1):
        found = fields(line, raw)
        if isinstance(found, Fault):
            broken.append((number, *found))
        else:
            rows.append((number, line, raw, tuple(found.get(name) or None for name in names)))
    return rows, broken


def check(path: Path, fmt: FileFormat, raws: list[str], lines: list[int], batch_rows: int) -> None:
    found = reading(path, fmt, batch_rows=batch_rows)

    rows, broken = expected_of(raws, lines, found.names)
    assert list(zip(found.numbers, found.lines, found.raw, found.rows, strict=True)) == rows
    assert [(b.row_number, b.line, b.raw, b.code, b.message, b.column) for b in found.broken] == broken


@settings(max_examples=80, deadline=None)
@given(
    RECORDS, st.sampled_from([",", ",\n", " ,\n\n "]), st.sampled_from([1, 3, 50_000]), st.sampled_from([9, 1 << 20])
)
@example(['{"id":1,"a":2}', '{"id":1,"id":2}', '{"id":{"b":1},"a":2}'], ",", 3, 1 << 20)
@example(['{"a":' + "[" * 150 + "]" * 150 + "}"] * 3, ",\n", 3, 1 << 20)
def test_records_of_a_document(raws: list[str], comma: str, batch_rows: int, chunk: int) -> None:
    raws = ['{"id": 0}', *raws]
    starts = [0]
    for raw in raws:
        starts.append(starts[-1] + len(raw) + len(comma))
    text = comma.join(raws)
    lines = [1 + text.count("\n", 0, start) for start in starts[:-1]]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "CHUNK", chunk)
        path = Path(folder) / "a.json"
        path.write_bytes(f"[{text}]".encode())

        check(path, FileFormat(kind="json", encoding="utf-8", record_path=""), raws, lines, batch_rows)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.one_of(RECORDS.map(",".join), st.sampled_from(["{bad", '{"a":[{"b":1}', '{"c":2}]}', "[1]", "7"]))),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([1, 3, 50_000]),
)
@example(['{"a":[{"b":1}', '{"c":2}]}', '{"a":1},{"a":2}'], "\n", 50_000)
def test_lines(raws: list[str], end: str, batch_rows: int) -> None:
    raws = ['{"id": 0}', *raws]
    lines = [number for number, raw in enumerate(raws, start=1) if raw]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.jsonl"
        path.write_bytes(end.join(raws).encode())

        check(path, FileFormat(kind="jsonl", encoding="utf-8"), [raw for raw in raws if raw], lines, batch_rows)
