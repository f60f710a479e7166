"""Open kept bytes, plain or gzipped, so that every fault names the vendor's file."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from agentic_lakehouse.errors import FeedUnreadable

GZIP_MAGIC = b"\x1f\x8b"
MAX_EXPANSION = 250
"""Most bytes that one compressed byte may become, past `FREE_BYTES`. Tables seldom pass 50; bombs reach 1,000."""
FREE_BYTES = 1 << 28


def unreadable(name: str, cause: str, *, hint: str, **details: Any) -> FeedUnreadable:
    """Make the error for a file that cannot be read: what is wrong with which file, and what to do."""
    return FeedUnreadable(f"{name}: {cause}.", hint=hint, file=name, **details)


@contextmanager
def open_bytes(path: Path, *, name: str) -> Iterator[BinaryIO]:
    """Open a file for reading, unpacking it on the way where it is gzipped.

    Args:
        path: local file.
        name: what messages call it.

    Raises:
        FeedUnreadable: it is missing, a folder, not permitted, or (while it is read) a broken or hostile gzip.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise unreadable(
            name, f"cannot be opened ({error.strerror})", hint="Check that it is a file that this user may read."
        ) from error
    with raw:
        packed = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        if packed:
            yield io.BufferedReader(_Gunzip(raw, packed_size=path.stat().st_size, name=name), 1 << 16)
        else:
            yield raw


def head(path: Path, size: int, *, name: str) -> bytes:
    """Return the first `size` bytes, unpacked.

    Raises:
        FeedUnreadable: as `open_bytes`.
    """
    with open_bytes(path, name=name) as source:
        return source.read(size)


class _Gunzip(io.RawIOBase):
    """A gzip stream that stops at truncation, corruption and bombs with an error a user can read."""

    def __init__(self, raw: BinaryIO, *, packed_size: int, name: str) -> None:
        self._stream = gzip.GzipFile(fileobj=raw)
        self._bound = max(FREE_BYTES, packed_size * MAX_EXPANSION)
        self._name = name
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            count = self._stream.readinto(buffer)
        except (EOFError, OSError, zlib.error) as error:
            raise unreadable(
                self._name,
                f"its gzip stream is truncated or damaged ({error})",
                hint="Ask the vendor to send it again.",
            ) from error
        self._size += count
        if self._size > self._bound:
            raise unreadable(
                self._name,
                f"its gzip stream unpacks to more than {self._bound:,} bytes, {MAX_EXPANSION} times its size",
                hint="Ask the vendor for the file unpacked.",
            )
        return count
