"""Keep a delivery's bytes under their own hash, so that no file changes under our hands."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import fsspec
from fsspec.implementations.local import LocalFileSystem

from agentic_lakehouse.errors import FeedUnreadable, FileUnsettled
from agentic_lakehouse.feeds.landing import Candidate, LandingZone
from agentic_lakehouse.feeds.source import unreadable

CHUNK = 1 << 20
"""Bytes that are copied at a time."""


@dataclass(frozen=True)
class Kept:
    """Bytes that are kept, and what they were."""

    sha256: str
    byte_size: int
    mtime_ns: int
    raw_uri: str
    """Where they are kept: `<raw_root>/<sha256>`."""


def keep(zone: LandingZone, candidate: Candidate, raw_root: str) -> Kept:
    """Copy a file once, while it is hashed, to `<raw_root>/<sha256>`.

    A reader of the raw root sees the whole file or none: the copy gets its name when it is complete.
    Bytes that are kept already are not written again.

    Args:
        zone: where the file is.
        candidate: which file.
        raw_root: folder or fsspec URL; made where it is missing.

    Raises:
        FeedUnreadable: the file cannot be opened.
        FileUnsettled: it changed while it was read.
        LandingUnavailable: the landing zone was lost meanwhile.
    """
    raw, root = fsspec.core.url_to_fs(raw_root)
    raw.makedirs(root, exist_ok=True)
    part = f"{root.rstrip('/')}/.{uuid.uuid4().hex}.part"
    try:
        sha256, size = _copy(zone, candidate, raw, part)
        if _now(zone, candidate) not in {(size, candidate.mtime_ns), (-1, candidate.mtime_ns)}:
            raise FileUnsettled(
                f"{candidate.path}: changed while it was read.",
                hint="It is probably still being written; the next run takes it.",
                file=candidate.path,
            )
        target = f"{root.rstrip('/')}/{sha256}"
        if not (raw.exists(target) and raw.size(target) == size):
            _name(raw, part, target)
    finally:
        if raw.exists(part):
            raw.rm_file(part)
    return Kept(sha256, size, candidate.mtime_ns, f"{raw_root.rstrip('/')}/{sha256}")


def is_kept(raw_uri: str, *, byte_size: int) -> bool:
    """Whether the bytes of a delivery are still where they were put, as many as they were."""
    raw, place = fsspec.core.url_to_fs(raw_uri)
    return bool(raw.isfile(place)) and raw.size(place) == byte_size


def local_copy(raw_uri: str, staging: Path, *, name: str = "", byte_size: int | None = None) -> Path:
    """Return a local path of kept bytes: their own where they are local, else a copy in `staging`.

    Args:
        raw_uri: where they are kept.
        staging: folder for a copy.
        name: what messages call them; their place where not given.
        byte_size: how many they must be, where that is known.

    Raises:
        FeedUnreadable: the bytes are gone, or no longer what their name says.
    """
    raw, place = fsspec.core.url_to_fs(raw_uri)
    sha256, told = PurePosixPath(place).name, name or raw_uri
    if isinstance(raw, LocalFileSystem):
        path = Path(place)
        if not path.is_file():
            raise _gone(told, raw_uri)
        # Hashing them anew would read every file twice; a copy that was cut short is told by its size.
        if byte_size is not None and path.stat().st_size != byte_size:
            raise _changed(told, raw_uri)
        return path
    target = staging / sha256
    digest = hashlib.sha256()
    try:
        with raw.open(place, "rb") as source, target.open("wb") as copy:
            _write(iter(partial(source.read, CHUNK), b""), copy, digest)
    except OSError as error:
        raise _gone(told, raw_uri) from error
    if digest.hexdigest() != sha256:
        raise _changed(told, raw_uri)
    return target


def _copy(zone: LandingZone, candidate: Candidate, raw: Any, part: str) -> tuple[str, int]:
    digest = hashlib.sha256()
    chunks = _told(zone.chunks(candidate, CHUNK), candidate)
    with raw.open(part, "wb") as copy:
        size = _write(chunks, copy, digest)
        if isinstance(raw, LocalFileSystem):
            copy.flush()
            os.fsync(copy.fileno())
    return digest.hexdigest(), size


def _write(chunks: Iterable[bytes], copy: BinaryIO, digest: Any) -> int:
    """Write bytes, and read the next ones, while they are hashed on another core; return how many they are."""
    size = 0
    with ThreadPoolExecutor(1) as beside:
        hashed = beside.submit(digest.update, b"")
        for chunk in chunks:
            hashed.result()
            hashed = beside.submit(digest.update, chunk)
            copy.write(chunk)
            size += len(chunk)
        hashed.result()
    return size


def _told(chunks: Iterator[bytes], candidate: Candidate) -> Iterator[bytes]:
    try:
        yield from chunks
    except OSError as error:
        raise unreadable(
            candidate.path,
            f"cannot be opened ({error.strerror or error})",
            hint="Check that it is there and that this user may read it.",
        ) from error


def _now(zone: LandingZone, candidate: Candidate) -> tuple[int, int] | None:
    """Return size and time of the file as it is now; `None` where it is gone."""
    found = [c for c in zone.candidates(candidate.feed) if c.path == candidate.path]
    return (found[0].byte_size, found[0].mtime_ns) if found else None


def _name(raw: Any, part: str, target: str) -> None:
    if isinstance(raw, LocalFileSystem):
        Path(part).replace(target)
    else:
        raw.mv(part, target)


def _gone(name: str, raw_uri: str) -> FeedUnreadable:
    hint = f"They stood in {raw_uri}: retention removed them, or the warehouse moved. Deliver it again."
    return unreadable(name, "its kept bytes are no longer there", hint=hint)


def _changed(name: str, raw_uri: str) -> FeedUnreadable:
    hint = f"Restore {raw_uri} from a backup, or deliver it again."
    return unreadable(name, "its kept bytes are not those that were kept", hint=hint)
