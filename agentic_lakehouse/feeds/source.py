"""Open kept bytes, packed or not, so that every fault names the vendor's file."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from agentic_lakehouse.feeds.archives import is_document, only_member, open_archive, open_member
from agentic_lakehouse.feeds.faults import unreadable
from agentic_lakehouse.feeds.packing import CHUNK, SUFFIXES, Packing, packing_of, unpacked

__all__ = ["head", "inner_suffix", "open_bytes", "packing", "unpacked_file", "unreadable"]

MAX_FILE = 1 << 33
"""Most bytes of a file that has to be unpacked to disk before it can be read."""


@contextmanager
def open_bytes(path: Path, *, name: str) -> Iterator[BinaryIO]:
    """Open a file for reading, unpacking it on the way where it is packed; a workbook is not.

    Args:
        path: local file.
        name: what messages call it.

    Raises:
        FeedUnreadable: it is missing, a folder, not permitted, or an archive of more or less than one file;
            or (while it is read) what it is packed in is broken or hostile.
    """
    with _opened(path, name) as raw:
        how = packing_of(raw.read(16))
        raw.seek(0)
        if how == "ZIP":
            with open_archive(raw, name=name) as archive:
                if not is_document(archive):
                    with open_member(archive, name=name) as member:
                        yield unpacked(member, how, passed=raw.tell, name=name)
                    return
            raw.seek(0)
            yield raw
        elif how is None:
            yield raw
        else:
            yield unpacked(raw, how, passed=raw.tell, name=name)


def packing(path: Path, *, name: str) -> Packing | None:
    """Return how a file is packed, `None` where its bytes are the table itself.

    Raises:
        FeedUnreadable: as `open_bytes`.
    """
    with _opened(path, name) as raw:
        how = packing_of(raw.read(16))
        if how == "ZIP":
            with open_archive(raw, name=name) as archive:
                return None if is_document(archive) else how
        return how


def inner_suffix(path: Path, *, name: str) -> str:
    """Return the ending, in small letters, of the file inside: `.csv` of `a.csv.gz` or of a ZIP that holds `A.CSV`.

    Raises:
        FeedUnreadable: as `open_bytes`.
    """
    how = packing(path, name=name)
    if how == "ZIP":
        with _opened(path, name) as raw, open_archive(raw, name=name) as archive:
            return PurePosixPath(only_member(archive, name=name).filename.lower()).suffix
    inner = PurePosixPath(name.lower())
    return PurePosixPath(inner.stem if how and inner.suffix in SUFFIXES else inner.name).suffix


@contextmanager
def unpacked_file(path: Path, *, name: str) -> Iterator[Path]:
    """Give a file whose bytes are the table itself: for readers that must seek. It lives as long as the block.

    Raises:
        FeedUnreadable: as `open_bytes`, or it unpacks to more than `MAX_FILE` bytes.
    """
    if packing(path, name=name) is None:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="lakehouse-unpacked-") as copy:
        size = 0
        with open_bytes(path, name=name) as source:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                if size > MAX_FILE:
                    raise unreadable(
                        name, f"unpacks to more than {MAX_FILE:,} bytes", hint="Ask the vendor for smaller files."
                    )
                copy.write(chunk)
        copy.flush()
        yield Path(copy.name)


def head(path: Path, size: int, *, name: str) -> bytes:
    """Return the first `size` bytes, unpacked.

    Raises:
        FeedUnreadable: as `open_bytes`.
    """
    with open_bytes(path, name=name) as source:
        return source.read(size)


def _opened(path: Path, name: str) -> BinaryIO:
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():  # to open a pipe is to wait for who fills it
            raise unreadable(name, "is a pipe or a device, no file", hint="Copy what it gives into a file.")
        return path.open("rb")
    except OSError as error:
        raise unreadable(
            name, f"cannot be opened ({error.strerror})", hint="Check that it is a file that this user may read."
        ) from error
