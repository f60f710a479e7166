"""Unpack what vendors pack: gzip, bzip2, xz and Zstandard, always as a bounded stream.

A stream that is cut off, damaged or a bomb stops with an error that names the file. One layer is
unpacked: a file that is packed twice is more often an attack than a table.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable
from typing import IO, Any, BinaryIO, Literal, cast
from zipfile import BadZipFile

from agentic_lakehouse.feeds.faults import unreadable

Packing = Literal["gzip", "bzip2", "xz", "Zstandard", "ZIP"]

MAX_EXPANSION = 200
"""Most bytes that the packed bytes read so far may each have become, past `FREE_BYTES`. Tables seldom pass 50, sparse
ones 100; bombs reach 1,000."""
FREE_BYTES = 1 << 26
MAX_DICTIONARY = 1 << 28
"""Most memory for an xz stream, whose header asks for up to 4 GB. The strongest usual preset needs 65 MB."""
SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip")
CHUNK = 1 << 16

_ZIP = re.compile(rb"PK(\x03\x04|\x07\x08)")
_STREAMS: dict[Packing, re.Pattern[bytes]] = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "bzip2": re.compile(rb"BZh[1-9](1AY&SY|\x17\x72\x45\x38\x50\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "Zstandard": re.compile(rb"\x28\xb5\x2f\xfd"),
}


def packing_of(start: bytes) -> Packing | None:
    """Return how bytes that begin so are packed; a workbook is a ZIP, too."""
    if _ZIP.match(start):
        return "ZIP"
    return next((packing for packing, magic in _STREAMS.items() if magic.match(start)), None)


def unpacked(raw: IO[bytes], packing: Packing, *, passed: Callable[[], int], name: str) -> BinaryIO:
    """Return the stream inside a packed one.

    Args:
        raw: the packed bytes; for a ZIP, the stream of its member.
        packing: what they are packed in.
        passed: tells how many packed bytes were read so far.
        name: what messages call the file.

    Raises:
        FeedUnreadable: what is inside is packed again; or (while it is read) the stream is cut off,
            damaged, or unpacks to more than `MAX_EXPANSION` times its size.
    """
    stream: io.BufferedReader[Any] = io.BufferedReader(
        _Bounded(_decoder(raw, packing), packing, passed=passed, name=name), CHUNK
    )
    again = packing_of(stream.peek(16)[:16])
    if again is not None and again != "ZIP":  # a ZIP inside may be a workbook: its reader tells
        raise packed_twice(name)
    return stream


def packed_twice(name: str) -> Exception:
    """Make the error for an archive inside an archive."""
    return unreadable(name, "is packed twice", hint="Ask the vendor to pack the table itself, once.")


def _decoder(raw: IO[bytes], packing: Packing) -> Any:
    match packing:
        case "gzip":
            return gzip.GzipFile(fileobj=raw)
        case "bzip2":
            return bz2.BZ2File(raw)
        case "xz":
            return _Xz(raw)
        case "Zstandard":
            import pyarrow as pa  # unlike the zstandard package it tells a truncated stream from a whole one

            return pa.CompressedInputStream(cast("io.IOBase", raw), "zstd")
        case "ZIP":
            return raw


class _Bounded(io.RawIOBase):
    """A decoder whose faults are errors that a user can read, and that stops at bombs."""

    def __init__(self, decoder: Any, packing: Packing, *, passed: Callable[[], int], name: str) -> None:
        self._decoder = decoder
        self._packing = packing
        self._passed = passed
        self._name = name
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            count: int = self._decoder.readinto(buffer)
        except (EOFError, OSError, zlib.error, lzma.LZMAError, BadZipFile) as error:
            raise unreadable(
                self._name,
                f"its {self._packing} stream is truncated or damaged ({error or 'it ends too early'})",
                hint="Ask the vendor to send it again.",
            ) from error
        self._size += count
        if self._size > FREE_BYTES and self._size > MAX_EXPANSION * self._passed():
            raise unreadable(
                self._name,
                f"its {self._packing} stream unpacks to {self._size:,} bytes and more, {MAX_EXPANSION} times its size",
                hint="Ask the vendor for the file unpacked.",
            )
        return count


class _Xz(io.RawIOBase):
    """An xz file, of one or more streams, whose dictionary is bounded: `lzma.LZMAFile` takes what the header asks."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, MAX_DICTIONARY)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._stream.eof:
                packed = (self._stream.unused_data or self._raw.read(CHUNK)).lstrip(b"\0")
                if not packed:
                    return 0
                self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, MAX_DICTIONARY)
            else:
                packed = self._raw.read(CHUNK) if self._stream.needs_input else b""
                if self._stream.needs_input and not packed:
                    raise EOFError
            if data := self._stream.decompress(packed, len(buffer)):
                buffer[: len(data)] = data
                return len(data)
