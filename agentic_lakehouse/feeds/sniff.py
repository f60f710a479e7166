"""Find out what a file is: kind by its first bytes, then its content, then its name; then its details."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path

from agentic_lakehouse.contracts.feed_spec import FileFormat
from agentic_lakehouse.errors import FeedEmpty
from agentic_lakehouse.feeds import columnar
from agentic_lakehouse.feeds.delimited import find_titles
from agentic_lakehouse.feeds.dialect import choose_dialect
from agentic_lakehouse.feeds.encoding import detect_encoding
from agentic_lakehouse.feeds.excerpts import excerpts
from agentic_lakehouse.feeds.json_decoding import DECODER
from agentic_lakehouse.feeds.record_path import find_record_path
from agentic_lakehouse.feeds.source import head, inner_suffix, unreadable
from agentic_lakehouse.feeds.workbook import OLE_MAGIC, find_sheet
from agentic_lakehouse.feeds.xml_shape import find_records

PEEK = 1 << 16
"""Bytes from which the kind is told."""
ZIP_MAGIC = b"PK\x03\x04"
MAX_LINES = 50_000_000
"""Most lines of a file without a delimiter. Longer lists than any vendor's are broken tables, or no text."""
OTHER_KINDS = (
    (b"%PDF", "a PDF"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Obj\x01", "an Avro file"),
    (b"FEA1", "a Feather file of the first version"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
)
"""First bytes of kinds that vendors also send, and that are not read."""
READABLE = "Send CSV (or other delimited text), JSON, JSON lines, XML, Parquet, Arrow, XLSX, XLS or ODS."

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".psv", ".dat"})
LINES_SUFFIXES = frozenset({".jsonl", ".ndjson"})

_BLANK = b"\x00 \t\r\n"
_HTML = re.compile(r"<(!doctype\s+html|html)\b", re.IGNORECASE)
_XML = re.compile(r"<(\?xml\b|!--|!DOCTYPE\b|[A-Za-z_][^<>]*>)")
_DECLARED = re.compile(r"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")


def sniff(path: Path, *, name: str) -> FileFormat:
    """Return how a file is to be read.

    Args:
        path: local file; one that is packed is unpacked on the way.
        name: the vendor's file name: names the file in errors, and its ending settles doubts.

    Raises:
        FeedEmpty: the file is empty.
        FeedUnreadable: it is binary, truncated, of an unknown kind, or cannot be opened.
    """
    start = head(path, PEEK, name=name)
    if not start.strip(_BLANK):
        if len(start) < PEEK:
            raise _empty(name)
        raise unreadable(
            name, f"begins with {PEEK:,} blank or NUL characters", hint="Ask the vendor to send the file again."
        )
    for magic, what in OTHER_KINDS:
        if start.startswith(magic):
            raise unreadable(name, f"is {what}", hint=READABLE)
    if start.startswith((OLE_MAGIC, ZIP_MAGIC)):
        return find_sheet(path, name=name)
    if kind := columnar.kind_of(start):
        columnar.column_names(path, kind, name=name)
        return FileFormat(kind=kind)
    return _text_format(path, start, name)


def _text_format(path: Path, start: bytes, name: str) -> FileFormat:
    encoding = detect_encoding(path, name=name)
    text = start.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise _empty(name)
    if _HTML.match(text):
        raise unreadable(name, "is HTML, a web page", hint=READABLE)
    suffix = inner_suffix(path, name=name)
    if text.startswith("<?xml") or (suffix not in TABLE_SUFFIXES and _XML.match(text)):
        return find_records(path, _declared(text, encoding), name=name)
    kind = _json_kind(text, suffix)
    if kind == "jsonl":
        return FileFormat(kind="jsonl", encoding=encoding)
    if kind == "json":
        return FileFormat(kind="json", encoding=encoding, record_path=find_record_path(path, encoding, name=name))
    return _delimited(path, encoding, name)


def _empty(name: str) -> FeedEmpty:
    return FeedEmpty(f"{name}: is empty.", hint="Ask the vendor to send the file again.", file=name)


def _declared(text: str, encoding: str) -> str:
    """Return the encoding that an XML file declares, where the bytes left it open which code page it is."""
    declared = _DECLARED.match(text)
    if declared is None or encoding.startswith("utf"):
        return encoding
    try:
        codec = codecs.lookup(declared[1]).name
        "a".encode(codec)
    except (LookupError, UnicodeError, TypeError):
        return encoding
    return encoding if codec.startswith("utf") else codec


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
    if dialect.delimiter is None and inner_suffix(path, name=name) not in TABLE_SUFFIXES:
        raise unreadable(
            name, "has no character that divides its lines into columns", hint=f"Call a list `.csv`. {READABLE}"
        )
    if dialect.delimiter is None:
        _require_few(path, name)
    header = find_titles(path, encoding, dialect, name=name)
    return FileFormat(
        kind="csv",
        encoding=encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        header_row=header.line if header else None,
        header_rows=header.rows if header else 1,
    )


def _require_few(path: Path, name: str) -> None:
    """Refuse a list of absurdly many lines: their number is told from excerpts."""
    found = b"".join(excerpts(path, PEEK, name=name))
    lines = found.count(b"\n") * path.stat().st_size // len(found)
    if lines > MAX_LINES:
        raise unreadable(
            name,
            f"has about {lines:,} lines that no character divides into columns; at most {MAX_LINES:,} are read",
            hint="Look for a quote that is never closed, or for the delimiter that the vendor meant.",
        )
