"""Whatever bytes come under whatever name: one error of ours, or every record exactly once.

`make fuzz` runs this for long: LAKEHOUSE_FUZZ_EXAMPLES says how long.
"""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentic_lakehouse.errors import LakehouseError
from agentic_lakehouse.feeds.profile import profile
from agentic_lakehouse.feeds.read import read_batches
from agentic_lakehouse.feeds.sniff import sniff

EXAMPLES = int(os.environ.get("LAKEHOUSE_FUZZ_EXAMPLES", "1"))
LONG = "LAKEHOUSE_FUZZ_EXAMPLES" in os.environ

TABLE = "sku;title;price\n" + "".join(f'S{n};"Stapler; {n}";{n},50\n' for n in range(6))
JSON = "[" + ",".join(f'{{"sku":"S{n}","size":{{"w":{n}.5}},"tags":["a",null]}}' for n in range(6)) + "]"
XML = "<shop>" + "".join(f'<item id="{n}"><t>A &amp; <![CDATA[B]]></t><p>{n}</p></item>' for n in range(6)) + "</shop>"


def _columnar(write: Callable[[pa.Table, io.BytesIO], None]) -> bytes:
    out = io.BytesIO()
    write(pa.table({"sku": ["S1", "S2"], "price": [1.5, None]}), out)
    return out.getvalue()


def _arrow(table: pa.Table, out: io.BytesIO) -> None:
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)


def _workbook() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (("sku", "price"), ("S1", 1.5), ("S2", None)):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def _zipped(content: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a.csv"), content)
    return out.getvalue()


SEEDS = {
    "a.csv": TABLE.encode(),
    "a.tsv": TABLE.replace(";", "\t").encode("utf-16"),
    "a.txt": TABLE.encode("cp1252"),
    "a.json": JSON.encode(),
    "a.jsonl": JSON[1:-1].replace("},{", "}\n{").encode(),
    "a.xml": XML.encode(),
    "a.parquet": _columnar(pq.write_table),
    "a.arrow": _columnar(_arrow),
    "a.csv.gz": gzip.compress(TABLE.encode(), mtime=0),
    "a.zip": _zipped(TABLE),
}
MARKS = st.sampled_from([
    b'"', b"'", b";", b",", b"\t", b"\n", b"\r", b"\r\n", b"\\", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"{", b"}", b"[", b"]", b":", b"\\ud800", b"1e999", b"NaN", b"<", b">", b"</", b"&", b"&#0;", b"]]>", b"<?", b"<!",
])  # fmt: skip
"""What means something to one reader or another, or to none."""


@st.composite
def wounded(draw: st.DrawFn, seed: bytes) -> bytes:
    """A valid file after some cuts, splices and foreign bytes."""
    content = bytearray(seed)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        upto = min(len(content), at + draw(st.sampled_from([0, 0, 1, 3, 40])))
        content[at:upto] = draw(MARKS | st.binary(max_size=8)) * draw(st.sampled_from([1, 1, 2, 50]))
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.integers(0, 3)) == 0 else content)


def held(path: Path, content: bytes) -> None:
    """Read the file; whatever is read is read whole, once, and the same in batches of any size."""
    path.write_bytes(content)
    try:
        fmt = sniff(path, name=path.name)
        whole = list(read_batches(path, fmt, name=path.name))
        pieces = list(read_batches(path, fmt, name=path.name, batch_rows=2))
        measured = profile(path, fmt, name=path.name)
    except LakehouseError as error:
        assert path.name in error.message  # noqa: PT017 (any error of ours will do, but none that does not say where)
        assert error.hint  # noqa: PT017
        return
    records = sum(batch.records for batch in whole)
    numbers = [n for b in whole for n in (*b.row_number, *(broken.row_number for broken in b.broken))]
    assert sorted(numbers) == list(range(1, records + 1))
    assert [row for b in whole for row in b.rows.iter_rows()] == [row for b in pieces for row in b.rows.iter_rows()]
    assert [broken for b in whole for broken in b.broken] == [broken for b in pieces for broken in b.broken]
    assert measured.row_count == records


def fuzzing(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=not LONG,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


@pytest.mark.parametrize("name", SEEDS)
def test_a_wounded_file_is_refused_or_read_whole(tmp_path: Path, name: str) -> None:
    @fuzzing(2 * EXAMPLES)
    @given(wounded(SEEDS[name]))
    def holds(content: bytes) -> None:
        held(tmp_path / name, content)

    holds()


@pytest.mark.parametrize("name", [*SEEDS, "a.xlsx", "a.xls", "a.ods", "a.bz2", "a.xz", "a.zst", "a"])
def test_any_bytes_are_refused_or_read_whole(tmp_path: Path, name: str) -> None:
    @fuzzing(EXAMPLES)
    @given(st.binary(max_size=400) | st.lists(MARKS | st.sampled_from([b"a", b"1", b" "]), max_size=60).map(b"".join))
    def holds(content: bytes) -> None:
        held(tmp_path / name, content)

    holds()


@pytest.mark.skipif(not LONG, reason="every workbook is read in a process of its own")
def test_a_wounded_workbook_is_refused_or_read_whole(tmp_path: Path) -> None:
    @fuzzing(EXAMPLES)
    @given(wounded(_workbook()))
    def holds(content: bytes) -> None:
        held(tmp_path / "a.xlsx", content)

    holds()
