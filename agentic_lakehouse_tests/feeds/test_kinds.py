from __future__ import annotations

import gzip
import io
import os
import zipfile

import openpyxl
import polars as pl
import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds.sniff import sniff
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed


def workbook_bytes() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["a", "b"])
    book.active.append(["1", "2"])
    book.save(out)
    return out.getvalue()


def parquet_bytes() -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"a": [1], "b": ["x"]}).write_parquet(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.csv", b"a;b\n1;2\n", "csv"),
        ("a.txt", b"a\tb\n1\t2\n", "csv"),
        ("noending", b"a,b\n1,2\n", "csv"),
        ("a.json", b'[{"a": 1}]', "json"),
        ("a.json", b'{"items": [{"a": 1}]}', "json"),
        ("a.jsonl", b'{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("a.ndjson", b'{"a": 1}\n', "jsonl"),
        ("a.parquet", parquet_bytes(), "parquet"),
        ("a.xlsx", workbook_bytes(), "xlsx"),
    ],
)
def test_the_kind_is_found(write: Write, name: str, content: bytes, kind: str) -> None:
    assert sniffed(write(name, content)).kind == kind


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.csv", parquet_bytes(), "parquet"),
        ("a.parquet", workbook_bytes(), "xlsx"),
        ("a.csv", b'{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("a.txt", b'[\n  {"a": 1}\n]', "json"),
        ("a.json", b"a;b\n1;2\n", "csv"),
    ],
)
def test_content_counts_more_than_the_name(write: Write, name: str, content: bytes, kind: str) -> None:
    assert sniffed(write(name, content)).kind == kind


def test_a_bracket_does_not_make_a_table_json(write: Write) -> None:
    path = write("a.csv", "[id];[name]\n1;x\n2;y\n")

    assert sniffed(path).kind == "csv"
    assert reading(path).names == ("[id]", "[name]")


def test_a_gzipped_table_is_read_as_it_is(write: Write) -> None:
    path = write("a.csv.gz", gzip.compress(b"a;b\n1;2\n"))

    assert sniffed(path).kind == "csv"
    assert reading(path).rows == [("1", "2")]


def zipped(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b" \r\n\n  \n", "is empty"),
        ("a.csv", b"\xef\xbb\xbf", "is empty"),
        ("a.csv", b"\xff\xfe\r\x00\n\x00", "is empty"),
        ("a.csv.gz", gzip.compress(b""), "is empty"),
        ("a.csv", bytes(range(256)) * 40, "holds binary data"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000), "is no readable workbook"),
        ("a.pdf", b"%PDF-1.7\n", "is a PDF"),
        ("a.csv", b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "is HTML"),
        ("a.xml", b"<?xml version='1.0'?><a/>", "holds no records"),
        (
            "a.docx",
            zipped(**{"[Content_Types].xml": "x", "word/a": "x"}),
            "is an Office file but no workbook",
        ),
        ("a.xlsx", workbook_bytes()[:-200], "truncated or damaged"),
        ("a.parquet", parquet_bytes()[:-20], "is no whole Parquet file"),
        ("a.parquet", b"PAR1", "is no whole Parquet file"),
        ("a.parquet.gz", gzip.compress(parquet_bytes())[:-20], "gzip stream is truncated"),
        ("a.csv.gz", gzip.compress(b"a;b\n" * 9000)[:-30], "gzip stream is truncated"),
        ("a.csv.gz", gzip.compress(os.urandom(1 << 18).hex().encode())[:200_000], "gzip stream is truncated"),
        ("a.json", b'[{"a": 1}, {"a": 2', "JSON is truncated or damaged near line 1"),
        ("a.json", b'{"items": [{"a": 1}]', "JSON is truncated or damaged"),
        ("a.json", b'[{"a": 1}]\n\nrubbish', "text behind the end"),
        ("a.json", b"[]", "holds no records"),
        ("a.json", b"[1, 2, 3]", "holds no records"),
        ("a.json", b'{"items": [], "page": 1}', "holds no records"),
        ("readme.txt", b"Dear customer\nplease find attached\nour list\n", "divides its lines into columns"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_cause_and_hint(
    write: Write, name: str, content: bytes, cause: str
) -> None:
    path = write(name, content)

    with pytest.raises(FeedUnreadable, match=cause) as caught:
        sniff(path, name=f"acme/prices/{name}")

    assert caught.value.message.startswith(f"acme/prices/{name}: ")
    assert caught.value.hint
    assert caught.value.details["file"] == f"acme/prices/{name}"


def test_a_folder_and_a_missing_file_cannot_be_opened(write: Write) -> None:
    path = write("a.csv", "a;b\n")

    with pytest.raises(FeedUnreadable, match=r"folder\.csv: cannot be opened"):
        sniff(path.parent, name="folder.csv")
    with pytest.raises(FeedUnreadable, match="cannot be opened"):
        sniff(path.with_name("gone.csv"), name="gone.csv")
