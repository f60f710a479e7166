"""Find out what a file is: kind by its first bytes, then its content, then its name; then its details."""

from __future__ import annotations

import json
import re
import zipfile
from itertools import islice
from pathlib import Path, PurePosixPath

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import columnar, workbook
from agentic_lakehouse.feeds.batch import Record
from agentic_lakehouse.feeds.delimited import Dialect, records
from agentic_lakehouse.feeds.dialect import choose_dialect
from agentic_lakehouse.feeds.encoding import detect_encoding
from agentic_lakehouse.feeds.headers import SAMPLE_ROWS, find_header
from agentic_lakehouse.feeds.json_text import DECODER
from agentic_lakehouse.feeds.record_path import find_record_path
from agentic_lakehouse.feeds.source import GZIP_MAGIC, head, unreadable
from agentic_lakehouse.feeds.text import lines

PEEK = 1 << 16
"""Bytes from which the kind is told."""
PARQUET_MAGIC = b"PAR1"
ZIP_MAGIC = b"PK\x03\x04"
OTHER_KINDS = (
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Office file"),
    (b"%PDF", "a PDF"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Obj\x01", "an Avro file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"BZh91AY&SY", "a bzip2 file"),
    (b"\xfd7zXZ", "an XZ file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
)
"""First bytes of kinds that vendors also send, and that are not read."""
READABLE = "Send CSV (or other delimited text), JSON, JSON lines, Parquet or XLSX."

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".psv", ".dat"})
LINES_SUFFIXES = frozenset({".jsonl", ".ndjson"})

_MARKUP = re.compile(r"<(\?xml|!doctype|html|rss|feed)\b", re.IGNORECASE)


def sniff(path: Path, *, name: str) -> FileFormat:
    """Return how a file is to be read.

    Args:
        path: local file; gzip is unpacked on the way.
        name: the vendor's file name: names the file in errors, and its ending settles doubts.

    Raises:
        FeedUnreadable: the file is empty, binary, truncated, of an unknown kind, or cannot be opened.
    """
    start = head(path, PEEK, name=name)
    if not start.strip(b"\x00 \t\r\n"):
        raise _empty(name)
    for magic, what in OTHER_KINDS:
        if start.startswith(magic):
            raise unreadable(name, f"is {what}", hint=READABLE)
    if start.startswith((PARQUET_MAGIC, ZIP_MAGIC)):
        if _is_gzip(path):
            raise unreadable(name, "is a gzipped Parquet or ZIP file", hint="Send it without the gzip around it.")
        return _parquet(path, name) if start.startswith(PARQUET_MAGIC) else _zip(path, name)
    encoding = detect_encoding(path, name=name)
    text = start.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise _empty(name)
    if _MARKUP.match(text):
        raise unreadable(name, "is XML or HTML", hint=READABLE)
    kind = _json_kind(text, PurePosixPath(name.lower().removesuffix(".gz")).suffix)
    if kind == "jsonl":
        return FileFormat(kind="jsonl", encoding=encoding)
    if kind == "json":
        return FileFormat(kind="json", encoding=encoding, record_path=find_record_path(path, encoding, name=name))
    return _delimited(path, encoding, name)


def _empty(name: str) -> FeedUnreadable:
    return unreadable(name, "is empty", hint="Ask the vendor to send the file again.")


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as source:
        return source.read(2) == GZIP_MAGIC


def _parquet(path: Path, name: str) -> FileFormat:
    columnar.column_names(path, name=name)
    return FileFormat(kind="parquet")


def _zip(path: Path, name: str) -> FileFormat:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = set(archive.namelist())
    except (zipfile.BadZipFile, OSError) as error:
        raise unreadable(
            name,
            f"is a truncated or damaged workbook or ZIP archive ({error})",
            hint="Ask the vendor to send it again.",
        ) from error
    if "xl/workbook.xml" not in parts:
        raise unreadable(name, "is a ZIP archive but no XLSX workbook", hint=f"Unpack it. {READABLE}")
    return workbook.find_sheet(path, name=name)


def _json_kind(text: str, suffix: str) -> str | None:
    """Tell JSON lines from one JSON document, and both from anything else."""
    if suffix in LINES_SUFFIXES:
        return "jsonl"
    if not text.startswith(("{", "[")):
        return None
    first, _, rest = text.partition("\n")
    whole = _parses(first)
    if text.startswith("{") and whole and rest.lstrip().startswith("{"):
        return "jsonl"
    if suffix in TABLE_SUFFIXES and not whole and not re.match(r'[\[{]\s*["\[{\]}]', text):
        return None
    return "json"


def _parses(line: str) -> bool:
    try:
        DECODER.decode(line)
    except (json.JSONDecodeError, RecursionError):
        return False
    return True


def _delimited(path: Path, encoding: str, name: str) -> FileFormat:
    dialect = choose_dialect(path, encoding, name=name)
    if dialect.delimiter is None and PurePosixPath(name.lower().removesuffix(".gz")).suffix not in TABLE_SUFFIXES:
        raise unreadable(
            name, "has no character that divides its lines into columns", hint=f"Call a list `.csv`. {READABLE}"
        )
    return FileFormat(
        kind="csv",
        encoding=encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        header_row=_header_row(path, encoding, dialect, name),
    )


def _header_row(path: Path, encoding: str, dialect: Dialect, name: str) -> int | None:
    found = islice(records(lines(path, encoding, name=name), dialect), 2 * SAMPLE_ROWS)
    return find_header([(r.line, r.cells) for r in found if isinstance(r, Record)])
