"""What no table is like is refused with one error, in bounded memory, whatever the kind of file."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import json_text
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading

MIB = 1 << 20
WIDE = 50_000


@contextmanager
def memory_at_most(size: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] <= size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.csv", b"a;b\n1;"), ("a.json", b'[{"a": "'), ("a.jsonl", b'{"a": "'), ("a.xml", b'<t><r a="')],
)
def test_a_line_of_a_gigabyte_is_refused(write: Write, name: str, start: bytes) -> None:
    path = write(name, start)
    with path.open("r+b") as file:  # mostly a hole: it takes no room on the disk, and is read as NUL bytes
        file.seek(0, 2)
        file.write(b"x" * MIB)
        file.truncate(1 << 30)

    with memory_at_most(256 * MIB), pytest.raises(FeedUnreadable) as caught:
        reading(path)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.csv", b"a;b\n1;"), ("a.json", b'[{"a": "'), ("a.jsonl", b'{"a": "'), ("a.xml", b'<t><r a="')],
)
def test_a_line_of_many_letters_is_refused(write: Write, name: str, start: bytes) -> None:
    path = write(name, start + b"x" * (64 * MIB))

    with memory_at_most(400 * MIB), pytest.raises(FeedUnreadable, match=r"longer than|truncated or damaged"):
        reading(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", ";".join(f"c{i}" for i in range(WIDE)) + "\n" + ";".join("1" * WIDE) + "\n"),
        ("a.json", json.dumps([{f"c{i}": 1 for i in range(WIDE)}])),
        ("a.jsonl", json.dumps({f"c{i}": 1 for i in range(WIDE)}) + "\n"),
        ("a.xml", "<t>" + ("<r " + " ".join(f'c{i}="1"' for i in range(WIDE)) + "/>") * 2 + "</t>"),
    ],
)
def test_fifty_thousand_columns_are_refused(write: Write, name: str, content: str) -> None:
    with pytest.raises(FeedUnreadable, match=r"columns; at most 2,000 are read"):
        reading(write(name, content))


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_fifty_thousand_columns_are_refused_in_columnar_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    table = pa.table({f"c{i}": [1] for i in range(WIDE)})
    if kind == "parquet":
        pq.write_table(table, path)
    else:
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table)

    with pytest.raises(FeedUnreadable, match=r"has 50,000 columns; at most 2,000 are read"):
        reading(path)


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '[{"a":' + "[" * 100_000 + "]" * 100_000 + "}]",
    ],
)
def test_deep_nesting_is_refused(write: Write, content: str) -> None:
    with pytest.raises(FeedUnreadable, match="nested too deeply"):
        reading(write("a.json", content))


@pytest.fixture
def small_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds of JSON that take a small file to pass."""
    for name, size in (("CHUNK", 1 << 14), ("LARGE", 1 << 15), ("MAX_LINE", 1 << 19)):
        monkeypatch.setattr(json_text, name, size)


@pytest.mark.parametrize("unit", ["1,", '"\\"",', "{},", '"a\\\\",'])
def test_an_endless_array_within_a_record_is_refused_before_it_is_decoded(
    write: Write, small_json: None, unit: str
) -> None:
    path = write("a.json", '[{"a": [' + unit * (MIB // len(unit)) + "1]}]")

    with memory_at_most(12 * MIB), pytest.raises(FeedUnreadable, match="one value is longer than"):
        reading(path)


@pytest.mark.parametrize("inner", ["1", '\\"', "[", "\\\\", '{\\"'])
def test_a_string_without_end_is_looked_at_once(write: Write, small_json: None, inner: str) -> None:
    path = write("a.json", '[{"a": "' + inner * (MIB // len(inner)))

    with pytest.raises(FeedUnreadable, match="one value is longer than"):
        reading(path)


def test_a_large_value_is_read_whole(write: Write, small_json: None) -> None:
    numbers = ",".join(["12345"] * 50_000)

    found = reading(write("a.json", f'[{{"a":[{numbers}],"b":"]"}},{{"a":[1],"b":"x"}}]'))

    assert found.rows == [(f"[{numbers}]", "]"), ("[1]", "x")]
